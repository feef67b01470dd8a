"""How fresh views are, against what is expected of them; alerts when they are not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime

from octavo.records.materialization import (
    FreshnessExpectationRequest,
    MaterializationPipeline,
    MaterializationPipelineList,
    ViewMaterialization,
)
from octavo.records.monitoring import Alert as AlertRecord
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import Invalid, NotFound
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.materialization import push_store, rules, store, targets, wire
from octavo_server.features.materialization.domain import (
    Expectation,
    Job,
    Lateness,
    Schedule,
    Target,
)
from octavo_server.identity import Caller
from octavo_server.monitoring.service import Alert, Breach, Level, MonitoringService

SHOWN_JOBS = 20
"""Newest jobs that a view's page shows."""
LOOKED_AT = 500
"""Newest jobs of a project among which those of a view are looked for."""


class Freshness:
    """Keeps expectations, says how views stand, and raises alerts."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        catalog: CatalogService,
        monitoring: MonitoringService,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._monitoring = monitoring
        self._clock = clock

    def expect(
        self, caller: Caller, project: str, view: str, wanted: FreshnessExpectationRequest
    ) -> ViewMaterialization:
        """Set how old a view's data may become. Raises NotFound, Invalid."""
        if wanted.newest_event_within_s is None and wanted.materialized_within_s is None:
            raise Invalid(
                "newest_event_within_s and materialized_within_s are both null, which expects "
                "nothing.",
                "Set one of them, or remove the expectation.",
            )
        self._catalog.view(project, view)
        subject = f"feature_view:{project}/{view}"
        with self._audit.change(caller, "features.expect", subject, project) as change:
            made = Expectation(
                project=project,
                view=view,
                newest_event_within_s=wanted.newest_event_within_s,
                materialized_within_s=wanted.materialized_within_s,
                set_by=caller.name,
                set_at=change.at,
            )
            store.put_expectation(change.rows, made)
            change.note(**wanted.model_dump())
        return self.view(project, view)

    def expect_nothing(self, caller: Caller, project: str, view: str) -> None:
        """Remove what is expected of a view. Raises NotFound when nothing is."""
        subject = f"feature_view:{project}/{view[:100]}"
        with self._audit.change(caller, "features.expect", subject, project) as change:
            if not store.delete_expectation(change.rows, project, view):
                raise NotFound(
                    f"Nothing is expected of the feature view {view[:100]!r} in {project}.",
                    "Look at the view's page.",
                )
            change.note(removed=True)
        self._judge(project)  # its alert is resolved now: nobody judges a project without any

    # ---- how views stand

    def view(self, project: str, name: str) -> ViewMaterialization:
        """Return how a view stands and what comes next. Raises NotFound."""
        view, now = self._catalog.view(project, name), self._clock()
        mine = {Target(kind="view", name=name)}
        mine |= {Target(kind="service", name=one) for one in view.services}
        with self._database.read() as rows:
            until = targets.ends(rows, project, [view])[name]
            expected = store.expectation(rows, project, name)
            schedules = store.schedules(rows, project, *mine)
            jobs = _jobs_of(rows, project, mine, name)
            waiting = push_store.waiting_rows(rows, project) if view.source.push_source else {}
        newest = view.freshness.newest_event_at
        late = rules.late(name, newest, until, expected, now)
        return ViewMaterialization(
            view=name,
            services=list(view.services),
            snapshot=view.snapshot,
            newest_event_at=newest,
            materialized_until=until,
            checked_at=now,
            expectation=None if expected is None else wire.expectation(expected),
            late=[one.message for one in late],
            alerts=[_alert(one) for one in self._alerts(project, [name])],
            schedules=[wire.schedule(one, now) for one in schedules],
            next_at=_next(schedules),
            jobs=[wire.job(one) for one in jobs],
            push_source=view.source.push_source,
            waiting_rows=waiting.get(view.source.push_source or "", 0),
        )

    def pipelines(self, project: str) -> MaterializationPipelineList:
        """Return what is materialised by the clock, or was by hand, by name."""
        with self._database.read() as rows:
            schedules = store.schedules(rows, project)
            jobs = store.jobs(rows, ("project", "=", project), limit=LOOKED_AT)
        newest: dict[Target, Job] = {}
        for job in jobs:
            newest.setdefault(job.target, job)
        late: dict[str, list[str]] = {}
        for one in self.late(project):
            late.setdefault(one.view, []).append(one.message)
        every = {one.target for one in schedules} | set(newest)
        every |= {Target(kind="view", name=name) for name in late}
        items = [
            _pipeline(target, [one for one in schedules if one.target == target], newest, late)
            for target in sorted(every, key=lambda one: (one.name, one.kind))
        ]
        return MaterializationPipelineList(items=items)

    def late(self, project: str) -> list[Lateness]:
        """Return every freshness figure of a project that exceeds its expectation now."""
        with self._database.read() as rows:
            expected = {one.view: one for one in store.expectations(rows, project)}
        if not expected:
            return []
        views = [one for one in self._catalog.views(project) if one.name in expected]
        with self._database.read() as rows:
            ends = targets.ends(rows, project, views)
        now = self._clock()
        return [
            one
            for view in views
            for one in rules.late(
                view.name,
                view.freshness.newest_event_at,
                ends[view.name],
                expected[view.name],
                now,
            )
        ]

    def _alerts(self, project: str, views: Iterable[str]) -> list[Alert]:
        wanted = {_subject(name) for name in views}
        return [
            one
            for one in self._monitoring.feature_alerts(project)
            if one.subject.partition(" ")[0] in wanted
        ]

    # ---- the worker's part

    def step(self) -> None:
        """Judge every expectation of every project; raise and resolve alerts."""
        with self._database.read() as rows:
            projects = {one.project for one in store.expectations(rows)}
        for project in sorted(projects):
            self._judge(project)

    def _judge(self, project: str) -> None:
        broken = [_breach(one) for one in self.late(project)]
        self._monitoring.judge_features(project, broken)


def _jobs_of(rows: Rows, project: str, mine: set[Target], view: str) -> list[Job]:
    where: list[Where] = [("project", "=", project), ("name", "in", sorted({t.name for t in mine}))]
    found = store.jobs(rows, *where, limit=LOOKED_AT)
    return [one for one in found if one.target in mine and view in (*one.views, one.name)][
        :SHOWN_JOBS
    ]


def _pipeline(
    target: Target,
    schedules: list[Schedule],
    newest: dict[Target, Job],
    late: dict[str, list[str]],
) -> MaterializationPipeline:
    last = newest.get(target)
    return MaterializationPipeline(
        kind=target.kind,
        name=target.name,
        schedules=len(schedules),
        next_at=_next(schedules),
        last=None if last is None else wire.job(last),
        late=late.get(target.name, []) if target.kind == "view" else [],
    )


def _next(schedules: list[Schedule]) -> datetime | None:
    return min((one.next_at for one in schedules if one.next_at is not None), default=None)


def _subject(view: str) -> str:
    return f"feature_view:{view}"


def _breach(late: Lateness) -> Breach:
    return Breach(
        rule="freshness",
        subject=f"{_subject(late.view)} {late.clock}",
        level=Level.CRITICAL if late.age_s > 2 * late.limit_s else Level.WARNING,
        message=late.message,
        value=None if math.isinf(late.age_s) else late.age_s,
        limit=float(late.limit_s),
    )


def _alert(one: Alert) -> AlertRecord:
    return AlertRecord(**vars(one))
