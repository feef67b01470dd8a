"""Orders, cursors, filters and comparisons of runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo_server.errors import Invalid
from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.domain import Order, Point, Position, Run, RunStatus

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
        "latest": {name: Point(step=0, at=AT, value=value) for name, value in metrics.items()},
        "params": {},
        "tags": {},
    }
    return Run(**{**given, **more})


def in_utc(at: datetime) -> str:
    return at.replace(tzinfo=UTC).isoformat()


@pytest.mark.parametrize("text", ["name", "-started_at", "metrics.auc", "-metrics.a b/c"])
def test_orders_that_make_sense(text: str) -> None:
    order = rules.order_from(text)
    assert ("-" if order.descending else "") + order.key == text


@pytest.mark.parametrize(
    "text", ["", "-", "--name", "password", "metrics.", "metrics." + "x" * 251]
)
def test_orders_that_do_not(text: str) -> None:
    with pytest.raises(Invalid, match="order_by"):
        rules.order_from(text)


@given(
    st.one_of(
        st.tuples(st.just("-started_at"), st.none() | st.datetimes().map(in_utc)),
        st.tuples(st.just("name"), st.text(max_size=40)),
        st.tuples(
            st.just("-metrics.auc"), st.none() | st.floats(allow_nan=False, allow_infinity=False)
        ),
    ),
    st.text(max_size=40),
)
def test_a_cursor_leads_back(case: tuple[str, str | float | None], run_id: str) -> None:
    order = rules.order_from(case[0])
    position = Position(value=case[1], run_id=run_id)
    assert rules.position_from(rules.cursor_of(order, position), order) == position


@pytest.mark.parametrize(
    ("order_by", "value"),
    [("started_at", "soon"), ("started_at", "2026-01-02"), ("name", 3), ("metrics.auc", "x")],
)
def test_a_cursor_of_another_kind_of_value_is_refused(order_by: str, value: str | float) -> None:
    order = rules.order_from(order_by)
    with pytest.raises(Invalid):
        rules.position_from(rules.cursor_of(order, Position(value=value, run_id="r")), order)


@given(st.text(max_size=80))
def test_a_foreign_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        rules.position_from(text, Order(key="name", descending=False))


def test_a_cursor_of_another_order_is_refused() -> None:
    order = rules.order_from("name")
    cursor = rules.cursor_of(order, Position(value="a", run_id="r"))
    with pytest.raises(Invalid):
        rules.position_from(cursor, rules.order_from("-name"))


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
