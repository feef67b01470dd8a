"""Why a value is missing, what came too early, and the code that a notebook gets."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.features import NOON, FakeJoin, FakeOnlineStore, view

from octavo_server.errors import Invalid, NotFound
from octavo_server.features.values import code, explaining
from octavo_server.features.values.code import LiveFrame
from octavo_server.features.values.domain import Met, StoredValue
from octavo_server.features.values.previews import OwnKeys, OwnRows, Previews, by_view

VIEW = view()
MEAN, KNOWN = "carrier_delay_mean_24h", "carrier_delay_known_at"
HOUR = timedelta(hours=1)


def met(**more: object) -> Met:
    values: dict[str, object] = {
        "met": 3,
        "first_event": NOON - 90 * HOUR,
        "newest_event": NOON - HOUR,
        "late_event": None,
        "late_created": None,
        "event": NOON - HOUR,
        "created": NOON - HOUR + timedelta(minutes=5),
        "values": ("1.5", (NOON - HOUR).isoformat()),
    }
    return Met(**{**values, **more})  # type: ignore[arg-type]


NOTHING = met(event=None, created=None, values=(None, None))


@pytest.mark.parametrize(
    ("found", "keyed", "at", "reason", "detail"),
    [
        (NOTHING, False, NOON, "no_key", "The row has no carrier."),
        (NOTHING, True, None, "no_time", "The row has no time to join as of."),
        (
            replace(NOTHING, met=0, first_event=None, newest_event=None),
            True, NOON, "no_such_key", "carrier_delay has no row with this carrier.",
        ),
        (
            replace(NOTHING, first_event=NOON + 26 * HOUR),
            True, NOON, "before_first_event",
            "The first event is of 2026-03-02 14:00:00 UTC, 1 d 2 h later.",
        ),
        (
            replace(NOTHING, late_event=NOON - HOUR, late_created=NOON + timedelta(seconds=90)),
            True, NOON, "not_materialised",
            (
                "The value of 2026-03-01 11:00:00 UTC could be read from 2026-03-01 12:01:30 UTC "
                "on, 1 min 30 s later."
            ),
        ),
        (
            replace(NOTHING, newest_event=None),
            True, NOON, "not_materialised",
            "What had happened by then was never marked as readable.",
        ),
        (
            replace(NOTHING, newest_event=NOON - 9 * HOUR),
            True, NOON, "outside_ttl",
            "The newest value is of 2026-03-01 03:00:00 UTC, 9 h before; it is valid for 6 h.",
        ),
        (
            met(values=(None, None)), True, NOON, "null_in_source",
            "The row of 2026-03-01 11:00:00 UTC holds nothing.",
        ),
        (
            met(values=("nan", None)), True, NOON, "not_a_number",
            "The row of 2026-03-01 11:00:00 UTC holds nan.",
        ),
    ],
)  # fmt: skip
def test_every_missing_value_has_its_reason(
    found: Met, keyed: bool, at: datetime | None, reason: str, detail: str
) -> None:
    cell = explaining.cell(VIEW, MEAN, 0, found, at, keyed)
    assert (cell.value, cell.reason, cell.detail) == (None, reason, detail)
    assert explaining.words(reason, VIEW)


def test_a_reason_in_words_names_the_ttl() -> None:
    assert explaining.words("outside_ttl", VIEW) == "outside TTL (6 h)"
    assert explaining.words("no_such_key", VIEW) == "no such key"


@pytest.mark.parametrize(
    ("text", "dtype", "value"),
    [
        ("9007199254740993", "Int64", "9007199254740993"),
        ("-12", "Int32", -12),
        ("3.0", "Int64", 3),
        ("0.30000000000000004", "Float64", 0.30000000000000004),
        ("inf", "Float64", "∞"),
        ("-inf", "Float64", "-∞"),
        ("true", "Bool", True),
        ("2013-06-01 12:00:00.5+00", "UnixTimestamp", "2013-06-01T12:00:00.500000+00:00"),
        ("0", "UnixTimestamp", "1970-01-01T00:00:00+00:00"),
        ("x" * 2000, "String", "x" * 1000),
        (None, "String", None),
    ],
)
def test_values_survive_the_way_to_a_browser(text: str | None, dtype: str, value: object) -> None:
    assert explaining.shown(text, dtype) == value


def test_a_value_newer_than_its_row_is_a_leak_by_each_clock() -> None:
    rows = [
        (met(values=("1.5", (NOON + HOUR).isoformat())), NOON),
        (met(event=NOON + 2 * HOUR, created=NOON + 3 * HOUR), NOON),
        (met(), NOON),
        (NOTHING, None),
    ]
    found = explaining.leaks(VIEW, [(KNOWN, 1)], rows)
    assert [(leak.feature, leak.rows) for leak in found] == [
        ("carrier_delay:event_timestamp", 1),
        ("carrier_delay:created_timestamp", 1),
        ("carrier_delay:carrier_delay_known_at", 1),
    ]
    assert found[2].detail == (
        "A row of 2026-03-01 12:00:00 UTC uses what became known 1 h later "
        "(2026-03-01 13:00:00 UTC)."
    )
    assert explaining.leaks(VIEW, [(KNOWN, 1)], [(met(), NOON)]) == []


def previews(*found: Met) -> Previews:
    online = FakeOnlineStore({("carrier_delay", "UA", MEAN): StoredValue(text="1", event_at=NOON)})
    return Previews(FakeJoin({"carrier_delay": list(found)}), online)


def own(*carriers: str | None, kind: str = "text") -> OwnRows:
    return OwnRows(
        keys={"carrier": OwnKeys(kind=kind, values=carriers)}, times=[NOON] * len(carriers)
    )


def test_rows_are_counted_by_reason_and_keys_by_what_is_online(tmp_path: Path) -> None:
    views = {"carrier_delay": VIEW}
    asked = [f"carrier_delay:{MEAN}"]
    stranger = replace(NOTHING, met=0, first_event=None)
    joined = previews(met(), NOTHING, stranger, met()).preview(
        by_view(views, asked), asked, own("UA", "AA", "ZZ", None), tmp_path, tmp_path
    )
    [feature] = joined.features
    assert (feature.nulls, feature.null_rate) == (2, 0.5)
    assert {one.reason: one.rows for one in feature.reasons} == {
        "outside_ttl": 1,
        "no_such_key": 1,
    }
    [one] = joined.views
    assert (one.keys_known, one.keys_online, one.proofs) == (2, 1, (KNOWN,))
    assert [row.cells[0].value for row in joined.rows] == [1.5, None, None, 1.5]


def test_keys_of_another_kind_are_refused_with_an_example(tmp_path: Path) -> None:
    asked = [f"carrier_delay:{MEAN}"]
    wanted = by_view({"carrier_delay": VIEW}, asked)
    with pytest.raises(Invalid, match="carrier holds whole numbers in your rows") as refused:
        previews().preview(wanted, asked, own("12", kind="integer"), tmp_path, tmp_path)
    assert refused.value.message.endswith("('12'), text in carrier_delay.")
    with pytest.raises(Invalid, match="keys: carrier_delay needs carrier"):
        previews().preview(wanted, asked, OwnRows(keys={}, times=[NOON]), tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("feature", "error"),
    [("carrier_delay", Invalid), ("none:x", NotFound), ("carrier_delay:x", NotFound)],
)
def test_unknown_features_are_refused(feature: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="features: "):
        by_view({"carrier_delay": VIEW}, [feature])


def frame(**more: object) -> LiveFrame:
    values: dict[str, object] = {
        "name": "flights", "library": "pandas", "keys": {"carrier": "airline"}, "time": "sched",
        "index": False,
    }  # fmt: skip
    return LiveFrame(**{**values, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("index", [True, False])
def test_code_for_a_frame_is_python_whatever_its_columns_are_called(
    library: str, index: bool
) -> None:
    hostile = '"]); import os  # \u202e\n\\'
    given = frame(library=library, index=index, keys={"carrier": hostile}, time="größe")
    said = code.historical(code.listed(["a:b"]), ["carrier"], "flights_features", given)
    tree = ast.parse(said)
    assert [type(one).__name__ for one in tree.body] == ["ImportFrom", "Assign", "Expr"]
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert hostile in texts
    assert "\u202e" not in said
    assert "größe" in said


def test_code_without_a_frame_says_what_it_needs() -> None:
    said = code.historical(code.named("flights_late"), ["carrier", "origin"], "x_features", None)
    ast.parse(said)
    assert "# entity_df: a pandas frame with carrier, origin, event_timestamp (UTC)" in said
    assert 'features="flights_late"' in said
    ast.parse(code.online(code.listed(["a:b"]), ["carrier"]))


def test_lengths_of_time_are_said_in_two_units() -> None:
    assert explaining.span(timedelta(seconds=0)) == "0 s"
    assert explaining.span(timedelta(days=3, hours=2, minutes=59)) == "3 d 2 h"
    assert explaining.span(timedelta(days=3, minutes=59)) == "3 d"
    assert explaining.moment(datetime(2024, 1, 1, tzinfo=UTC)) == "2024-01-01 00:00:00 UTC"
