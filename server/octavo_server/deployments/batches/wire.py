"""Domain records of batches as the wire shows them. Pure."""

from __future__ import annotations

from dataclasses import asdict

from octavo.records import batches as wire
from octavo_server.deployments.batches.domain import Batch, Partition
from octavo_server.deployments.batches.rules import FIRST_SHOWN
from octavo_server.deployments.batches.service import Manifest, Plan


def batch(one: Batch) -> wire.Batch:
    """Return a batch."""
    return wire.Batch.model_validate(one)


def partition(one: Partition) -> wire.BatchPartition:
    """Return a partition."""
    fields = {**asdict(one), "files": len(one.files), "input_bytes": one.input_bytes}
    return wire.BatchPartition.model_validate(fields)


def plan(name: str, one: Plan, refusal: str | None) -> wire.BatchPlan:
    """Return what a batch of the model ``name`` would do."""
    return wire.BatchPlan(
        source=one.source,
        model=name,
        version=one.model.version,
        digest=one.model.digest,
        partitions=len(one.planned),
        files=one.files,
        bytes=one.size,
        first=[planned.name for planned in one.planned[:FIRST_SHOWN]],
        profile=one.profile,
        price_eur_per_hour=one.price,
        refusal=refusal,
    )


def manifest(one: Manifest) -> wire.BatchManifest:
    """Return the signed list of a batch's outputs."""
    return wire.BatchManifest.model_validate({**asdict(one), "ok": not one.problem})
