"""What people do with batches: plan, start, look, cancel, resume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from octavo.records.batches import BatchRequest
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.deployments.batches import rules, store
from octavo_server.deployments.batches.domain import (
    Batch,
    Model,
    Partition,
    PartitionState,
    Planned,
    State,
)
from octavo_server.deployments.batches.ports import Lake, Models, Prices, Signer
from octavo_server.errors import Conflict, NotFound
from octavo_server.identity import Caller, new_id
from octavo_server.ledger import Ledger

__all__ = ["Batch", "BatchesService", "Manifest", "Partition", "Plan"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a batch would do."""

    source: str
    """File or folder, below the project's lake."""
    model: Model
    """The version that would score."""
    planned: tuple[Planned, ...]
    """Its partitions."""
    profile: str
    """Profile it would run with."""
    price: float
    """Its price of an hour, in euro."""

    @property
    def files(self) -> int:
        """Files of all partitions."""
        return sum(len(one.files) for one in self.planned)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for one in self.planned for file in one.files)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The signed list of a batch's outputs."""

    digest: str
    """SHA-256 of its bytes."""
    envelope: dict[str, Any]
    """The signature around the statement."""
    statement: dict[str, Any]
    """What was signed; empty when the signature doesn't hold."""
    problem: str
    """Why it doesn't hold; empty when it does."""


class BatchesService:
    """Keeps batches; the worker executes them."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        models: Models,
        lake: Lake,
        ledger: Ledger,
        prices: Prices,
        signer: Signer,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._models = models
        self._lake = lake
        self._ledger = ledger
        self._prices = prices
        self._signer = signer
        self._clock = clock

    def plan(self, caller: Caller, project: str, wanted: BatchRequest) -> Plan:
        """Return what a batch would do; nothing is kept.

        Raises NotFound for no such model or data, Invalid and Conflict for what can't be scored.
        """
        rules.check_keep(wanted.keep)
        model = self._model(caller, project, wanted)
        parts = rules.source_parts(wanted.source)
        source = "/".join(parts)
        planned = self._lake.partitions(project, source)
        rules.check_planned(source, planned)
        profile = wanted.profile or self._prices.default
        return Plan(
            source=source,
            model=model,
            planned=tuple(planned),
            profile=profile,
            price=self._prices.eur_per_hour(profile),
        )

    def refusal(self, project: str) -> str | None:
        """Say why nothing can be started in a project now, None when it can."""
        try:
            rules.check_budget(project, self._ledger.budget_left_cents(project))
        except Conflict as refusal:
            return f"{refusal.message} {refusal.remedy}"
        return None

    def start(self, caller: Caller, project: str, wanted: BatchRequest) -> Batch:
        """Ask for a batch; a worker takes it in hand within a second. Raises as :meth:`plan`."""
        plan = self.plan(caller, project, wanted)
        rules.check_budget(project, self._ledger.budget_left_cents(project))
        identifier = new_id()
        subject = f"batch:{project}/{identifier}"
        with self._audit.change(caller, "deployments.batch_start", subject, project) as change:
            change.rows.lock(f"batches:{project}")
            rules.check_room(len(store.unfinished(change.rows, project)), project)
            batch = Batch(
                id=identifier,
                project=project,
                source=plan.source,
                model=wanted.model,
                version=plan.model.version,
                alias=wanted.alias,
                digest=plan.model.digest,
                environment=wanted.environment,
                profile=plan.profile,
                keep=tuple(wanted.keep),
                max_failures=wanted.max_failures,
                output=f"{rules.OUTPUTS}/{identifier}",
                state=State.QUEUED,
                message="It waits for its turn.",
                requested_by=caller.name,
                created_at=change.at,
                partitions=len(plan.planned),
                input_bytes=plan.size,
            )
            store.add(change.rows, batch, rules.partitions_of(identifier, plan.planned))
            change.note(
                source=batch.source,
                model=batch.model,
                version=batch.version,
                digest=batch.digest,
                alias=batch.alias,
                partitions=batch.partitions,
                max_failures=batch.max_failures,
            )
        return batch

    def _model(self, caller: Caller, project: str, wanted: BatchRequest) -> Model:
        rules.check_named(wanted.version, wanted.alias)
        version = wanted.version
        if version is None:
            alias = wanted.alias or ""
            version = self._models.alias(project, wanted.model, alias)
            if version is None:
                raise NotFound(
                    f"Alias {alias!r} of {wanted.model} names no version in {project}.",
                    "Move the alias to a version, or name one by its number.",
                )
        model = self._models.model(project, wanted.model, version)
        because = self._models.unusable(caller, project, wanted.model, version, wanted.environment)
        rules.check_model(wanted.model, model, because, wanted.environment)
        return model

    # ---- looking

    def batches(
        self, project: str, *, model: str | None, state: State | None, limit: int, offset: int
    ) -> list[Batch]:
        """Return a project's batches, the newest first; of one model or state if named."""
        where: list[Where] = [("project", "=", project)]
        where += [("model", "=", model)] if model else []
        where += [("state", "=", state.value)] if state else []
        with self._database.read() as rows:
            return store.newest(rows, *where, limit=limit, offset=offset)

    def get(self, project: str, identifier: str) -> Batch:
        """Return one batch. Raises NotFound."""
        with self._database.read() as rows:
            return _found(rows, project, identifier)

    def partitions(
        self,
        project: str,
        identifier: str,
        *,
        state: PartitionState | None,
        limit: int,
        offset: int,
    ) -> list[Partition]:
        """Return a batch's partitions in order. Raises NotFound."""
        with self._database.read() as rows:
            _found(rows, project, identifier)
            states = [state] if state else None
            return store.partitions(rows, identifier, states, limit=limit, offset=offset)

    def manifest(self, project: str, identifier: str) -> Manifest:
        """Return the signed list of a batch's outputs, verified now. Raises NotFound."""
        batch = self.get(project, identifier)
        if batch.envelope is None or batch.manifest_digest is None:
            raise NotFound(
                f"Batch {batch.id} is {batch.state.value} and has no manifest.",
                "One is signed when a batch ends with outputs.",
            )
        envelope = dict(batch.envelope)
        try:
            statement = self._signer.verify(envelope, predicate_type=rules.PREDICATE)
        except Conflict as error:
            said = f"{error.message} {error.remedy}".strip()
            return Manifest(
                digest=batch.manifest_digest, envelope=envelope, statement={}, problem=said
            )
        return Manifest(
            digest=batch.manifest_digest, envelope=envelope, statement=statement, problem=""
        )

    # ---- changing

    def cancel(self, caller: Caller, project: str, identifier: str) -> Batch:
        """Cancel a batch: at once if it waits, within seconds if it is under way.

        Outputs that are committed stay. Raises NotFound; IllegalMove for one that is over.
        """
        subject = f"batch:{project}/{identifier[:64]}"
        with self._audit.change(caller, "deployments.batch_cancel", subject, project) as change:
            change.rows.lock(f"batch:{identifier[:64]}")
            batch = _found(change.rows, project, identifier)
            rules.check_cancel(batch)
            asked = replace(batch, cancel_requested_by=caller.name)
            if batch.state is State.QUEUED:
                said = f"{caller.name} cancelled it; {rules.progress(batch)}."
                asked = rules.moved(asked, State.CANCELLED, message=said, ended_at=change.at)
            store.save(change.rows, asked)
            change.note(state=asked.state.value, done=asked.done)
        return asked

    def resume(self, caller: Caller, project: str, identifier: str) -> Batch:
        """Let a batch go on: what is committed stays, what failed is tried again.

        Raises NotFound; IllegalMove where nothing is left; Conflict as a start does.
        """
        rules.check_budget(project, self._ledger.budget_left_cents(project))
        subject = f"batch:{project}/{identifier[:64]}"
        with self._audit.change(caller, "deployments.batch_resume", subject, project) as change:
            change.rows.lock(f"batches:{project}")
            change.rows.lock(f"batch:{identifier[:64]}")
            batch = _found(change.rows, project, identifier)
            rules.check_resume(batch)
            rules.check_room(len(store.unfinished(change.rows, project)), project)
            for one in store.partitions(change.rows, batch.id, [PartitionState.FAILED]):
                store.save_partition(change.rows, replace(one, state=PartitionState.WAITING))
            again = rules.moved(
                batch,
                State.QUEUED,
                message=f"{caller.name} resumed it; {batch.done} of {batch.partitions} are done.",
                failed=0,
                lost=0,
                worker=None,
                ended_at=None,
                cancel_requested_by=None,
            )
            store.save(change.rows, again)
            change.note(done=again.done, failed=batch.failed)
        return again


def _found(rows: Rows, project: str, identifier: str) -> Batch:
    found = store.batch(rows, identifier, project)
    if found is None:
        raise NotFound(
            f"There is no batch {identifier[:64]!r} in {project}.", "Look at the list of batches."
        )
    return found
