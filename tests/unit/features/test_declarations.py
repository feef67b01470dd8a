"""What a declaration may say, what differs between two, whom that reaches, and what it costs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.features import NOON, declaration

from octavo.records.feature_declarations import DeclaredTransformation, FeatureDeclaration
from octavo_server.adapters.feature_readers import named_in
from octavo_server.features.publishing import rules
from octavo_server.features.publishing.differences import changes_values, differences
from octavo_server.features.publishing.domain import Build, Difference, Reader

CODE = "def doubled(frame):\n    return frame\n"


def transformation(**more: Any) -> dict[str, Any]:
    return {
        "name": "doubled",
        "inputs": [{"view": "carrier_delay", "columns": ["carrier_delay_mean_24h"]}],
        "columns": [{"name": "twice", "dtype": "Float64"}],
        "mode": "pandas",
        "function": "doubled",
        "code": CODE,
        **more,
    }


def service(*columns: str, view: str = "carrier_delay", name: str = "late") -> dict[str, Any]:
    return {"name": name, "members": [{"view": view, "columns": list(columns)}]}


def changed(base: FeatureDeclaration, **more: Any) -> FeatureDeclaration:
    """Return ``base`` with fields of its first view changed."""
    view = base.views[0].model_copy(update=more)
    return base.model_copy(update={"views": [view, *base.views[1:]]})


# ---- what the wire lets in


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "x'; DROP TABLE feature_views; --",
        "a b",
        "1st",
        "",
        "d\u0435lay",
        "na\u202eme",
        "x" * 101,
        "delay\n",
    ],
)
def test_a_hostile_name_is_no_name(name: str) -> None:
    for more in (
        {"services": [service("c", name=name)]},
        {"transformations": [transformation(name=name)]},
        {"transformations": [transformation(function=name)]},
        {"push_sources": [{"name": name, "table": "carrier_delay_events"}]},
    ):
        with pytest.raises(ValidationError):
            declaration(**more)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../b", ".hidden", "a//b", "", "s3://bucket/x", "a\\b", "a/"]
)
def test_a_source_lies_inside_the_lake(path: str) -> None:
    table = {"name": "t", "path": path, "event_column": "at"}
    with pytest.raises(ValidationError):
        declaration(sources=[table])


@pytest.mark.parametrize(
    "change",
    [
        {"code": ""},
        {"code": "x" * 20_001},
        {"code": "def doubled(frame):\n    return frame  # \u202e hidden\n"},
        {"code": "a\x00b"},
        {"mode": "ray"},
        {"pickled": "gASV"},
        {"body": "gASV"},
    ],
)
def test_a_transformation_is_visible_text_and_nothing_else(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeclaredTransformation.model_validate(transformation(**change))


@pytest.mark.parametrize("ttl", [0, -1, 1.5, "6", True, float("nan"), 10**12])
def test_a_ttl_is_whole_seconds(ttl: object) -> None:
    document = declaration().model_dump()
    document["views"][0]["ttl_seconds"] = ttl
    with pytest.raises(ValidationError):
        FeatureDeclaration.model_validate(document)


# ---- what holds together


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"entities": []}, "entity carrier is not declared"),
        ({"sources": []}, "source carrier_delay_events is not declared"),
        ({"services": [service("gone")]}, "no such column"),
        ({"services": [service("x", view="gone")]}, "gone, which is not declared"),
        ({"services": [service("carrier_delay_mean_24h")] * 2}, "declared 2 times"),
        ({"push_sources": [{"name": "p", "table": "gone"}]}, "table gone is not declared"),
        (
            {"push_sources": [{"name": "carrier_delay_events", "table": "carrier_delay_events"}]},
            "has this name already",
        ),
        ({"transformations": [transformation(name="carrier_delay")]}, "has this name already"),
        ({"transformations": [transformation(name="lambda")]}, "can't be a name"),
        ({"transformations": [transformation(name="a__b")]}, "two underscores"),
        (
            {"transformations": [transformation(columns=[{"name": "a", "dtype": "Bool"}] * 2)]},
            "column a is declared 2 times",
        ),
    ],
)
def test_what_does_not_hold_together_is_said(more: dict[str, Any], said: str) -> None:
    found = rules.faults(declaration(**more))
    assert any(said in one.message for one in found), found
    assert all(one.severity == "error" for one in found)


def test_a_ttl_of_days_and_hours_is_refused() -> None:
    [one] = rules.faults(changed(declaration(), ttl_seconds=36 * 3600))
    assert "whole number of days" in one.message


def test_a_declaration_that_holds_together_has_no_fault() -> None:
    whole = declaration(
        services=[service("carrier_delay_mean_24h"), service("twice", view="doubled", name="more")],
        transformations=[transformation()],
        push_sources=[{"name": "delays", "table": "carrier_delay_events"}],
    )
    assert rules.faults(whole) == []


def test_the_digest_is_of_the_declaration_and_its_base() -> None:
    first = rules.digest_of(declaration(), "a" * 64)
    assert first == rules.digest_of(FeatureDeclaration(**declaration().model_dump()), "a" * 64)
    assert first != rules.digest_of(declaration(), "b" * 64)
    assert first != rules.digest_of(declaration(columns=("mean",)), "a" * 64)


# ---- what differs


def only(before: FeatureDeclaration, after: FeatureDeclaration) -> Difference:
    [found] = differences(before, after)
    return found


def test_the_same_has_no_difference() -> None:
    assert differences(declaration(), declaration()) == ()


def test_words_change_no_value_and_break_nobody() -> None:
    base = declaration()
    for more in ({"description": "Other words."}, {"owner": "bob"}, {"tags": {"a": "b"}}):
        found = only(base, changed(base, **more))
        assert not found.breaks
        assert not changes_values(found)


def test_a_column_that_goes_breaks_and_one_that_comes_does_not() -> None:
    base = declaration()
    less = only(base, declaration(columns=("known_at",)))
    assert less.breaks
    [gone] = less.fields
    assert (gone.field, gone.before, gone.after) == (
        "column carrier_delay_mean_24h",
        "Float64",
        None,
    )
    more = only(base, declaration(columns=("mean_24h", "known_at", "extra")))
    assert not more.breaks
    assert not changes_values(more)


def test_another_type_or_key_breaks() -> None:
    base = declaration()
    columns = [base.views[0].columns[0].model_copy(update={"dtype": "String"})]
    found = only(base, changed(base, columns=[*columns, base.views[0].columns[1]]))
    assert found.breaks
    other = declaration(entities=[{"name": "carrier", "join_key": "airline", "type": "String"}])
    assert only(base, other).breaks


def test_a_ttl_changes_values_and_breaks_nobody() -> None:
    ever = changed(declaration(), ttl_seconds=None)
    for before, after in ((declaration(), ever), (ever, declaration())):
        found = only(before, after)
        assert (found.breaks, changes_values(found)) == (False, True)


def test_a_transformation_s_text_is_shown_line_by_line() -> None:
    base = declaration(transformations=[transformation()])
    other = transformation(code=CODE.replace("frame\n", "frame * 2\n"))
    found = only(base, declaration(transformations=[other]))
    assert "-    return frame\n+    return frame * 2" in found.diff
    assert changes_values(found)


def test_the_first_declaration_is_all_new() -> None:
    found = differences(None, declaration())
    assert {(one.kind, one.what) for one in found} == {
        ("entity", "added"),
        ("source", "added"),
        ("view", "added"),
    }


def test_what_is_new_is_shown_whole() -> None:
    found = {one.kind: one for one in differences(None, declaration())}
    said = {part.field: part.after for part in found["view"].fields}
    assert said["column carrier_delay_mean_24h"] == "Float64"
    assert said["entities"] == "carrier"
    assert said["ttl_seconds"] == "21600"
    assert not any(part.breaks for part in found["view"].fields)


def test_what_breaks_comes_first() -> None:
    before = declaration("a_view", "b_view")
    after = changed(declaration("b_view"), description="Other.")
    kinds = [(one.name, one.breaks) for one in differences(before, after)]
    assert kinds == sorted(kinds, key=lambda one: not one[1])


# ---- whom it reaches


def reader(**more: Any) -> Reader:
    values = {"kind": "model", "name": "late version 3", "person": "ann", "columns": frozenset()}
    return Reader(**{**values, **more})


def test_a_model_breaks_by_the_columns_of_its_signature() -> None:
    less = differences(declaration(), declaration(columns=("known_at",)))
    hit = reader(columns=frozenset({"carrier_delay_mean_24h"}))
    missed = reader(columns=frozenset({"distance"}))
    [found] = rules.impact(less, [hit, missed])
    assert (found.name, found.breaks) == ("late version 3", True)
    assert found.why == "it reads carrier_delay_mean_24h, which is removed."


def test_a_notebook_breaks_by_the_views_and_services_that_it_names() -> None:
    before = declaration(services=[service("carrier_delay_mean_24h")])
    gone = differences(before, declaration())
    named = rules.with_columns([reader(kind="schedule", names=frozenset({"late"}))], before)
    [found] = rules.impact(gone, named)
    assert (found.kind, found.breaks) == ("schedule", True)
    assert "late, which is removed" in found.why


def test_a_service_s_reader_breaks_with_a_column_behind_it() -> None:
    before = declaration(services=[service("carrier_delay_mean_24h")])
    less = declaration(columns=("known_at",))
    named = rules.with_columns([reader(kind="release", names=frozenset({"late"}))], before)
    assert [one.breaks for one in rules.impact(differences(before, less), named)] == [True]


def test_other_values_reach_without_breaking() -> None:
    found = differences(declaration(), changed(declaration(), ttl_seconds=None))
    [one] = rules.impact(found, [reader(names=frozenset({"carrier_delay"}))])
    assert not one.breaks


def test_many_hits_are_counted() -> None:
    names = tuple(f"c{number}" for number in range(9))
    less = differences(declaration(columns=(*names, "z")), declaration(columns=("z",)))
    hit = reader(columns=frozenset(f"carrier_delay_{name}" for name in names))
    [one] = rules.impact(less, [hit])
    assert one.why.endswith("and 4 more.")


def test_what_a_notebook_names_is_read_from_its_quotes() -> None:
    source = 'store().get_historical_features(rows, features=["carrier_delay:mean", "late"])'
    document = {
        "cells": [
            {"cell_type": "code", "source": [source]},
            {"cell_type": "markdown", "source": "'never'"},
        ]
    }
    names, columns = named_in(json.dumps(document).encode())
    assert {"carrier_delay", "late"} <= names
    assert {"mean", "late"} <= columns
    assert "never" not in names


# ---- what it costs


def build(rows: int, seconds: float) -> Build:
    return Build(
        project="flights",
        snapshot="a" * 64,
        declaration=declaration(),
        loaded_rows=rows,
        load_seconds=seconds,
        at=NOON,
    )


def test_a_cost_is_what_earlier_publications_let_expect() -> None:
    both = declaration("carrier_delay", "route_delay")
    cost = rules.cost(declaration(), both, {"route_delay": 500}, [build(1000, 2.0)], 3.6)
    assert (cost.rows, cost.views, cost.seconds, cost.eur) == (500, ("route_delay",), 1.0, 0.001)
    assert cost.basis == "1000 rows took 2.0 s in the last publication."


def test_words_cost_nothing() -> None:
    base = declaration()
    cost = rules.cost(base, changed(base, owner="bob", ttl_seconds=None), {}, [], 0)
    assert (cost.rows, cost.seconds, cost.eur) == (0, 0.0, 0.0)


def test_without_a_measurement_no_time_is_made_up() -> None:
    cost = rules.cost(None, declaration(), {"carrier_delay": 7}, [build(0, 0.0)], 0)
    assert (cost.rows, cost.seconds, cost.eur) == (7, None, None)
    assert cost.basis == "Nothing was measured in this project yet."


def test_a_table_that_was_not_counted_costs_no_made_up_nothing() -> None:
    cost = rules.cost(None, declaration(), {}, [build(1000, 2.0)], 0)
    assert (cost.seconds, cost.eur) == (None, None)
    assert "once the errors are corrected" in cost.basis
