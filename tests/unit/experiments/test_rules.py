"""Orders, columns, cursors, and what a row shows of a run."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo_server.errors import Invalid
from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.domain import Baseline, Run, RunStatus, point_of
from octavo_server.experiments.runs.filters.syntax import Field

AT = datetime(2026, 1, 2, tzinfo=UTC)


def run(run_id: str = "r1", **more: Any) -> Run:
    metrics = more.pop("metrics", {})
    given: dict[str, Any] = {
        "run_id": run_id,
        "project": "flights",
        "experiment_id": "1",
        "name": "train",
        "status": RunStatus.FINISHED,
        "owner": "ada",
        "started_at": AT,
        "ended_at": AT,
        "latest": {name: point_of(value, 0, AT) for name, value in metrics.items()},
        "params": {},
        "tags": {},
    }
    return Run(**{**given, **more})


@pytest.mark.parametrize(
    ("text", "kind", "name", "descending"),
    [
        ("name", "column", "name", False),
        ("-started_at", "column", "started", True),
        ("-attributes.start_time", "column", "started", True),
        ("metrics.auc", "metric", "auc", False),
        ("-metrics.a b/c", "metric", "a b/c", True),
        ('-metrics."a b"', "metric", "a b", True),
        ("params.`x,y`", "param", "x,y", False),
        ("tags.__proto__", "tag", "__proto__", False),
    ],
)
def test_orders_that_make_sense(text: str, kind: str, name: str, descending: bool) -> None:
    assert rules.order_from(text) == (Field(kind=kind, name=name), descending)


@pytest.mark.parametrize(
    "text", ["", "-", "--name", "password", "metrics.", "metrics." + "x" * 1_001, "a = 3", '"']
)
def test_orders_that_do_not(text: str) -> None:
    with pytest.raises(Invalid, match="order_by: there is no field") as caught:
        rules.order_from(text)
    assert "metrics.<name>" in caught.value.remedy


def test_columns_stand_between_commas_outside_of_quotes() -> None:
    found = rules.columns_from(['metrics.auc, params."a,b"', "tags.x", "metrics.auc"])
    assert [(one.kind, one.name) for one in found] == [
        ("metric", "auc"),
        ("param", "a,b"),
        ("tag", "x"),
    ]
    assert rules.columns_from(["cost", "name"]) == rules.columns_from(["name"])
    with pytest.raises(Invalid, match="201 columns were asked for; at most 200"):
        rules.columns_from([f"metrics.m{number}" for number in range(201)])


@given(st.text(min_size=1, max_size=60))
def test_a_field_is_read_as_it_is_written(name: str) -> None:
    field = Field(kind="param", name=name)
    assert rules.order_from(f"-{field.written}") == (field, True)


@given(st.integers(0, 10_000_000), st.text(max_size=40))
def test_a_cursor_leads_back(offset: int, run_id: str) -> None:
    assert rules.place_of(rules.cursor_of(offset, run_id)) == (offset, run_id)


@given(st.text(max_size=80))
def test_a_foreign_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        rules.place_of(text)


@pytest.mark.parametrize(
    ("filter_text", "message", "remedy"),
    [
        (
            "metrics.auc > x",
            "filter, character 15: 'x' is not a number.",
            "There may stand: a number.",
        ),
        (
            "cost > 1",
            "filter, character 1: there is no field 'cost'; is it metrics.cost, params.cost or tag",
            "There may stand: started, ended",
        ),
        ("a" * 2_001, "filter, character 2001: the filter has 2,001 characters", "Shorten"),
    ],
)
def test_a_filter_that_cannot_be_read_says_where(
    filter_text: str, message: str, remedy: str
) -> None:
    with pytest.raises(Invalid) as caught:
        rules.tree_of(filter_text)
    assert caught.value.message.startswith(message)
    assert not caught.value.message.endswith("?.")
    assert caught.value.remedy.startswith(remedy)


def test_a_row_shows_the_asked_columns_and_what_the_baseline_differs_by() -> None:
    one = run("a", metrics={"auc": 0.7, "f1": 0.5}, params={"C": "1"}, tags={"team": "x"})
    pinned = Baseline(
        experiment_id="1",
        run_id="b",
        name="best",
        pinned_by="ada",
        pinned_at=AT,
        metrics={"auc": 0.5, "f1": -1.7e308},
    )
    every = rules.row_of(one, (), pinned)
    assert (every.metrics, every.params, every.tags) == ({"auc": 0.7, "f1": 0.5}, {}, {})
    assert every.deltas["auc"] == pytest.approx(0.2)
    assert not every.baseline
    columns = rules.columns_from(["metrics.auc,params.C,tags.team,params.gone"])
    some = rules.row_of(one, columns, None)
    assert (some.metrics, some.params, some.tags) == ({"auc": 0.7}, {"C": "1"}, {"team": "x"})
    assert some.deltas == {}


def test_a_row_without_asked_columns_shows_a_bounded_number_of_metrics() -> None:
    many = run(metrics={f"m{number:05}": 1.0 for number in range(10_000)})
    assert len(rules.row_of(many, (), None).metrics) == rules.MOST_METRICS


@pytest.mark.parametrize(
    ("given_value", "value", "odd"),
    [
        (0.5, 0.5, ""),
        ("NaN", None, "nan"),
        (math.inf, None, "inf"),
        ("-Infinity", None, "-inf"),
        (1.7976931348623157e308, None, "inf"),
        (-1.7976931348623157e308, None, "-inf"),
        (None, None, "nan"),
    ],
)
def test_what_is_no_finite_number_keeps_its_name(
    given_value: object, value: float | None, odd: str
) -> None:
    point = point_of(given_value, 3, AT)
    assert (point.value, point.odd) == (value, odd)


def test_mlflow_bookkeeping_is_not_shown() -> None:
    tags = {"mlflow.user": "x", "mlflow.note.content": "why", "team": "ops"}
    assert rules.shown_tags(run(tags=tags)) == {"note": "why", "team": "ops"}


def test_the_notebook_comes_from_the_tags() -> None:
    assert run().notebook is None
    link = run(tags={"octavo.notebook.path": "a.ipynb", "octavo.notebook.sha256": "ff"}).notebook
    assert link is not None
    assert (link.path, link.digest, link.cell) == ("a.ipynb", "ff", None)


@pytest.mark.parametrize(
    ("project", "name", "title"),
    [("flights", "flights/late", "late"), ("flights", "other", "other"), ("a", "a/", "a/")],
)
def test_titles(project: str, name: str, title: str) -> None:
    assert rules.title_of(project, name) == title


def test_metrics_with_a_later_step_have_a_curve() -> None:
    latest = {"loss": point_of(1.0, 5, AT), "auc": point_of(1.0, 0, AT)}
    assert rules.stepped([run("b"), run("a", latest=latest)]) == {"loss"}
