"""Pushed rows: columns, types, times, rates."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.support.features import column, view
from tests.support.materialization import pushed_view

from octavo.records.features import OnlineRequest
from octavo.records.materialization import PushRequest
from octavo_server.errors import Invalid
from octavo_server.features.catalog.domain import Column
from octavo_server.features.materialization import push_rules
from octavo_server.features.materialization.push_rules import Bucket, Shape

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHAPE = Shape(
    event_column="at",
    keys={"carrier": "String"},
    features={
        "mean": "Float64",
        "small": "Float32",
        "count": "Int64",
        "few": "Int32",
        "late": "Bool",
        "note": "String",
        "known": "UnixTimestamp",
    },
)
ROW: dict[str, Any] = {
    "at": "2026-03-01T13:00:00+02:00",
    "carrier": "UA",
    "mean": 1.5,
    "small": 0.5,
    "count": 3,
    "few": -3,
    "late": True,
    "note": "ok",
    "known": "2026-03-01T10:00:00Z",
}


def refused(**changes: Any) -> str:
    with pytest.raises(Invalid) as error:
        push_rules.checked([ROW, {**ROW, **changes}], SHAPE, NOON)
    return error.value.message


def test_a_row_is_taken_with_its_times_in_utc() -> None:
    [row] = push_rules.checked([ROW], SHAPE, NOON)
    assert row == {
        **ROW,
        "at": "2026-03-01T11:00:00+00:00",
        "known": "2026-03-01T10:00:00+00:00",
    }
    assert push_rules.event_time(row, "at") == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_rows_come_out_in_the_order_of_their_events() -> None:
    times = ["2026-03-01T10:00:00Z", "2026-03-01T12:30:00+02:00", "2026-03-01T09:00:00Z"]
    rows = push_rules.checked([{**ROW, "at": one} for one in times], SHAPE, NOON)
    assert [row["at"] for row in rows] == [
        "2026-03-01T09:00:00+00:00",
        "2026-03-01T10:00:00+00:00",
        "2026-03-01T10:30:00+00:00",
    ]


def test_whole_numbers_are_numbers_and_a_missing_value_is_null() -> None:
    [row] = push_rules.checked([{**ROW, "mean": 2, "count": None}], SHAPE, NOON)
    assert (row["mean"], type(row["mean"]), row["count"]) == (2.0, float, None)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("mean", "1.5", "'1.5' is not a finite number"),
        ("mean", True, "True is not a finite number"),
        ("mean", float("nan"), "nan is not a finite number"),
        ("mean", float("inf"), "inf is not a finite number"),
        ("mean", 10**400, "is not a finite number"),
        ("small", 1e300, "1e+300 is not a finite number"),
        ("count", 1.5, "1.5 is not a whole number of 64 bits"),
        ("count", True, "True is not a whole number of 64 bits"),
        ("count", 2**63, "is not a whole number of 64 bits"),
        ("few", 2**31, "is not a whole number of 32 bits"),
        ("late", 1, "1 is not true or false"),
        ("note", 5, "5 is not text"),
        ("known", "yesterday", "'yesterday' is not a time with its zone"),
        ("at", "2026-03-01T11:00:00", "is not a time with its zone"),
        ("at", 1772362800, "1772362800 is not a time with its zone"),
        ("at", None, "None is not a time with its zone"),
        ("at", "0001-01-01T00:00:00+14:00", "is not a time with its zone"),
        ("at", "1969-12-31T00:00:00Z", "is not a time after 1970-01-02"),
        ("carrier", " ", "' ' is not visible text"),
        ("carrier", "\u202eAU", r"'\u202eAU' is not visible text"),
    ],
)
def test_a_value_of_another_type_is_refused_by_row_and_column(
    name: str, value: object, said: str
) -> None:
    message = refused(**{name: value})
    assert message.startswith(f"rows: row 2, {name}: ")
    assert said in message
    assert len(message) < 300


@pytest.mark.parametrize("value", [math.inf, [], {"a": 1}])
def test_what_no_column_holds_is_refused_in_one_sentence(value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        PushRequest.model_validate({"push_source": "landings", "rows": [{"mean": value}]})
    [error] = refused.value.errors()
    assert error["loc"] == ("rows", 0, "mean")
    assert error["msg"] == "it must be text, a finite number, true, false or null"


@pytest.mark.parametrize("value", [None, True, 1.5])
def test_what_no_join_key_is_is_refused_in_one_sentence(value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        OnlineRequest.model_validate({"features": ["a:b"], "entities": [{"carrier": value}]})
    [error] = refused.value.errors()
    assert error["loc"] == ("entities", 0, "carrier")
    assert error["msg"] == "it must be text or a whole number"


def test_an_event_in_the_future_is_refused() -> None:
    assert "the event time 2026-03-01T12:00:06+00:00, which is in the future" in refused(
        at="2026-03-01T12:00:06Z"
    )
    push_rules.checked([{**ROW, "at": "2026-03-01T12:00:05Z"}], SHAPE, NOON)


def test_columns_too_many_or_too_few_are_refused() -> None:
    assert refused(__proto__=1) == "rows: row 2 has an unknown column '__proto__'."
    assert len(refused(**{"x" * 1_000_000: 1})) < 200
    with pytest.raises(Invalid, match="row 1 lacks the column late"):
        push_rules.checked([{k: v for k, v in ROW.items() if k != "late"}], SHAPE, NOON)
    assert refused(carrier=None) == "rows: row 2 has no carrier."


def test_a_text_of_a_megabyte_is_refused() -> None:
    message = refused(note="x" * 1_000_000)
    assert message == (
        "rows: row 2, note: the text has 1,000,000 characters; at most 65,536 are taken."
    )


@given(st.dictionaries(st.sampled_from(sorted(ROW)), st.from_type(object)))
def test_nothing_but_a_clear_refusal_comes_of_any_value(changes: dict[str, Any]) -> None:
    row = {**ROW, **changes}
    try:
        [found] = push_rules.checked([row], SHAPE, NOON)
    except Invalid:
        return
    json.dumps(found, allow_nan=False)


def test_the_shape_is_that_of_all_views_behind_a_source() -> None:
    shape = push_rules.shape([pushed_view(), view("more", columns=("more_mean",))])
    assert shape.columns == {"event_timestamp", "carrier", "origin_weather_mean", "more_mean"}


def test_a_type_that_can_not_be_pushed_is_named() -> None:
    vector = Column(name="vector", dtype="Array(Float32)", description="", tags={}, statistics=None)
    held = view(columns=("a_mean",))
    odd = type(held)(**{**vars(held), "features": (column("a_mean"), vector)})
    with pytest.raises(Invalid, match=r"column vector has the type Array\(Float32\)"):
        push_rules.shape([odd])


def test_a_bucket_fills_up_by_the_second() -> None:
    bucket: Bucket | None = None
    for _ in range(10):
        bucket, wait = push_rules.take(bucket, 1, 5.0, 10.0, 100.0)
        assert wait == 0
    bucket, wait = push_rules.take(bucket, 1, 5.0, 10.0, 100.0)
    assert wait == pytest.approx(0.2)
    bucket, wait = push_rules.take(bucket, 1, 5.0, 10.0, 100.2)
    assert wait == 0
    _, wait = push_rules.take(bucket, 1, 5.0, 10.0, 50.0)  # a clock that goes back gives nothing
    assert wait == pytest.approx(0.2)


def test_future_is_what_the_clock_of_a_sender_may_be_ahead() -> None:
    assert timedelta(0) < push_rules.FUTURE <= timedelta(seconds=10)
