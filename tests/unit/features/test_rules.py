"""Code for notebooks, online values, and names that may become code."""

import ast
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.features import NOON, view

from octavo_server.errors import Invalid, NotFound
from octavo_server.features.catalog.rules import snippets
from octavo_server.features.publishing.rules import check_publishable, removed
from octavo_server.features.values import rules
from octavo_server.features.values.domain import StoredValue

HOSTILE = [
    "<script>alert(1)</script>",
    "x'; DROP TABLE feature_views; --",
    'delay"]); import os; os.system("id',
    "../../etc/passwd",
    "with space",
    "1st",
    "",
    "lambda",
    "d\u0435lay",  # a Cyrillic letter among Latin ones
    "delay\n",
]


def test_inserted_code_is_python_that_asks_for_the_inputs_alone() -> None:
    for snippet in snippets(view()):
        ast.parse(snippet.code)
        assert '"carrier_delay:carrier_delay_mean_24h"' in snippet.code
        assert "known_at" not in snippet.code
        assert "octavo.features import store" in snippet.code


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_not_published(name: str) -> None:
    for bad in (
        view(name, columns=("c",)),
        view(columns=(name,)),
        view(join_keys=(name,)),
        view(entities=(name,)),
        view(services=(name,)),
    ):
        with pytest.raises(Invalid):
            check_publishable([bad])


def test_plain_names_are_published() -> None:
    check_publishable([view(), view("origin_weather")])


def test_views_that_go_away_are_named() -> None:
    assert removed(("a", "b", "c"), ("b", "d")) == ["a", "c"]


@pytest.mark.parametrize(
    ("feature", "error"),
    [("carrier_delay", Invalid), ("unknown:x", NotFound), ("carrier_delay:unknown", NotFound)],
)
def test_a_feature_that_is_none_is_named(feature: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="view:feature" if error is Invalid else "unknown"):
        rules.wanted_columns({"carrier_delay": view()}, [feature])


def test_join_keys_are_taken_with_their_types() -> None:
    numbered = view(join_keys=("carrier", "number"), key_types={"number": "Int64"})
    key = rules.entity_key(numbered, {"number": 7, "carrier": "UA", "more": "x"})
    assert key == {"carrier": "UA", "number": 7}
    with pytest.raises(Invalid, match="number is a whole number"):
        rules.entity_key(numbered, {"carrier": "UA", "number": "7"})
    with pytest.raises(Invalid, match="carrier is text"):
        rules.entity_key(numbered, {"carrier": 1, "number": 7})
    with pytest.raises(Invalid, match="'carrier'"):
        rules.entity_key(numbered, {"number": 7})


@pytest.mark.parametrize(
    ("age", "text", "status", "value"),
    [
        (timedelta(hours=6), "1.5", "present", 1.5),
        (timedelta(hours=6, seconds=1), "1.5", "expired", 1.5),
        (timedelta(0), None, "null", None),
        (timedelta(0), "nan", "null", None),
        (timedelta(0), "inf", "null", None),
    ],
)
def test_an_online_value_says_what_it_is_worth(
    age: timedelta, text: str | None, status: str, value: float | None
) -> None:
    stored = StoredValue(text=text, event_at=NOON - age)
    cell = rules.cell(view(), "carrier_delay_mean_24h", stored, NOON)
    assert (cell.status, cell.value) == (status, value)


def test_an_absent_value_is_absent() -> None:
    cell = rules.cell(view(), "carrier_delay_mean_24h", None, NOON)
    assert (cell.status, cell.value, cell.event_at) == ("absent", None, None)


def test_without_a_ttl_nothing_expires() -> None:
    stored = StoredValue(text="1", event_at=datetime(1970, 1, 1, tzinfo=UTC))
    assert rules.cell(view(ttl_seconds=None), "carrier_delay_mean_24h", stored, NOON).value == 1.0


@pytest.mark.parametrize(
    ("text", "dtype", "value"),
    [
        ("7", "Int64", 7),
        ("7.25", "Float32", 7.25),
        ("True", "Bool", True),
        ("false", "Bool", False),
        ("UA", "String", "UA"),
        ("0", "UnixTimestamp", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_stored_text_becomes_a_value(text: str, dtype: str, value: object) -> None:
    assert rules.typed(text, dtype) == value
