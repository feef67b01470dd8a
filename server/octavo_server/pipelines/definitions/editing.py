"""Makes and changes pipelines: what a definition would change, and putting it into force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from octavo.records.notebooks import Parameter
from octavo.records.pipelines import (
    Pipeline,
    PipelineDefinition,
    PipelineRequest,
    Plan,
    UsedRelease,
)
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.definitions import domain, rules, store
from octavo_server.pipelines.definitions.ports import DefinitionFormat
from octavo_server.pipelines.definitions.service import DefinitionsService
from octavo_server.pipelines.graphs.service import GraphsService
from octavo_server.pipelines.schedules.service import ScheduleBook, TriggerBook


@dataclass(frozen=True, kw_only=True)
class _Settled:
    """A definition whose releases were looked up and verified."""

    definition: PipelineDefinition
    """With each release by its digest."""
    declared: tuple[Parameter, ...]
    """What a run takes."""
    used: tuple[UsedRelease, ...]
    """The releases."""

    def document(self) -> dict[str, Any]:
        """Return it as data that plans compare."""
        return rules.document(self.definition)


class Editing:
    """What people do to pipelines."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        lineage: LineageService,
        notebooks: NotebooksService,
        graphs: GraphsService,
        pipelines: DefinitionsService,
        schedules: ScheduleBook,
        triggers: TriggerBook,
        written: DefinitionFormat,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._lineage = lineage
        self._notebooks = notebooks
        self._graphs = graphs
        self._pipelines = pipelines
        self._schedules = schedules
        self._triggers = triggers
        self._format = written
        self._clock = clock

    def create(self, caller: Caller, project: str, wanted: PipelineRequest) -> Pipeline:
        """Make a pipeline of a verified release or of steps, or give an existing one others.

        Its schedules and triggers stay. Raises NotFound, ReleaseRefused, Invalid; Conflict when a
        schedule's or trigger's parameters don't fit.
        """
        settled = self._settled(project, PipelineDefinition(**dict(wanted)))
        subject = f"pipeline:{project}/{wanted.name}"
        with self._audit.change(caller, "pipelines.create", subject, project) as change:
            made = self._saved(change, caller, project, settled)
            self._require_fit(change.rows, project, made, settled)
        return self._pipelines.pipeline(project, wanted.name)

    def plan(self, project: str, text: str) -> Plan:
        """Return what applying a text would change. Raises Invalid, NotFound, ReleaseRefused."""
        settled = self._settled(project, self._read(text))
        with self._database.read() as rows:
            before = self._present(rows, project, settled.definition.name)
        after = settled.document()
        return Plan(
            name=settled.definition.name,
            digest=rules.digest_of(before, after),
            new=before is None,
            changes=rules.changes(before, after),
            releases=list(settled.used),
        )

    def apply(self, caller: Caller, project: str, text: str, digest: str) -> Pipeline:
        """Put a text into force, as its plan said. Raises Conflict when that is another one now."""
        settled = self._settled(project, self._read(text))
        name = settled.definition.name
        there = self._triggers.digests(project, settled.definition.triggers)
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.apply", subject, project) as change:
            change.rows.lock(f"pipeline:{project}/{name}")
            before = self._present(change.rows, project, name)
            found = rules.digest_of(before, settled.document())
            if found != digest:
                raise Conflict(
                    f"digest: {digest} is not the plan of this definition against what is there "
                    f"now; that is {found}.",
                    "Plan it again, read what changes, and apply that.",
                )
            change.note(plan=digest, changes=len(rules.changes(before, settled.document())))
            made = self._saved(change, caller, project, settled)
            self._require_fit(change.rows, project, made, settled)
            wanted = settled.definition
            self._schedules.replace(change, project, name, wanted.schedules, caller.name)
            self._triggers.replace(change, project, name, wanted.triggers, there, caller.name)
        return self._pipelines.pipeline(project, name)

    def remove(self, caller: Caller, project: str, name: str) -> None:
        """Remove a pipeline with its schedules and triggers; its runs stay. Raises NotFound."""
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.remove", subject, project) as change:
            if store.pipeline(change.rows, project, name) is None:
                raise NotFound(f"There is no pipeline {name[:63]!r} in this project.")
            self._schedules.replace(change, project, name, [], caller.name)
            self._triggers.replace(change, project, name, [], {}, caller.name)
            store.delete_pipeline(change.rows, project, name)

    def text(self, project: str, name: str) -> str:
        """Return a pipeline's definition as `pipeline.yaml`. Raises NotFound."""
        with self._database.read() as rows:
            found = self._present(rows, project, name)
        if found is None:
            raise NotFound(
                f"There is no pipeline {name[:63]!r} in this project.", "Look at the pipelines."
            )
        return self._format.write(found)

    def _read(self, text: str) -> PipelineDefinition:
        try:
            return PipelineDefinition.model_validate(self._format.read(text))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            given = str(first.get("input"))[:80]
            raise Invalid(
                f"pipeline.yaml: {place}: {first['msg']}; got {given!r}.",
                "Correct it; docs/user/pipelines.md says what each field takes.",
            ) from error

    def _settled(self, project: str, wanted: PipelineDefinition) -> _Settled:
        rules.check(wanted)
        if wanted.graph is not None:
            graph, used = self._graphs.settled(project, wanted.graph)
            declared = tuple(graph.parameters)
            changed: dict[str, Any] = {"graph": graph}
        else:
            assert wanted.release is not None  # noqa: S101 - rules.check asked
            found = self._notebooks.named_release(project, wanted.release)
            release = self._notebooks.verified_release(project, found.digest)
            declared = release.parameters
            used = [UsedRelease(digest=release.digest, name=release.name, number=release.number,
                                step="", profile=release.profile)]  # fmt: skip
            changed = {"release": release.digest}
        accepted = self._notebooks.accept(declared, wanted.parameters)
        defaults = {one.name: one.default for one in declared}
        kept = {one: accepted[one] for one in wanted.parameters if accepted[one] != defaults[one]}
        definition = wanted.model_copy(update={**changed, "parameters": kept})
        return _Settled(definition=definition, declared=declared, used=tuple(used))

    def _saved(
        self, change: Change, caller: Caller, project: str, settled: _Settled
    ) -> domain.Pipeline:
        wanted = settled.definition
        known = store.pipeline(change.rows, project, wanted.name)
        values = self._notebooks.accept(settled.declared, wanted.parameters)
        made = domain.Pipeline(
            project=project,
            name=wanted.name,
            title=wanted.title,
            release=wanted.release or "",
            parameters=values,
            created_by=known.created_by if known else caller.name,
            created_at=known.created_at if known else change.at,
            graph=None if wanted.graph is None else wanted.graph.model_dump(mode="json"),
            priority=wanted.priority,
            concurrency=wanted.concurrency,
            when_full=wanted.when_full,
        )
        store.save_pipeline(change.rows, made)
        change.note(
            releases=[one.digest for one in settled.used],
            before=known.release if known else None,
        )
        for one in settled.used:
            self._lineage.link(
                change,
                source=f"release:{project}/{one.name}/{one.number}",
                target=f"pipeline:{project}/{made.name}",
                relation="runs in",
                project=project,
            )
        return made

    def _require_fit(
        self, rows: Rows, project: str, made: domain.Pipeline, settled: _Settled
    ) -> None:
        def accept(given: Any) -> object:
            return self._notebooks.accept(settled.declared, given)

        self._schedules.require_fit(rows, project, made.name, accept)
        for schedule in settled.definition.schedules:
            accept(schedule.parameters)
        for trigger in settled.definition.triggers:
            accept(trigger.parameters)
        self._triggers.require_no_circle(rows, project, made.name, settled.definition.triggers)

    def _present(self, rows: Rows, project: str, name: str) -> dict[str, Any] | None:
        """Return what is in force as a definition's document; None: there is no such pipeline."""
        found = store.pipeline(rows, project, name)
        if found is None:
            return None
        declared = self._pipelines.declared(found)
        defaults = {one.name: one.default for one in declared}
        kept = {key: one for key, one in found.parameters.items() if defaults.get(key) != one}
        definition = PipelineDefinition.model_validate(
            {
                "name": found.name,
                "title": found.title,
                "release": found.release or None,
                "graph": found.graph,
                "parameters": kept,
                "priority": found.priority,
                "concurrency": found.concurrency,
                "when_full": found.when_full,
                "schedules": self._schedules.definitions(rows, project, name),
                "triggers": self._triggers.definitions(rows, project, name),
            }
        )
        return rules.document(definition)
