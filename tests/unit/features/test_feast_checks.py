"""Checks of declarations take turns, and the same question is answered once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.features import declaration

from octavo.records.feature_declarations import DeclaredPushSource, FeatureDeclaration
from octavo_server.adapters import feast_check, feast_leaks
from octavo_server.adapters.feast_checks import KEEP_S, Checks
from octavo_server.errors import Unavailable
from octavo_server.features.publishing.domain import Checked

DEADLINE_S = 20.0


class Engine:
    """Counts what it checks; waits inside until it is let go on."""

    def __init__(self, *, held: bool = False) -> None:
        self.asked: list[FeatureDeclaration] = []
        self.entered, self.go = threading.Event(), threading.Event()
        if not held:
            self.go.set()

    def check(self, wanted: FeatureDeclaration, lake: Path) -> Checked:
        self.asked.append(wanted)
        self.entered.set()
        assert self.go.wait(DEADLINE_S)
        return Checked(findings=(), leaks=(), rows={"n": len(self.asked)})


def test_the_same_question_is_answered_once_while_nothing_changed(tmp_path: Path) -> None:
    engine, now = Engine(), [0.0]
    checks = Checks(engine.check, clock=lambda: now[0])
    first = checks.check(declaration(), tmp_path)
    assert checks.check(declaration(), tmp_path) == first
    assert checks.check(declaration("other"), tmp_path) != first
    (tmp_path / "new.parquet").write_bytes(b"rows")
    assert checks.check(declaration(), tmp_path) != first
    now[0] = KEEP_S
    checks.check(declaration(), tmp_path)
    assert len(engine.asked) == 4


def test_two_who_ask_the_same_at_once_cost_one_check(tmp_path: Path) -> None:
    engine = Engine(held=True)
    checks = Checks(engine.check)
    with ThreadPoolExecutor(2) as people:
        found = [people.submit(checks.check, declaration(), tmp_path) for _ in range(2)]
        assert engine.entered.wait(DEADLINE_S)
        engine.go.set()
        assert found[0].result() == found[1].result()
    assert len(engine.asked) == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda check: Checks(check, wait_s=0.01), r"kept this one waiting for 0\.01 s"),
        (lambda check: Checks(check, most_waiting=1), "are waiting already"),
    ],
)
def test_one_project_checks_one_declaration_at_a_time(
    tmp_path: Path, make: Callable[[object], Checks], said: str
) -> None:
    engine = Engine(held=True)
    checks = make(engine.check)
    with ThreadPoolExecutor(1) as other:
        running = other.submit(checks.check, declaration(), tmp_path)
        assert engine.entered.wait(DEADLINE_S)
        try:
            with pytest.raises(Unavailable, match=said):
                checks.check(declaration("other"), tmp_path)
        finally:
            engine.go.set()
        assert running.result()
    assert checks.check(declaration("other"), tmp_path), "a turn comes back"


def test_a_failed_check_gives_its_turn_back_and_is_not_kept(tmp_path: Path) -> None:
    said = ["broken"]

    def check(wanted: FeatureDeclaration, lake: Path) -> Checked:
        if said:
            raise Unavailable(said.pop(), "x")
        return Checked(findings=(), leaks=(), rows={})

    checks = Checks(check)
    with pytest.raises(Unavailable, match="broken"):
        checks.check(declaration(), tmp_path)
    assert checks.check(declaration(), tmp_path).leaks == ()


def test_views_of_one_table_cost_one_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def described(place: Path) -> tuple[pa.Schema, int]:
        looked.append(place.name)
        return pq.read_schema(place), 1

    def of_view(*given: object) -> list[str]:
        looked.append("leaks")
        return ["too early"]

    monkeypatch.setattr(feast_check, "described", described)
    monkeypatch.setattr(feast_leaks, "of_view", of_view)
    wanted = declaration()
    [one], [first] = wanted.sources, wanted.views
    views = [first.model_copy(update={"name": name}) for name in ("first", "second", "third")]
    wanted = wanted.model_copy(update={"views": views})
    at = pa.array([0], pa.timestamp("us", "UTC"))
    names = {"carrier": pa.array(["UA"]), one.event_column: at}
    names |= {one.created_column: at} if one.created_column else {}
    for column in views[0].columns:
        names[column.name] = at if column.dtype == "UnixTimestamp" else pa.array([1.0])
    (tmp_path / one.path).parent.mkdir(parents=True)
    pq.write_table(pa.table(names), tmp_path / one.path)
    answer = feast_check.check(wanted, tmp_path)
    assert [found for found in answer["findings"] if found["severity"] == "error"] == []
    assert looked == [Path(one.path).name, "leaks"]
    assert answer["leaks"] == ["too early"] * 3
    assert answer["rows"] == dict.fromkeys(("first", "second", "third"), 1)


def test_rows_can_be_pushed_to_a_folder_alone(tmp_path: Path) -> None:
    wanted = declaration()
    [table], [view] = wanted.sources, wanted.views
    pushed = wanted.model_copy(
        update={
            "push_sources": [DeclaredPushSource(name="live", table=table.name)],
            "views": [view.model_copy(update={"source": "live"})],
        }
    )
    (tmp_path / table.path).parent.mkdir(parents=True)
    pq.write_table(pa.table({"carrier": ["UA"]}), tmp_path / table.path)
    said = (
        "curated/carrier_delay is one file: only a folder of Parquet files takes pushed rows: "
        "write it as one, or leave out the push source live."
    )
    for asked, expected in ((pushed, [said]), (wanted, [])):
        found = feast_check.check(asked, tmp_path)["findings"]
        assert [one["message"] for one in found if "one file" in one["message"]] == expected
