"""The columns in memory answer as a plain walk over the runs would."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo_server.errors import Invalid
from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.filters.syntax import Field
from octavo_server.experiments.runs.index import fields, groups, matching
from octavo_server.experiments.runs.index.project import ProjectIndex, Question
from octavo_server.experiments.runs.index.table import IndexedRun

AT = datetime(2026, 1, 2, tzinfo=UTC)
NOW = AT.timestamp() + 86_400
TITLES = {"1": "late", "2": "Other"}


def indexed(run_id: str, **more: Any) -> IndexedRun:
    plain: dict[str, Any] = {
        "run_id": run_id,
        "experiment_id": "1",
        "name": "train",
        "status": "finished",
        "owner": "ada",
        "started_at": AT,
        "ended_at": AT + timedelta(minutes=1),
        "metrics": {},
        "params": {},
        "tags": {},
        "models": 0,
        "removed": False,
        "revision": 1,
    }
    return IndexedRun(**{**plain, **more})


def index_of(*runs: IndexedRun) -> ProjectIndex:
    index = ProjectIndex()
    index.take(runs, TITLES)
    return index


def found(index: ProjectIndex, text: str = "", order_by: str = "started") -> list[str]:
    order, descending = rules.order_from(order_by)
    question = Question(tree=rules.tree_of(text), order=order, descending=descending)
    return list(index.ask(question, NOW, 0, 1_000).run_ids)


NUMBERS = st.sampled_from([0.0, -1.5, 0.7, 3.0, math.nan, math.inf, -math.inf])
TEXTS = st.sampled_from(["a", "A", "5", "5.0", "10", "tree one", "<b>", "__proto__", "", "50%_\\"])
RUNS = st.lists(
    st.builds(
        indexed,
        run_id=st.integers(0, 12).map("r{:02}".format),
        experiment_id=st.sampled_from(["1", "2"]),
        name=TEXTS,
        status=st.sampled_from(["running", "finished"]),
        started_at=st.none() | st.integers(0, 3).map(lambda hours: AT + timedelta(hours=hours)),
        metrics=st.dictionaries(st.sampled_from(["auc", "val loss"]), NUMBERS),
        params=st.dictionaries(st.sampled_from(["depth", "__proto__"]), TEXTS),
        tags=st.dictionaries(st.just("team"), TEXTS),
        removed=st.sampled_from([False, False, False, True]),
    ),
    max_size=20,
)
ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def last_of_each(runs: list[IndexedRun]) -> list[IndexedRun]:
    return [run for run in {run.run_id: run for run in runs}.values() if not run.removed]


@given(RUNS, st.sampled_from(["=", "!=", *ORDERED]), NUMBERS)
@settings(deadline=None)
def test_metrics_compare_as_numbers(runs: list[IndexedRun], op: str, number: float) -> None:
    def fits(run: IndexedRun) -> bool:
        value = run.metrics.get("auc")
        if value is None:
            return False
        same = value == number or (math.isnan(value) and math.isnan(number))
        return {"=": same, "!=": not same}.get(op, ORDERED.get(op, operator.eq)(value, number))

    expected = {run.run_id for run in last_of_each(runs) if fits(run)}
    assert set(found(index_of(*runs), f"metrics.auc {op} {number}")) == expected


@given(RUNS, st.sampled_from(["=", "!=", *ORDERED, "contains"]), TEXTS)
@settings(deadline=None)
def test_parameters_compare_as_texts_where_quoted(
    runs: list[IndexedRun], op: str, text: str
) -> None:
    def fits(run: IndexedRun) -> bool:
        value = run.params.get("__proto__")
        if value is None:
            return False
        if op == "contains":
            return text.lower() in value.lower()
        return {"=": value == text, "!=": value != text}.get(
            op, ORDERED.get(op, operator.eq)(value, text)
        )

    escaped = text.replace("\\", "\\\\")
    expected = {run.run_id for run in last_of_each(runs) if fits(run)}
    assert set(found(index_of(*runs), f'params.__proto__ {op} "{escaped}"')) == expected


@given(RUNS)
@settings(deadline=None)
def test_not_and_or_are_sets(runs: list[IndexedRun]) -> None:
    index = index_of(*runs)
    everything = {run.run_id for run in last_of_each(runs)}
    one, other = "metrics.auc >= 0.7", 'tags.team in (a, "5")'
    left, right = set(found(index, one)), set(found(index, other))
    assert set(found(index, f"not ({one})")) == everything - left
    assert set(found(index, f"{one} or {other}")) == left | right
    assert set(found(index, f"{one} {other}")) == left & right
    assert set(found(index, "tags.team not in (a)")) == {
        run.run_id for run in last_of_each(runs) if run.tags.get("team", "a") != "a"
    }
    assert set(found(index, "metrics.auc exists")) == {
        run.run_id for run in last_of_each(runs) if "auc" in run.metrics
    }


@given(
    RUNS,
    st.sampled_from(["metrics.auc", "params.depth", "started", "name", "experiment", "duration"]),
    st.booleans(),
)
@settings(deadline=None)
def test_an_order_shows_every_run_once_and_those_without_a_value_last(
    runs: list[IndexedRun], field: str, descending: bool
) -> None:
    index = index_of(*runs)
    kept = {run.run_id: run for run in last_of_each(runs)}
    shown = found(index, "", ("-" if descending else "") + field)
    assert sorted(shown) == sorted(kept)
    if field == "metrics.auc":
        values = [kept[one].metrics.get("auc", math.nan) for one in shown]
        having = [value for value in values if not math.isnan(value)]
        assert having == sorted(having, reverse=descending)
        assert all(math.isnan(value) for value in values[len(having) :])
    if field == "started":
        starts = [kept[one].started_at for one in shown]
        present = [at for at in starts if at is not None]
        assert present == sorted(present, reverse=descending)
        assert starts[: len(present)] == present


def test_texts_that_are_numbers_sort_as_numbers() -> None:
    values = ["10", "9", "auto", "9.5", "-1", "Best"]
    runs = [indexed(f"r{number}", params={"C": value}) for number, value in enumerate(values)]
    order = [values[int(one[1:])] for one in found(index_of(*runs), "", "params.C")]
    assert order == ["-1", "9", "9.5", "10", "auto", "Best"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tree", ["b"]),
        ("ADA", ["a", "b"]),
        ('"C=5"', ["a"]),
        ("other", ["b"]),
        ('"team=ops" tree', ["b"]),
        ("mlflow.user", []),
        ("params.C = 5", ["a"]),
        ('params.C = "5.0"', ["a"]),
        ("params.C < 6", ["a"]),
        ('name like "%TREE%"', []),
        ('name ilike "%TREE%"', ["b"]),
        ("experiment = Other", ["b"]),
        ("experiment = 2", ["b"]),
        ("status = running", ["b"]),
        ("duration >= 60s", ["a"]),
        ("started > 30h ago and ended is null", ["b"]),
        ("started > 1h ago", []),
        ("run_id = a", ["a"]),
        ("models > 0", ["b"]),
        ("notebook like \"%late%\"", ["b"]),
    ],
)  # fmt: skip
def test_what_people_look_for(text: str, expected: list[str]) -> None:
    runs = (
        indexed("a", params={"C": "5.0"}, tags={"mlflow.user": "x"}),
        indexed(
            "b",
            experiment_id="2",
            name="tree two",
            status="running",
            ended_at=None,
            tags={"team": "ops", "octavo.notebook.path": "late.ipynb"},
            models=1,
        ),
    )
    assert found(index_of(*runs), text) == expected


def test_a_run_that_changes_is_found_by_what_it_is_now() -> None:
    index = index_of(indexed("a", metrics={"auc": 0.1, "old": 1.0}, tags={"team": "x"}))
    assert found(index, "metrics.old exists") == ["a"]
    index.take([indexed("a", metrics={"auc": 0.9}, revision=2)], TITLES)
    assert found(index, "metrics.old exists or tags.team exists") == []
    assert found(index, "metrics.auc = 0.9") == ["a"]
    index.take([indexed("a", removed=True, revision=3)], TITLES)
    assert found(index) == []
    index.take([indexed("a", revision=4)], TITLES)
    assert found(index) == ["a"]


def test_ten_thousand_names_that_one_run_each_has_stay_small() -> None:
    index = index_of(
        *(
            indexed(f"r{number:05}", metrics={f"m{number}": 1.0}, params={f"p{number}": "x"})
            for number in range(10_000)
        )
    )
    table = index._table
    held = sum(len(column._few or {}) for column in table.numbers["metric"].values())
    assert held == 10_000
    assert all(not len(column._many) for column in table.numbers["metric"].values())
    assert found(index, "metrics.m77 = 1 and params.p77 = x") == ["r00077"]


def test_a_tag_that_counts_up_leaves_no_texts_behind() -> None:
    index = index_of(indexed("a"))
    for number in range(5_000):
        index.take([indexed("a", tags={"beat": str(number)}, revision=number)], TITLES)
    assert len(index._table.texts["tag"]["beat"].values) <= 1_100
    assert found(index, "tags.beat = 4999") == ["a"]


def test_a_filter_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "LONGEST_S", -1.0)
    index = index_of(indexed("a"))
    with pytest.raises(Invalid, match="filter: it took longer than") as caught:
        found(index, 'name like "%_a%"')
    assert "contains in place of like" in caught.value.remedy


@given(
    RUNS,
    st.sampled_from(
        ["metrics.auc", "params.depth", "tags.team", "status", "started", "experiment"]
    ),
)
@settings(deadline=None)
def test_the_clause_of_a_group_finds_its_runs(runs: list[IndexedRun], by: str) -> None:
    index = index_of(*runs)
    with index.matching(Question(), NOW) as (table, mask):
        items, total = groups.grouped(
            table, mask, rules.field_from(by, "by"), ["auc", "gone"], 0, 100
        )
    assert total == len(items)
    assert sum(one.runs for one in items) == len(last_of_each(runs))
    assert [one.runs for one in items] == sorted((one.runs for one in items), reverse=True)
    for one in items:
        assert len(found(index, one.filter)) == one.runs, one
        assert set(one.metrics) <= {"auc"}


def test_fields_say_what_their_values_are() -> None:
    index = index_of(
        indexed("a", metrics={"auc": 0.5, "val loss": math.inf}, params={"C": "1"}),
        indexed("b", metrics={"auc": 0.7}, params={"C": "2", "kind": "tree"}),
        indexed("c", metrics={"auc": math.nan}, params={"kind": "tree"}, tags={"mlflow.x": "1"}),
    )
    with index.matching(Question(), NOW) as (table, mask):
        listed = fields.listed(table, "")
        facts = {one.field: one for one in (fields.facts(table, f, mask) for f, _ in listed)}
    assert [one.field for one in facts.values()][-1] == "tags.mlflow.x"
    auc, loss = facts["metrics.auc"], facts['metrics."val loss"']
    assert (auc.runs, auc.minimum, auc.maximum, auc.type) == (3, 0.5, 0.7, "number")
    assert (loss.runs, loss.minimum) == (1, None)
    assert (facts["params.C"].type, facts["params.C"].maximum) == ("number", 2.0)
    assert (facts["params.kind"].type, facts["params.kind"].examples) == ("text", ("tree",))
    assert facts["experiment"].examples == ("late",)
    with index.matching(Question(), NOW) as (table, _):
        assert [one.written for one, _ in fields.listed(table, "val l")] == ['metrics."val loss"']
        assert (Field(kind="metric", name="auc"), 3) in fields.listed(table, "AUC")


def test_the_metrics_of_an_experiment_are_its_own() -> None:
    index = index_of(
        indexed("a", metrics={"auc": 0.5, "f1": 1.0}),
        indexed("b", metrics={"auc": 0.5}),
        indexed("c", metrics={"rmse": 0.5}, experiment_id="2"),
    )
    assert index.metric_names(None, 10) == ("auc", "f1", "rmse")
    assert index.metric_names("1", 1) == ("auc",)
    assert index.metric_names("2", 10) == ("rmse",)
