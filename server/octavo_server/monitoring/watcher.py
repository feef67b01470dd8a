"""Keeps baselines, month profiles and alerts up to date; a periodic task of the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from octavo_server.database.rows import Database
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.rollouts.service import RolloutsService, View
from octavo_server.deployments.serving.service import ServingService
from octavo_server.errors import OctavoError
from octavo_server.monitoring import lights, rules, store, telemetry
from octavo_server.monitoring.domain import (
    Baseline,
    Breach,
    Finding,
    Level,
    MonthProfile,
)
from octavo_server.monitoring.ports import LakeProfiler, RunArtifacts
from octavo_server.monitoring.service import MOST_REQUESTS, MonitoringService, reconciled
from octavo_server.monitoring.store import KeptBaseline

BASELINE_ARTIFACT = "baseline.json"
AGAIN = timedelta(minutes=5)
"""How long a baseline that couldn't be read is left alone."""
JUDGED = timedelta(hours=1)
"""Window of telemetry that alerts are about."""
KEPT = timedelta(days=7)
"""How long telemetry is kept."""

log = logging.getLogger("octavo.monitoring")


class Watcher:
    """One step looks at every deployment once."""

    def __init__(
        self,
        database: Database,
        monitoring: MonitoringService,
        rollouts: RolloutsService,
        serving: ServingService,
        artifacts: RunArtifacts,
        profiler: LakeProfiler,
        clock: Callable[[], datetime],
        consumers: ConsumersService | None = None,
    ) -> None:
        """Without ``consumers`` nothing is said of what callers' rows look like."""
        self._database = database
        self._monitoring = monitoring
        self._rollouts = rollouts
        self._serving = serving
        self._artifacts = artifacts
        self._profiler = profiler
        self._clock = clock
        self._consumers = consumers

    def step(self) -> None:
        """Read what is new, judge everything, and raise or resolve alerts."""
        for view in self._rollouts.views():
            deployment = view.deployment
            try:
                self._read(view)
                self._judge(view)
            except OctavoError as error:
                log.warning("%s/%s: %s", deployment.project, deployment.name, error.message)
        self._serving.forget_scored(self._clock() - KEPT)

    def _read(self, view: View) -> None:
        """Read the stable version's baseline once, and its months whenever the data changed."""
        deployment, model = view.deployment, view.model
        if model is None:
            return
        with self._database.read() as rows:
            kept = store.baseline(rows, deployment.project, model.name, model.version)
        now = self._clock()
        if kept is None or (kept.document is None and now - kept.read_at > AGAIN):
            kept = self._fetch(view, model.run_id, now)
        baseline, _ = self._monitoring.baseline(view)
        if baseline is not None:
            self._profile(view, kept, baseline)

    def _fetch(self, view: View, run_id: str, now: datetime) -> KeptBaseline:
        deployment = view.deployment
        kept = KeptBaseline(
            project=deployment.project,
            model=deployment.model,
            version=deployment.stable_version or 0,
            run_id=run_id,
            document=None,
            problem="The training run left no baseline.json to compare with.",
            fingerprint="",
            read_at=now,
        )
        try:
            document = self._artifacts.read_json(run_id, BASELINE_ARTIFACT)
            if document is not None:
                rules.read_baseline(
                    document,
                    project=kept.project,
                    model=kept.model,
                    version=kept.version,
                    run_id=run_id,
                    at=now,
                )
                kept = replace(kept, document=document, problem="")
        except OctavoError as error:
            kept = replace(kept, problem=error.message)
        with self._database.write() as rows:
            store.put_baseline(rows, kept)
        return kept

    def _profile(self, view: View, kept: KeptBaseline, baseline: Baseline) -> None:
        if not rules.names_table(baseline):
            return
        fingerprint = self._profiler.fingerprint(baseline)
        if fingerprint == kept.fingerprint:
            return
        columns = _inputs(view, baseline)
        now = self._clock()
        try:
            raw = self._profiler.profile(baseline, columns, rules.last_month(baseline))
            found = [_month(baseline, one, now) for one in raw]
        except OctavoError as error:
            # Closed, not open: what can't be read is a finding, never "no drift".
            finding = Finding(month="-", column="-", problem="unreadable", message=error.message)
            found = [_empty(baseline, finding, now)]
        with self._database.write() as rows:
            store.put_months(rows, kept, found)
            store.put_baseline(rows, replace(kept, fingerprint=fingerprint))

    def _judge(self, view: View) -> None:
        deployment = view.deployment
        project, name = deployment.project, deployment.name
        now = self._clock()
        requests = self._serving.scored_since(
            project, name, now - JUDGED, MOST_REQUESTS, shadow=False
        )
        baseline, _ = self._monitoring.baseline(view)
        training = None if baseline is None else baseline.scores
        broken = [
            *lights.breaches(view, self._monitoring.drift(project, name)),
            *telemetry.breaches(
                telemetry.versions(requests),
                telemetry.score_distribution(requests, training),
                deployment.objectives,
            ),
            *self._copying(project, name),
        ]
        with self._database.write() as rows:
            standing = store.open_alerts(rows, project, name)
            for alert in reconciled(standing, broken, project, name, now):
                store.put_alert(rows, alert)

    def _copying(self, project: str, name: str) -> list[Breach]:
        found = [] if self._consumers is None else self._consumers.suspicions(project, name)
        return [
            Breach(
                rule="query_pattern",
                subject=one.caller,
                level=Level.WARNING,
                message=f"{one.caller}: {one.sentence}",
                value=float(one.rows),
            )
            for one in found
        ]


def _inputs(view: View, baseline: Baseline) -> list[str]:
    """Return the columns that a month must have: the model's inputs and the baseline's."""
    signature = view.model.signature if view.model is not None else None
    named = [column["name"] for column in (signature or {}).get("inputs") or [] if "name" in column]
    return sorted({*named, *baseline.features})


def _month(baseline: Baseline, raw: object, now: datetime) -> MonthProfile:
    if not isinstance(raw, dict):
        raise TypeError(f"a profiler gives objects, not {type(raw).__name__}")
    return MonthProfile(
        project=baseline.project,
        model=baseline.model,
        version=baseline.version,
        month=raw["month"],
        rows=raw["rows"],
        features=raw["features"],
        findings=tuple(Finding(**finding) for finding in raw["findings"]),
        computed_at=now,
    )


def _empty(baseline: Baseline, finding: Finding, now: datetime) -> MonthProfile:
    return MonthProfile(
        project=baseline.project,
        model=baseline.model,
        version=baseline.version,
        month=finding.month,
        rows=0,
        features={},
        findings=(finding,),
        computed_at=now,
    )
