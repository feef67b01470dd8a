"""Routes of batches."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.batches import (
    Batch,
    BatchList,
    BatchManifest,
    BatchPartitionList,
    BatchPlan,
    BatchRequest,
    BatchState,
    PartitionState,
)
from octavo_server.deployments.batches import wire
from octavo_server.deployments.batches.service import BatchesService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

HOME = "/projects/{project}/batches"
Cursor = Annotated[str, Query(pattern=r"^\d{0,9}$", max_length=9)]
Limit = Annotated[int, Query(ge=1, le=200)]


def routes(batches: BatchesService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    api = area_router("deployments")
    _asking(api, batches, guard)
    _looking(api, batches, guard)
    _changing(api, batches, guard)
    return api


def _asking(api: APIRouter, batches: BatchesService, guard: Guard) -> None:
    @api.post(HOME + "/plan")
    def plan_batch(
        project: str, body: BatchRequest, caller: Caller = guard.needs("batches.read")
    ) -> BatchPlan:
        """Say what a batch would score and with what; changes nothing."""
        plan = batches.plan(caller, project, body)
        return wire.plan(body.model, plan, batches.refusal(project))

    @api.post(HOME, status_code=202)
    def start_batch(
        project: str, body: BatchRequest, caller: Caller = guard.needs("batches.run")
    ) -> Batch:
        """Score a table of the lake, partition by partition; look at the batch to follow it."""
        return wire.batch(batches.start(caller, project, body))


def _looking(api: APIRouter, batches: BatchesService, guard: Guard) -> None:
    @api.get(HOME)
    def list_batches(
        project: str,
        model: Annotated[str | None, Query(max_length=63)] = None,
        state: BatchState | None = None,
        limit: Limit = 50,
        cursor: Cursor = "",
        caller: Caller = guard.needs("batches.read"),
    ) -> BatchList:
        """List a project's batches, the newest first."""
        offset = int(cursor or 0)
        found = batches.batches(project, model=model, state=state, limit=limit + 1, offset=offset)
        following = str(offset + limit) if len(found) > limit else None
        return BatchList(items=[wire.batch(one) for one in found[:limit]], next_cursor=following)

    @api.get(HOME + "/{batch}")
    def read_batch(project: str, batch: str, caller: Caller = guard.needs("batches.read")) -> Batch:
        """Read a batch, and how far it is."""
        return wire.batch(batches.get(project, batch))

    @api.get(HOME + "/{batch}/partitions")
    def list_batch_partitions(
        project: str,
        batch: str,
        state: PartitionState | None = None,
        limit: Limit = 100,
        cursor: Cursor = "",
        caller: Caller = guard.needs("batches.read"),
    ) -> BatchPartitionList:
        """List a batch's partitions in order, with the digest of each output, or why it failed."""
        offset = int(cursor or 0)
        found = batches.partitions(project, batch, state=state, limit=limit + 1, offset=offset)
        following = str(offset + limit) if len(found) > limit else None
        items = [wire.partition(one) for one in found[:limit]]
        return BatchPartitionList(items=items, next_cursor=following)

    @api.get(HOME + "/{batch}/manifest")
    def read_batch_manifest(
        project: str, batch: str, caller: Caller = guard.needs("batches.read")
    ) -> BatchManifest:
        """Read the signed list of a batch's outputs; its signature is checked now."""
        return wire.manifest(batches.manifest(project, batch))


def _changing(api: APIRouter, batches: BatchesService, guard: Guard) -> None:
    @api.post(HOME + "/{batch}/cancel")
    def cancel_batch(
        project: str, batch: str, caller: Caller = guard.needs("batches.cancel")
    ) -> Batch:
        """Cancel a batch; outputs that are committed stay."""
        return wire.batch(batches.cancel(caller, project, batch))

    @api.post(HOME + "/{batch}/resume")
    def resume_batch(
        project: str, batch: str, caller: Caller = guard.needs("batches.run")
    ) -> Batch:
        """Let a batch go on: what is committed stays, what failed is tried again."""
        return wire.batch(batches.resume(caller, project, batch))
