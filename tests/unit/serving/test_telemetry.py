"""What is kept of requests: figures of all, rows of some, nothing that is redacted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import ONCALL
from tests.support.services import NOON, open_audit

from octavo_server.adapters.canary_measurements import CountedMeasurements
from octavo_server.database.rows import Database
from octavo_server.deployments.serving import latency, rows_sent, store, telemetry
from octavo_server.deployments.serving.domain import (
    Figures,
    FiguresAt,
    LoggedRow,
    LogPolicy,
    LogSize,
    Served,
)
from octavo_server.deployments.serving.figures import FigureBook, by_version
from octavo_server.deployments.serving.service import ServingService
from octavo_server.deployments.serving.telemetry import TelemetryBuffer
from octavo_server.errors import Conflict

PROJECT, NAME = "flights", "late"
WHY = "Names of passengers are nobody's business."


def served(number: int = 0, **changes: Any) -> Served:
    made = Served(
        id=f"q{number}",
        project=PROJECT,
        deployment=NAME,
        version=1,
        role="stable",
        at=NOON + timedelta(seconds=number),
        latency_ms=4.0,
        status="ok",
        caller="consumer:app",
        document={"dataframe_records": [{"name": "Ann", "delay": 3.5}]},
        predictions=[[0.8, 0.2]],
    )
    return replace(made, **changes)


@dataclass
class Rows:
    """Stands in for the Parquet files; ``full`` drops everything."""

    kept: list[LoggedRow] = field(default_factory=list)
    full: bool = False
    forgotten: list[tuple[str, str, str]] = field(default_factory=list)

    def append(self, rows: Sequence[LoggedRow]) -> int:
        if self.full:
            return len(rows)
        self.kept += rows
        return 0

    def newest(self, _project: str, _deployment: str, limit: int) -> list[LoggedRow]:
        return sorted(self.kept, key=lambda one: one.at, reverse=True)[:limit]

    def size(self, _project: str, _deployment: str) -> LogSize:
        return LogSize(files=len(self.kept))

    def forget(self, project: str, deployment: str, before_day: str) -> int:
        self.forgotten.append((project, deployment, before_day))
        return 1

    def close(self) -> None:
        pass


@dataclass
class Looks:
    """Stands in for the pattern book."""

    seen: list[Mapping[str, Any]] = field(default_factory=list)

    def add(
        self, project: str, deployment: str, caller: str, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        self.seen += rows


@dataclass
class Kept:
    database: Database
    rows: Rows
    looks: Looks
    buffer: TelemetryBuffer
    serving: ServingService


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Iterator[Kept]:
    rows, looks = Rows(), Looks()
    buffer = TelemetryBuffer(database, every_s=3_600, rows=rows, looks=looks)
    serving = ServingService(database, open_audit(database, tmp_path), rows)
    yield Kept(database, rows, looks, buffer, serving)
    buffer.close()


def policy(kept: Kept, **changes: Any) -> LogPolicy:
    """Change the policy as on-call."""
    made = LogPolicy(project=PROJECT, deployment=NAME, **changes)
    return kept.serving.change_log(ONCALL, made, WHY)


def test_rows_are_logged_without_what_is_redacted(kept: Kept) -> None:
    policy(kept, share=1.0, redacted=("name",))
    kept.buffer.add(served())
    kept.buffer.flush()
    (row,) = kept.rows.kept
    assert (row.inputs, row.prediction) == ('{"name":null,"delay":3.5}', "[0.8,0.2]")
    (scored,) = kept.serving.scored_since(PROJECT, NAME, NOON, 10)
    assert scored.features == {"delay": 3.5}
    assert "Ann" not in repr((kept.rows, scored))


def test_nothing_is_logged_where_nothing_is_wanted(kept: Kept) -> None:
    policy(kept, share=0.0)
    for number in range(20):
        kept.buffer.add(served(number))
    kept.buffer.flush()
    assert kept.rows.kept == []
    found = kept.serving.scored_since(PROJECT, NAME, NOON, 100)
    assert len(found) == 20
    assert {one.features for one in found} == {None}


def test_failed_requests_and_copies_are_not_logged(kept: Kept) -> None:
    policy(kept, share=1.0)
    kept.buffer.add(served(0, status="unavailable", predictions=[]))
    kept.buffer.add(served(1, role="shadow", version=2))
    kept.buffer.flush()
    assert kept.rows.kept == []
    assert len(kept.looks.seen) == 1
    shadow = kept.serving.scored_since(PROJECT, NAME, NOON, 10, shadow=False)
    assert [one.id for one in shadow] == ["q0"]


def test_rows_that_can_not_be_written_are_counted(kept: Kept) -> None:
    policy(kept, share=1.0)
    kept.rows.full = True
    kept.buffer.add(served())
    kept.buffer.flush()
    assert kept.buffer.dropped_rows == 1


def test_figures_are_exact_where_rows_are_samples(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "KEPT_A_WRITE", 10)
    for number in range(100):
        failed = number < 7
        kept.buffer.add(served(number, at=NOON, status="unavailable" if failed else "ok"))
    kept.buffer.add(served(100, at=NOON, status="invalid"))
    kept.buffer.flush()
    assert len(kept.serving.scored_since(PROJECT, NAME, NOON, 200)) == 10
    figures = kept.serving.figures(PROJECT, NAME, NOON)[1]
    assert (figures.requests, figures.errors, figures.refused) == (101, 7, 1)
    assert figures.latency_p99_ms == pytest.approx(4.0, rel=0.05)


def test_new_shares_begin_figures_of_their_own(kept: Kept) -> None:
    moved = NOON + timedelta(seconds=4)
    for number in range(8):
        since = NOON - timedelta(hours=1) if number < 4 else moved
        kept.buffer.add(served(number, routed_since=since))
    # Began under the old shares, answered after the new ones came.
    kept.buffer.add(served(9, routed_since=NOON - timedelta(hours=1)))
    kept.buffer.add(served(12, routed_since=moved))
    kept.buffer.flush()
    assert kept.serving.figures(PROJECT, NAME, NOON)[1].requests == 10
    measured = CountedMeasurements(kept.serving).figures(PROJECT, NAME, moved)
    assert measured[1].requests == 5


def test_the_judge_counts_every_request_and_no_callers_fault(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "KEPT_A_WRITE", 10)
    for number in range(1_000):
        failed = number % 100 == 0
        kept.buffer.add(served(number, at=NOON, status="model_failed" if failed else "ok"))
    for number in range(50):
        kept.buffer.add(served(number, at=NOON, status="invalid"))
    kept.buffer.flush()
    measured = CountedMeasurements(kept.serving)
    figures = measured.figures(PROJECT, NAME, NOON)[1]
    assert (figures.requests, figures.errors) == (1_000, 10)
    assert figures.latency_p95_ms == pytest.approx(4.0, rel=0.05)
    assert 1 < len(measured.scores(PROJECT, NAME, NOON, 5_000)[1]) <= 10


def test_a_writers_figures_of_an_interval_replace_its_earlier_ones(kept: Kept) -> None:
    for number in range(3):
        kept.buffer.add(served(number, at=NOON))
        kept.buffer.flush()
    assert kept.serving.figures(PROJECT, NAME, NOON)[1].requests == 3
    other = FiguresAt(version=1, role="stable", at=NOON, figures=Figures(requests=4))
    with kept.database.write() as rows:
        store.put_figures(rows, "another", [(PROJECT, NAME, other)])
    assert kept.serving.figures(PROJECT, NAME, NOON)[1].requests == 7


def test_a_policy_names_the_generation_that_was_read(kept: Kept) -> None:
    first = policy(kept, share=0.5)
    assert (first.generation, first.changed_by) == (1, "oncall")
    with pytest.raises(Conflict, match="request log of 'late' was changed by someone else"):
        policy(kept, share=0.1)
    second = policy(kept, share=0.1, generation=1)
    assert kept.serving.log_policy(PROJECT, NAME) == second
    with pytest.raises(Conflict):
        policy(kept, share=0.2, generation=1)


def test_requests_can_be_asked_again(kept: Kept) -> None:
    policy(kept, share=1.0, redacted=("name",))
    both = {"dataframe_records": [{"name": "Ann", "delay": 1}, {"name": "Bob", "delay": 2}]}
    kept.buffer.add(served(0, document=both, predictions=[0.1, 0.2]))
    kept.buffer.add(served(1))
    kept.buffer.flush()
    newest, older = kept.serving.logged_rows(PROJECT, NAME, 10)
    assert newest.rows == [{"name": None, "delay": 3.5}]
    assert older.rows == [{"name": None, "delay": 1}, {"name": None, "delay": 2}]


def test_callers_are_counted_the_busiest_first(kept: Kept) -> None:
    for number in range(3):
        kept.buffer.add(served(number, caller="ann"))
    kept.buffer.add(served(5, caller="bob"))
    kept.buffer.flush()
    assert kept.serving.callers_since(PROJECT, NAME, NOON) == [
        ("ann", 3, NOON + timedelta(seconds=2)),
        ("bob", 1, NOON + timedelta(seconds=5)),
    ]


def test_what_is_old_is_removed(kept: Kept) -> None:
    policy(kept, share=1.0, keep_days=7)
    kept.buffer.add(served())
    kept.buffer.flush()
    assert kept.serving.tidy(NOON + timedelta(days=10), [(PROJECT, NAME)]) == 1
    assert kept.rows.forgotten == [(PROJECT, NAME, "2026-03-04")]
    assert kept.serving.figures(PROJECT, NAME, NOON) == {}


def test_figures_are_let_go_when_their_time_is_over() -> None:
    book = FigureBook()
    book.note(served())
    assert len(book.take(NOON)) == 1
    assert book.take(NOON) == []
    assert book.take(NOON + timedelta(minutes=1)) == []
    book.note(served())
    ((_, _, again),) = book.take(NOON + timedelta(minutes=1))
    assert again.figures.requests == 1


def test_percentiles_are_within_five_percent() -> None:
    counts: dict[int, int] = {}
    for number in range(1, 10_001):
        step = latency.step_of(number / 100)
        counts[step] = counts.get(step, 0) + 1
    for share in (0.5, 0.95, 0.99):
        assert latency.percentile(counts, share) == pytest.approx(share * 100, rel=0.051)
    assert latency.percentile({}, 0.5) is None
    assert latency.step_of(0) == latency.step_of(-1)
    assert latency.percentile({latency.step_of(1e12): 1}, 0.5) == pytest.approx(600_000, rel=0.06)


def test_a_versions_last_role_counts() -> None:
    parts = [
        FiguresAt(version=2, role=role, at=NOON + timedelta(seconds=n), figures=Figures(requests=1))
        for n, role in enumerate(["shadow", "canary"])
    ]
    found = by_version(parts)
    assert (found[2].role, found[2].requests, found[2].latency_p50_ms) == ("canary", 2, None)


@pytest.mark.parametrize(
    ("document", "count", "first"),
    [
        ({"dataframe_split": {"columns": ["a"], "data": [[1], [2]]}}, 2, {"a": 1}),
        ({"dataframe_records": [{"a": 1}, {"a": 2}]}, 2, {"a": 1}),
        ({"inputs": {"a": [1, 2]}}, 2, {"a": 1}),
        ({"inputs": {"a": 1}}, 1, {"a": 1}),
        ({"inputs": [{"a": 1}]}, 1, {"a": 1}),
        ({"inputs": [[1.0, 2.0]]}, 1, None),
        ({"entities": [{"a": 1}, {"a": 2}]}, 2, None),
        ({"dataframe_split": {"columns": "a", "data": 3}}, 1, None),
        ({}, 1, None),
    ],
)
def test_rows_are_found_in_every_format(
    document: dict[str, Any], count: int, first: dict[str, Any] | None
) -> None:
    assert rows_sent.count(document) == count
    assert rows_sent.first(document, 1) == ([] if first is None else [first])


def test_kept_values_are_short() -> None:
    row = {"a": "x" * 500, "b": [1, 2], "c": None, "d": True}
    assert rows_sent.cut(row, {"d"}) == {"a": "x" * 200, "b": "[1, 2]", "c": None}
