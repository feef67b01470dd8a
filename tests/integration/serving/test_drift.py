"""Drift of a lake's months against training, profiled by the real child; closed on bad data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.databases import open_database
from tests.support.people import ONCALL
from tests.support.serving import NAME, OBJECTIVES, PROJECT, Serving, now, open_serving

import octavo.monitoring as profiles
from octavo_server.adapters.lake_profiler import LakeTables
from octavo_server.database.rows import Database
from octavo_server.deployments.rollouts import store as rollouts_store
from octavo_server.deployments.rollouts.domain import Deployment, Scorer, ScorerState
from octavo_server.deployments.serving import store as serving_store
from octavo_server.deployments.serving.domain import Scored
from octavo_server.errors import Unavailable
from octavo_server.monitoring.domain import Alert, Level
from octavo_server.monitoring.service import MonitoringService
from octavo_server.monitoring.watcher import Watcher

RANDOM = np.random.default_rng(20130701)
TRAINING = {
    "delay": RANDOM.normal(5, 20, 3_000),
    "hour": RANDOM.integers(5, 23, 3_000),
    "carrier": RANDOM.choice(["UA", "AA", "B6"], 3_000),
}


@dataclass
class Artifacts:
    """Stands in for the run's files: one baseline, or none, or an engine that is away."""

    document: Any
    away: bool = False
    asked: int = 0

    def read_json(self, run_id: str, path: str) -> Any | None:
        """Return the baseline."""
        self.asked += 1
        if self.away:
            raise Unavailable("MLflow does not answer: ConnectError.")
        return self.document if path == "baseline.json" else None


@dataclass
class Watched:
    """A watched deployment of one version, live without a process."""

    serving: Serving
    monitoring: MonitoringService
    artifacts: Artifacts
    watcher: Watcher
    lake: Path

    def alerts(self) -> list[Alert]:
        """Return the open alerts."""
        return self.monitoring.alerts(PROJECT, deployment=NAME, only_open=True, limit=99, offset=0)

    def write(self, month: str, **changes: Any) -> None:
        """Write a month; a column given as None is left out."""
        columns = {
            name: value for name, value in {**TRAINING, **changes}.items() if value is not None
        }
        folder = self.lake / "curated" / "inputs" / f"month={month}"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), folder / "part.parquet")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Give a deployment of version 1 with a baseline that names months January to May."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "MLmodel").write_text("x")
    (tmp_path / "home").mkdir()
    with open_database("sqlite", tmp_path, tmp_path) as database:
        serving = open_serving(tmp_path / "home", database, {("flights-late", 1): model})
        baseline = profiles.baseline(
            TRAINING,
            scores=RANDOM.uniform(0, 1, 3_000),
            window="2013-01..2013-05",
            source={"path": "curated/inputs", "partition": "month"},
        )
        _live(database)
        monitoring = MonitoringService(
            database, serving.audit, serving.rollouts, serving.answered, now
        )
        artifacts = Artifacts(baseline)
        lake = tmp_path / "lake"
        (lake / PROJECT).mkdir(parents=True)
        tables = LakeTables(lake)
        watcher = Watcher(
            database, monitoring, serving.rollouts, serving.answered, artifacts, tables, now
        )
        yield Watched(serving, monitoring, artifacts, watcher, lake / PROJECT)
        serving.close()


def _live(database: Database) -> None:
    deployment = Deployment(
        project=PROJECT,
        name=NAME,
        model="flights-late",
        environment="prod",
        profile="cpu-small",
        objectives=OBJECTIVES,
        created_at=now(),
        updated_at=now(),
        stable_version=1,
    )
    scorer = Scorer(
        id="s1",
        project=PROJECT,
        deployment=NAME,
        version=1,
        state=ScorerState.READY,
        message="Answers.",
        updated_at=now(),
    )
    with database.write() as rows:
        rollouts_store.add_deployment(rows, deployment)
        rollouts_store.put_scorer(rows, scorer)


def test_months_after_training_are_compared_and_a_moved_input_raises_one_alert(
    watched: Watched,
) -> None:
    watched.write("2013-05", delay=TRAINING["delay"] + 500)
    watched.write("2013-06")
    watched.write("2013-07", delay=TRAINING["delay"] + 60)
    watched.watcher.step()
    report = watched.monitoring.drift(PROJECT, NAME)
    assert report.months == ("2013-06", "2013-07")
    assert report.features[0].feature == "delay"
    levels = {(one.feature, one.month): one.level for one in report.features}
    assert levels["delay", "2013-07"] is Level.CRITICAL
    assert {level for key, level in levels.items() if key != ("delay", "2013-07")} == {Level.OK}
    (alert,) = watched.alerts()
    assert (alert.rule, alert.subject) == ("drift", "delay")
    assert "1 of 2 months, most in 2013-07" in alert.message


def test_new_data_is_seen_and_old_data_is_not_profiled_again(watched: Watched) -> None:
    watched.write("2013-07", delay=TRAINING["delay"] + 60)
    watched.watcher.step()
    first = watched.monitoring.drift(PROJECT, NAME).computed_at
    watched.watcher.step()
    assert watched.monitoring.drift(PROJECT, NAME).computed_at == first
    assert watched.artifacts.asked == 1
    watched.write("2013-07")
    watched.watcher.step()
    assert watched.monitoring.drift(PROJECT, NAME).computed_at != first
    assert watched.alerts() == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"carrier": None}, "missing"),
        ({"delay": np.array(["late"] * 3_000)}, "wrong_type"),
        ({"delay": np.full(3_000, np.nan)}, "all_null"),
        ({"hour": pa.array([None] * 3_000, pa.int64())}, "all_null"),
    ],
)
def test_a_month_that_breaks_the_schema_is_an_alert_not_a_success(
    watched: Watched, change: dict[str, Any], problem: str
) -> None:
    watched.write("2013-07", **change)
    watched.watcher.step()
    report = watched.monitoring.drift(PROJECT, NAME)
    assert [one.problem for one in report.schema_findings] == [problem]
    assert [one.level for one in watched.alerts() if one.rule == "schema"] == [Level.CRITICAL]
    summary = watched.monitoring.summary(PROJECT, NAME, "1h")
    light = next(one for one in summary.lights if one.topic == "quality")
    assert light.level is Level.CRITICAL


def test_a_broken_file_and_a_missing_table_are_alerts(watched: Watched) -> None:
    watched.watcher.step()
    (alert,) = watched.alerts()
    assert alert.rule == "schema"
    assert "not in the lake: curated/inputs" in alert.message
    watched.write("2013-07")
    (watched.lake / "curated" / "inputs" / "month=2013-07" / "part.parquet").write_bytes(b"PAR1")
    watched.watcher.step()
    (alert,) = watched.alerts()
    assert "2013-07 can't be read" in alert.message


@pytest.mark.parametrize("path", ["../../../etc", "/etc", "", 7, "../other/curated/inputs"])
def test_a_baseline_can_not_lead_out_of_its_projects_lake(watched: Watched, path: Any) -> None:
    (watched.lake.parent / "other" / "curated" / "inputs").mkdir(parents=True)
    watched.artifacts.document["source"]["path"] = path
    watched.watcher.step()
    (alert,) = watched.alerts()
    assert "not in the lake" in alert.message


def test_a_baseline_that_names_no_table_watches_no_months_and_alerts_nobody(
    watched: Watched,
) -> None:
    watched.artifacts.document["source"] = {}
    watched.watcher.step()
    assert watched.alerts() == []
    said = watched.monitoring.drift(PROJECT, NAME).message
    assert said.startswith("The baseline names no table of the lake, so drift by month is not ")
    lights = {
        one.topic: one.level for one in watched.monitoring.summary(PROJECT, NAME, "1h").lights
    }
    assert lights["drift"] is lights["quality"] is Level.UNKNOWN


def test_an_engine_that_is_away_makes_lights_unknown_not_green(
    watched: Watched,
) -> None:
    watched.artifacts.away = True
    watched.watcher.step()
    assert "MLflow does not answer" in watched.monitoring.drift(PROJECT, NAME).message
    lights = {
        one.topic: one.level for one in watched.monitoring.summary(PROJECT, NAME, "1h").lights
    }
    assert lights["drift"] is lights["scores"] is lights["quality"] is Level.UNKNOWN
    assert lights["service"] is Level.OK


def test_a_baseline_of_the_wrong_shape_says_so(watched: Watched) -> None:
    watched.artifacts.document = {"format": 7}
    watched.watcher.step()
    assert "no baseline of format 1" in watched.monitoring.drift(PROJECT, NAME).message


def test_slow_and_failing_requests_raise_alerts_that_one_person_takes(watched: Watched) -> None:
    requests = [
        Scored(
            id=f"q{number}",
            project=PROJECT,
            deployment=NAME,
            version=1,
            at=now() - timedelta(minutes=1),
            latency_ms=900.0,
            status="ok" if number % 2 else "unavailable",
            rows=1,
            scores=(0.5,),
        )
        for number in range(60)
    ]
    with watched.serving.database.write() as rows:
        serving_store.add_scored(rows, requests)
        serving_store.add_scored(
            rows, [replace(requests[0], id="old", at=now() - timedelta(days=9))]
        )
    watched.write("2013-07")
    watched.watcher.step()
    raised = {one.rule: one for one in watched.alerts()}
    assert {"latency", "errors"} <= set(raised)
    taken = watched.monitoring.acknowledge(ONCALL, PROJECT, raised["errors"].id, "Looking.")
    assert (taken.acknowledged_by, taken.acknowledgement) == ("oncall", "Looking.")
    with pytest.raises(Exception, match="taken this alert already"):
        watched.monitoring.acknowledge(ONCALL, PROJECT, raised["errors"].id, "Me too.")
    kept = watched.serving.answered.scored_since(PROJECT, NAME, now() - timedelta(days=30), 99)
    assert len(kept) == 60
    assert watched.serving.audit.entries()[0].action == "monitoring.acknowledge"
