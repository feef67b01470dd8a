"""Lists of runs as the service answers them: pages, columns, baselines, groups, completion."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.mlflow_records import FakeTracking
from tests.support.people import SCIENTIST
from tests.support.services import open_audit
from tests.unit.experiments.test_refresh import Clock
from tests.unit.experiments.test_rules import AT, run
from tests.unit.experiments.test_store import FOREIGN, LATE, OTHER

from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import Conflict, Invalid, NotFound, StillReading
from octavo_server.experiments.runs import indexes
from octavo_server.experiments.runs.actions import RunActions
from octavo_server.experiments.runs.service import ExperimentsService, Wanted
from octavo_server.experiments.runs.tagging import TagChange
from octavo_server.experiments.runs.views import ViewContent


class Room:
    """The room on the twin, with ten runs."""

    def __init__(self, folder: Path) -> None:
        self.tracking = FakeTracking([LATE, OTHER, FOREIGN])
        self.clock = Clock()
        database = self.database = MemoryDatabase()
        self.audit = open_audit(database, folder)
        self.runs = ExperimentsService(database, self.tracking, self.clock)
        self.actions = RunActions(database, self.audit, self.runs, self.tracking)
        for number in range(10):
            self.tracking.write(
                run(
                    f"{number:032x}",
                    started_at=AT + timedelta(minutes=number),
                    metrics={"auc": number / 10, "loss": math.nan if number == 3 else 1.0},
                    params={"depth": str(number % 3)},
                    tags={"team": "ops"} if number % 2 else {},
                )
            )

    def ids(self, **asked: str) -> list[int]:
        page = self.runs.page("flights", Wanted(**asked))
        return [int(row.run.run_id, 16) for row in page.items]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Give the room."""
    return Room(tmp_path)


def test_pages_go_by_offset_and_know_the_total(room: Room) -> None:
    page = room.runs.page("flights", offset=8, limit=5)
    assert [int(row.run.run_id, 16) for row in page.items] == [1, 0]
    assert (page.total, page.offset, page.next_cursor) == (10, 8, None)
    beyond = room.runs.page("flights", offset=50, limit=5)
    assert (beyond.items, beyond.total) == ((), 10)


def test_a_cursor_continues_behind_its_run_though_new_ones_came(room: Room) -> None:
    first = room.runs.page("flights", limit=4)
    room.tracking.write(run("f" * 32, started_at=AT + timedelta(days=1)))
    room.clock.advance(seconds=2)
    second = room.runs.page("flights", limit=4, cursor=first.next_cursor)
    assert [int(row.run.run_id, 16) for row in second.items] == [5, 4, 3, 2]
    assert second.offset == 5


def test_filters_words_and_orders_join(room: Room) -> None:
    assert room.ids(filter="metrics.auc >= 0.3 and params.depth = 0") == [9, 6, 3]
    assert room.ids(filter="metrics.auc >= 0.3", words="depth=0 team") == [9, 3]
    assert room.ids(order_by="metrics.auc", filter="not tags.team exists") == [0, 2, 4, 6, 8]
    assert room.ids(experiment="late", filter="metrics.auc > 0.7") == [9, 8]
    assert room.ids(experiment="other") == []
    with pytest.raises(NotFound, match="no experiment 'weather/rain'"):
        room.ids(experiment="weather/rain")


def test_rows_carry_what_the_columns_ask_for(room: Room) -> None:
    page = room.runs.page("flights", columns=["metrics.loss,params.depth", "tags.team"], offset=6)
    row = page.items[0]
    assert (row.metrics, row.params, row.tags) == ({"loss": None}, {"depth": "0"}, {"team": "ops"})
    assert row.run.odd == {"loss": "nan"}
    assert page.metrics == ("auc", "loss")


def test_a_baseline_gives_the_other_rows_their_deltas(room: Room) -> None:
    best = f"{9:032x}"
    assert room.actions.pin(SCIENTIST, "flights", best).metrics == {"auc": 0.9, "loss": 1.0}
    page = room.runs.page("flights", limit=2)
    assert [row.baseline for row in page.items] == [True, False]
    assert page.items[1].deltas["auc"] == pytest.approx(-0.1)
    assert [(one.run_id, one.pinned_by) for one in page.baselines] == [(best, "scientist")]
    room.actions.pin(SCIENTIST, "flights", f"{8:032x}")
    with pytest.raises(NotFound, match="is not the baseline of experiment 'late'"):
        room.actions.unpin(SCIENTIST, "flights", best)
    room.actions.unpin(SCIENTIST, "flights", f"{8:032x}")
    assert room.runs.page("flights").baselines == ()
    actions = [one.action for one in room.audit.entries()]
    assert actions == [
        "experiments.baseline_unpinned",
        "experiments.baseline_pinned",
        "experiments.baseline_pinned",
    ]


def test_experiments_count_their_runs(room: Room) -> None:
    (late, other), _ = room.runs.experiments("flights")
    assert (late.title, late.runs, late.live) == ("late", 10, 0)
    assert late.last_run_at == AT + timedelta(minutes=9)
    assert (other.title, other.runs, other.last_run_at) == ("other", 0, None)


def test_groups_and_fields_are_of_the_asked_runs(room: Room) -> None:
    wanted = Wanted(filter="metrics.auc > 0.05")
    groups = room.runs.groups("flights", wanted, "params.depth", ["auc"], offset=0, limit=2)
    assert [(one.value, one.runs) for one in groups.items] == [("0", 3), ("1", 3)]
    assert (groups.total, groups.runs) == (3, 9)
    assert groups.items[0].metrics["auc"].maximum == 0.9
    facts, total = room.runs.fields("flights", wanted, "auc", 10)
    assert (facts[0].runs, facts[0].minimum, total) == (9, 0.1, 1)
    with pytest.raises(Invalid, match="by: there is no field 'nothing'"):
        room.runs.groups("flights", wanted, "nothing", [], offset=0, limit=2)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("metrics.a", "metrics.auc"),
        ("metrics.auc ", "="),
        ("metrics.auc > ", "0"),
        ("params.depth = ", '"0"'),
        ("tags.team = o", '"ops"'),
        ("experiment = ", '"late"'),
        ("status = r", "running"),
        ("started > ", "1h ago"),
        ("status = failed ", "and"),
    ],
)
def test_completion_knows_the_projects_runs(room: Room, text: str, first: str) -> None:
    found = room.runs.completion("flights", None, text, 4_000)
    assert found.items[0].text == first
    assert found.end == len(text)


@pytest.mark.parametrize(
    ("text", "detail"), [("metrics.a", "metric, 10 runs"), ("tags.o", "tag, 1 run")]
)
def test_completion_counts_the_runs_that_have_a_field(room: Room, text: str, detail: str) -> None:
    room.tracking.write(run("f" * 32, tags={"odd": "1"}))
    assert room.runs.completion("flights", None, text, 100).items[0].detail == detail


def test_a_page_says_which_fields_of_its_filter_no_run_has(room: Room) -> None:
    text = 'metrics.nosuch > 1 or not (tags."no such" in (a) or params.depth exists) or x'
    page = room.runs.page("flights", Wanted(filter=text))
    assert page.nowhere == ("metrics.nosuch", 'tags."no such"')
    assert room.runs.page("flights", Wanted(filter="state = failed")).nowhere == ()


def test_completion_says_what_is_wrong(room: Room) -> None:
    found = room.runs.completion("flights", None, "metrics.auc > ", 3)
    assert found.problem is not None
    assert found.problem.position == 14
    assert [one.text for one in found.items][:1] == ["metrics.auc"]


def test_tags_change_in_bulk_and_back_again(room: Room) -> None:
    ids = tuple(f"{number:032x}" for number in range(4))
    change = TagChange(runs=(*ids, ids[0]), set={"team": "ops"}, remove=("old",))
    done = room.actions.tag(SCIENTIST, "flights", change)
    assert (done.changed, done.unchanged, done.failed) == (2, 2, ())
    assert room.ids(filter="tags.team = ops") == [9, 7, 5, 3, 2, 1, 0]
    (undo,) = done.undo
    assert undo == TagChange(runs=(ids[0], ids[2]), remove=("old", "team"))
    room.actions.tag(SCIENTIST, "flights", undo)
    assert room.ids(filter="tags.team = ops") == [9, 7, 5, 3, 1]
    entry = room.audit.entries()[1]
    assert (entry.action, entry.details["runs"]) == ("experiments.tags_changed", [ids[0], ids[2]])


def test_a_run_that_mlflow_refuses_is_named_and_the_others_change(room: Room) -> None:
    ids = tuple(f"{number:032x}" for number in range(3))
    room.runs.refresh()
    room.tracking.broken = {ids[1]}
    done = room.actions.tag(SCIENTIST, "flights", TagChange(runs=ids, set={"x": "1"}))
    assert done.changed == 2
    assert [(one.run_id, one.message) for one in done.failed] == [
        (ids[1], "MLflow does not answer.")
    ]
    assert [one.runs for one in done.undo] == [(ids[0], ids[2])]
    assert room.audit.entries()[0].action == "experiments.tags_failed"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (TagChange(runs=("a" * 32,), set={"x": "1"}), NotFound, "has no run aaaa"),
        (TagChange(runs=()), Invalid, "set and remove are both empty"),
        (TagChange(runs=(), set={"x": "1"}, remove=("x",)), Invalid, "'x' is in set too"),
        (TagChange(runs=(), set={"octavo.project": "w"}), Invalid, "can't be changed by hand"),
        (TagChange(runs=(), remove=("mlflow.user",)), Invalid, "can't be changed by hand"),
    ],
)
def test_tags_that_are_refused_change_nothing(
    room: Room, change: TagChange, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        room.actions.tag(SCIENTIST, "flights", change)
    assert room.audit.entries() == []


def content(name: str = "mine", **more: str) -> ViewContent:
    asked = {"filter": "metrics.auc > 0.7", "order_by": "-metrics.auc", **more}
    return ViewContent(
        name=name, experiment=None, columns=("metrics.auc",), pins=(), group_by=None, **asked
    )


def test_views_are_kept_changed_and_forgotten(room: Room) -> None:
    views = room.actions.views
    made = views.add(SCIENTIST, "flights", content())
    assert [one.name for one in views.listed("flights")] == ["mine"]
    assert views.listed("weather") == []
    changed = views.replace(SCIENTIST, "flights", made.view_id, content("ours"), 1)
    assert (changed.name, changed.version, changed.created_by) == ("ours", 2, "scientist")
    with pytest.raises(Conflict, match="'ours' is at version 2 and not 1: scientist changed it"):
        views.replace(SCIENTIST, "flights", made.view_id, content(), 1)
    with pytest.raises(NotFound, match="Project weather has no saved view"):
        views.delete(SCIENTIST, "weather", made.view_id)
    views.delete(SCIENTIST, "flights", made.view_id)
    assert views.listed("flights") == []
    actions = {one.action for one in room.audit.entries()}
    assert actions == {"experiments.view_saved", "experiments.view_deleted"}


def test_a_view_must_make_sense_and_its_name_is_taken_once(room: Room) -> None:
    views = room.actions.views
    views.add(SCIENTIST, "flights", content())
    with pytest.raises(Conflict, match="a view named 'mine' already"):
        views.add(SCIENTIST, "flights", content())
    with pytest.raises(Invalid, match="filter, character 15"):
        views.add(SCIENTIST, "flights", content("b", filter="metrics.auc > x"))
    with pytest.raises(Invalid, match="order_by: there is no field"):
        views.add(SCIENTIST, "flights", content("b", order_by="-nothing"))


def test_a_first_reading_under_way_is_said(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.runs.refresh()
    monkeypatch.setattr(indexes, "LONGEST_WAIT_S", 0.01)
    upkeep = indexes.Upkeep(room.database, "flights")
    with upkeep._reading, pytest.raises(StillReading) as caught:
        upkeep.at(1)
    assert caught.value.message == (
        "The runs of project flights are being read; 0 are known so far."
    )
    assert upkeep.at(1).size == 10


def test_over_the_bound_the_project_that_was_looked_at_longest_ago_is_read_anew(
    room: Room,
) -> None:
    for number in range(3):
        room.tracking.write(run(f"{number:031x}f", project="weather", experiment_id="3"))
    room.runs.refresh()
    known = indexes.Indexes(room.database, most=12)
    flights, weather = known.of("flights", 1), known.of("weather", 1)
    assert (flights.size, weather.size) == (10, 3)
    assert known.of("weather", 1) is weather
    again = known.of("flights", 1)
    assert again is not flights, "13 runs are over the bound of 12"
    assert again.size == 10
    assert known.of("flights", 1) is again, "what was asked for last stays"
    assert known.of("weather", 1) is not weather
    roomy = indexes.Indexes(room.database, most=13)
    assert [roomy.of("flights", 1), roomy.of("weather", 1)] == [
        roomy.of("flights", 1),
        roomy.of("weather", 1),
    ]
    small = indexes.Indexes(room.database, most=1)
    assert small.of("flights", 1) is small.of("flights", 1), "alone it stays, however large"


def test_who_looks_never_waits_for_an_mlflow_that_was_just_asked(room: Room) -> None:
    watched = ExperimentsService(room.database, room.tracking, room.clock, followed=True)
    assert watched.page("flights").total == 10
    room.tracking.write(run("f" * 32))
    room.clock.advance(seconds=2)
    deadline = time.monotonic() + 10
    while watched.page("flights").total != 11:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    room.tracking.away = True
    room.clock.advance(minutes=5)
    while watched.page("flights").fresh.stale is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert watched.page("flights").total == 11
