"""Answers what a deployment does, and keeps its alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Where
from octavo_server.deployments.rollouts.service import RolloutsService, View
from octavo_server.deployments.serving.service import ServingService
from octavo_server.errors import IllegalMove, Invalid, NotFound
from octavo_server.identity import Caller, new_id
from octavo_server.monitoring import lights, rules, store, telemetry
from octavo_server.monitoring.domain import (
    WINDOWS,
    Alert,
    Baseline,
    Breach,
    DriftReport,
    Level,
    Summary,
)

__all__ = ["Alert", "Breach", "Level", "MonitoringService", "reconciled"]

FEATURES = ""
"""In place of a deployment's name: the alert is about features."""

MOST_REQUESTS = 50_000
"""Requests of a window that are summed up; the newest count."""


class MonitoringService:
    """Reads telemetry, profiles and alerts."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        rollouts: RolloutsService,
        serving: ServingService,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._rollouts = rollouts
        self._serving = serving
        self._clock = clock

    def summary(self, project: str, name: str, window: str) -> Summary:
        """Return the answer-first view of a deployment. Raises NotFound, Invalid."""
        if window not in WINDOWS:
            raise Invalid(f"window: {window[:20]!r} is none.", f"Use one of: {', '.join(WINDOWS)}.")
        view = self._rollouts.get(project, name)
        until = self._clock()
        since = until - WINDOWS[window]
        requests = self._serving.scored_since(project, name, since, MOST_REQUESTS, shadow=False)
        baseline, problem = self.baseline(view)
        found = telemetry.versions(requests)
        training = None if baseline is None else baseline.scores
        scores = telemetry.score_distribution(requests, training)
        promised = view.deployment.objectives
        words = problem if baseline is None else baseline.window
        drift = self.drift(project, name)
        with self._database.read() as rows:
            alerts = store.open_alerts(rows, project, name)
        sentences = [
            lights.service(view),
            telemetry.latency_light(found, promised),
            telemetry.errors_light(found, promised),
            telemetry.scores_light(scores, words),
            lights.drift(drift, promised.drift_psi),
            lights.quality(drift),
            lights.alerts(alerts),
        ]
        return Summary(
            project=project,
            deployment=name,
            model=view.deployment.model,
            window=window,
            since=since,
            until=until,
            lights=lights.worst_first(sentences),
            versions=found,
            series=telemetry.series(requests, since, WINDOWS[window]),
            scores=scores,
            baseline=words,
        )

    def drift(self, project: str, name: str) -> DriftReport:
        """Return drift by month of a deployment's stable version. Raises NotFound."""
        view = self._rollouts.get(project, name)
        deployment = view.deployment
        version = deployment.stable_version
        baseline, problem = self.baseline(view)
        if baseline is None or version is None:
            return _no_report(view, problem)
        with self._database.read() as rows:
            months = store.months(rows, project, deployment.model, version)
        drifts = [
            rules.drift_of(feature, month, training, deployment.objectives.drift_psi)
            for month in months
            for feature, training in baseline.features.items()
            if feature in month.features
        ]
        findings = tuple(finding for month in months for finding in month.findings)
        compared = tuple(month.month for month in months if month.features)
        message = f"{len(compared)} months compared with {baseline.window}."
        if not rules.names_table(baseline):
            message = rules.NO_TABLE
        elif not months:
            message = "The months after training are not profiled yet."
        return DriftReport(
            project=project,
            deployment=name,
            model=deployment.model,
            version=version,
            baseline=baseline.window,
            baseline_run_id=baseline.run_id,
            months=compared,
            features=rules.by_strength(drifts),
            schema_findings=findings,
            computed_at=max((month.computed_at for month in months), default=None),
            message=message,
        )

    def baseline(self, view: View) -> tuple[Baseline | None, str]:
        """Return the stable version's baseline, or None and why there is none."""
        deployment = view.deployment
        version = deployment.stable_version
        if version is None:
            return None, "Nothing is live yet."
        with self._database.read() as rows:
            kept = store.baseline(rows, deployment.project, deployment.model, version)
        if kept is None:
            return None, "The training run's baseline is not read yet."
        if kept.document is None:
            return None, kept.problem
        read = rules.read_baseline(
            kept.document,
            project=kept.project,
            model=kept.model,
            version=kept.version,
            run_id=kept.run_id,
            at=kept.read_at,
        )
        return read, ""

    def alerts(
        self, project: str, *, deployment: str | None, only_open: bool, limit: int, offset: int
    ) -> list[Alert]:
        """Return the newest matching alerts first."""
        where: list[Where] = [("project", "=", project)]
        where += [("deployment", "=", deployment)] if deployment else []
        where += [("resolved_at", "=", None)] if only_open else []
        with self._database.read() as rows:
            return store.alerts(rows, *where, limit=limit, offset=offset)

    def judge_features(self, project: str, broken: Sequence[Breach]) -> None:
        """Raise, renew and resolve the alerts about a project's features.

        ``broken`` is all that is broken now; an open alert about anything else is resolved.
        """
        with self._database.write() as rows:
            standing = store.open_alerts(rows, project, FEATURES)
            for alert in reconciled(standing, broken, project, FEATURES, self._clock()):
                store.put_alert(rows, alert)

    def feature_alerts(self, project: str) -> list[Alert]:
        """Return the open alerts about a project's features."""
        with self._database.read() as rows:
            return store.open_alerts(rows, project, FEATURES)

    def acknowledge(self, caller: Caller, project: str, alert_id: str, note: str) -> Alert:
        """Take an alert. Raises NotFound, and IllegalMove when somebody has it."""
        subject = f"alert:{project}/{alert_id}"
        with self._audit.change(caller, "monitoring.acknowledge", subject, project) as change:
            alert = store.alert(change.rows, project, alert_id)
            if alert is None:
                raise NotFound(f"There is no alert {alert_id[:32]!r} here.", "See the alerts.")
            if alert.acknowledged_by is not None:
                raise IllegalMove(
                    f"{alert.acknowledged_by} has taken this alert already.",
                    "Talk to them; an alert is acknowledged once.",
                )
            taken = replace(
                alert,
                acknowledged_by=caller.name,
                acknowledged_at=change.at,
                acknowledgement=note,
            )
            store.put_alert(change.rows, taken)
            change.note(deployment=alert.deployment, rule=alert.rule, about=alert.subject)
        return taken


def reconciled(
    standing: Sequence[Alert], broken: Sequence[Breach], project: str, name: str, now: datetime
) -> list[Alert]:
    """Return the alerts to write: new ones, ones seen again, ones found no more."""
    known = {(alert.rule, alert.subject): alert for alert in standing}
    written: list[Alert] = []
    for breach in broken:
        alert = known.pop((breach.rule, breach.subject), None)
        if alert is None:
            alert = Alert(
                id=new_id(),
                project=project,
                deployment=name,
                rule=breach.rule,
                subject=breach.subject,
                level=breach.level,
                message=breach.message,
                value=breach.value,
                limit=breach.limit,
                opened_at=now,
                last_seen_at=now,
            )
        written.append(
            replace(
                alert,
                level=breach.level,
                message=breach.message,
                value=breach.value,
                limit=breach.limit,
                last_seen_at=now,
            )
        )
    written += [replace(alert, resolved_at=now) for alert in known.values()]
    return written


def _no_report(view: View, problem: str) -> DriftReport:
    deployment = view.deployment
    return DriftReport(
        project=deployment.project,
        deployment=deployment.name,
        model=deployment.model,
        version=deployment.stable_version or 0,
        baseline="",
        baseline_run_id="",
        months=(),
        features=(),
        schema_findings=(),
        computed_at=None,
        message=problem,
    )
