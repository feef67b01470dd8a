"""Registers models from runs: copied, scanned, tried, signed, kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import RowExists
from octavo_server.errors import OctavoError, Unavailable
from octavo_server.experiments.runs.service import ExperimentsService, LoggedModel, Run
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import Decision, PolicyService
from octavo_server.registry.registration import rules
from octavo_server.registry.registration.domain import Order, Step
from octavo_server.registry.registration.examination import Draft, Registration
from octavo_server.registry.registration.features_read import FeaturesRead, features_read
from octavo_server.registry.registration.origin import edges_of
from octavo_server.registry.registration.requirements import USE, usable_facts
from octavo_server.registry.registration.watch import Unwatched, Watch
from octavo_server.registry.versions.service import (
    ItemState,
    ModelVersion,
    VersionBook,
    VersionsService,
    check_name,
    registered_name,
)

__all__ = ["Draft", "Order", "RegistrationService"]


class RegistrationService:
    """Makes signed versions from runs' logged models."""

    def __init__(
        self,
        *,
        audit: AuditService,
        policy: PolicyService,
        lineage: LineageService,
        experiments: ExperimentsService,
        versions: VersionsService,
        book: VersionBook,
        steps: Registration,
        clock: Callable[[], datetime],
    ) -> None:
        self._audit = audit
        self._policy = policy
        self._lineage = lineage
        self._experiments = experiments
        self._versions = versions
        self._book = book
        self._registration = steps
        self._clock = clock

    def draft(
        self, caller: Caller, project: str, run_id: str, model_id: str | None, name: str | None
    ) -> Draft:
        """What registering a run's model would look like; nothing is stored. Raises NotFound."""
        run = self._experiments.run(project, run_id)
        logged = self._experiments.models(run)
        chosen = name or rules.suggested_name(run.name, run.experiment)
        check_name(chosen)
        champion = self._versions.pointed_to(project, chosen, "champion")
        return self._registration.draft(caller, run, logged, model_id, chosen, champion)

    def usable(
        self, caller: Caller, project: str, name: str, version: int, environment: str
    ) -> Decision:
        """Whether an environment takes a version, with the policies' reasons. Raises NotFound."""
        found = self._versions.version(project, name, version)
        open_items = [one.key for one in found.checklist if one.state is not ItemState.DONE]
        facts = usable_facts(environment, open_items, found.scan_report.alarms)
        decision = self._policy.decide(USE, caller, project=project, facts=facts)
        lacking = rules.lacks(found.checklist, environment)
        if decision.allowed or not lacking:
            return decision
        said = f"{name} v{version} lacks what {environment} requires: {lacking}."
        return replace(decision, reasons=(said, *decision.reasons))

    def prepare(self, order: Order) -> tuple[Run, LoggedModel]:
        """The run and the logged model that an order means.

        Raises NotFound, Invalid, or Conflict for a model registered before.
        """
        check_name(order.name)
        run = self._experiments.run(order.project, order.run_id)
        model = self._registration.choose(self._experiments.models(run), order.model_id)
        self._versions.refuse_twin(order.project, order.name, model.model_id)
        return run, model

    def register(self, caller: Caller, order: Order, watch: Watch | None = None) -> ModelVersion:
        """Makes a signed version from a run's logged model.

        Raises NotFound, Invalid, PolicyRefused, Cancelled, or Conflict for a model registered
        before.
        """
        watch = watch or Unwatched()
        run, model = self.prepare(order)
        proposal = self._registration.examine(caller, run, model, order, watch)
        watch.step(Step.SIGN)
        version = self._registration.book(proposal)
        signed = self._registration.sign(caller, proposal, version, self._clock())
        kept = (caller, signed, proposal.facts(), features_read(run.tags), watch)
        try:
            try:
                self._keep(*kept)
            except RowExists:
                # Another registration made the model itself at the same moment; now it is there.
                self._keep(*kept)
        except Exception:
            # Nothing unsigned stays behind in MLflow when the version isn't kept here.
            with suppress(OctavoError):
                self._book.delete_version(registered_name(order.project, order.name), version)
            raise
        self._mark(signed, run.registered)
        return signed

    def _keep(
        self,
        caller: Caller,
        version: ModelVersion,
        facts: dict[str, object],
        read: FeaturesRead,
        watch: Watch,
    ) -> None:
        project, name = version.project, version.name
        subject = f"model_version:{project}/{name}/{version.version}"
        with self._audit.change(caller, "registry.register", subject, project) as change:
            self._policy.require(change, "RegisterModel", caller, project=project, facts=facts)
            self._versions.add(change, version)
            self._link(change, version, read)
            watch.kept(change, version.version)
            change.note(
                digest=version.digest,
                run=version.run_id,
                scan=version.scan,
                prediction=version.prediction,
                conversion=version.conversion.outcome.value,
            )

    def _link(self, change: Change, version: ModelVersion, read: FeaturesRead) -> None:
        project, run = version.project, f"run:{version.project}/{version.run_id}"
        self._lineage.link(
            change,
            source=run,
            target=f"model_version:{project}/{version.name}/{version.version}",
            relation="produced",
            project=project,
        )
        if version.feature_snapshot:
            snapshot = f"feature_snapshot:{project}/{version.feature_snapshot}"
            self._lineage.link(
                change, source=snapshot, target=run, relation="used by", project=project
            )
        for node, relation in edges_of(version):
            self._lineage.link(change, source=node, target=run, relation=relation, project=project)
        for node in read.nodes(project):
            self._lineage.link(change, source=node, target=run, relation="read by", project=project)

    def _mark(self, version: ModelVersion, before: list[str]) -> None:
        """Says in MLflow what was registered, and keeps the model's files from being changed.

        The version stands without it: whoever uses its files checks every byte first.
        """
        mark = f"{version.name}/{version.version}"
        with suppress(Unavailable):
            self._book.keep_model(version.model_id, mark)
            marks = ",".join([*before, mark])
            self._book.tag_run(version.run_id, "octavo.registered", marks[:5_000])
