"""Rows put together from entity keys, what was sent, and newest feature values."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from tests.support.routing import open_routed
from tests.support.services import NOON

from octavo_server.deployments.serving import joining
from octavo_server.deployments.serving.inputs import FeatureInputs
from octavo_server.deployments.serving.joining import InputPlan, Missing
from octavo_server.errors import Invalid, TooLarge
from octavo_server.features.catalog.domain import Column, Freshness, Source
from octavo_server.features.values.service import Cell, ValuesService, View
from octavo_server.registry.versions.service import VersionsService

INPUTS = [{"name": name} for name in ("carrier", "distance", "delay_24h", "flights_24h")]


def a_view(name: str, *columns: str, online: bool = True, services: tuple[str, ...] = ()) -> View:
    return View(
        project="flights",
        snapshot="s1",
        name=name,
        description="",
        owner="ann",
        tags={},
        entities=("carrier",),
        join_keys=("carrier",),
        key_types={"carrier": "String"},
        ttl_seconds=None,
        features=tuple(
            Column(name=one, dtype="Float64", description="", tags={}, statistics=None)
            for one in columns
        ),
        source=Source(
            name=name, path="", description="", event_column="at", created_column=None,
            rows=None, sha256=None,
        ),
        services=services,
        freshness=Freshness(newest_event_at=None, materialized_until=None, checked_at=NOON),
        online=online,
    )  # fmt: skip


CARRIER = a_view("carrier_delay", "delay_24h", "flights_24h", services=("flights_late",))


def a_plan(*views: View, trained_with: Sequence[str] = ()) -> InputPlan:
    return joining.input_plan(INPUTS, views or (CARRIER,), trained_with)


def present(value: Any) -> Cell:
    return Cell(value=value, status="present", event_at=NOON)


def test_inputs_are_found_by_their_names() -> None:
    plan = a_plan()
    assert plan.columns == ("carrier", "distance", "delay_24h", "flights_24h")
    assert {name: (view.name, one) for name, (view, one) in plan.features.items()} == {
        "delay_24h": ("carrier_delay", "delay_24h"),
        "flights_24h": ("carrier_delay", "flights_24h"),
    }


def test_the_views_of_the_training_run_win() -> None:
    other = a_view("airport_delay", "delay_24h")
    assert a_plan(CARRIER, other).unclear == {"delay_24h": ("airport_delay", "carrier_delay")}
    plan = a_plan(CARRIER, other, trained_with=["airport_delay"])
    assert plan.features["delay_24h"][0].name == "airport_delay"
    assert plan.unclear == {}


def test_a_full_feature_name_is_clear() -> None:
    inputs = [{"name": "carrier_delay__delay_24h"}]
    other = a_view("airport_delay", "delay_24h")
    plan = joining.input_plan(inputs, [CARRIER, other], ())
    assert plan.features["carrier_delay__delay_24h"] == (CARRIER, "delay_24h")


def test_a_view_that_is_not_online_holds_nothing() -> None:
    assert a_plan(a_view("carrier_delay", "delay_24h", online=False)).features == {}


def test_rows_are_joined_in_the_models_order() -> None:
    asked = joining.asked(
        {"entities": [{"carrier": "UA"}, {"carrier": "XX"}],
         "dataframe_records": [{"distance": 1}, {"distance": 2}]}
    )  # fmt: skip
    plan = a_plan()
    wanted = joining.looked_up(plan, asked)
    assert sorted(wanted) == ["delay_24h", "flights_24h"]
    cells: list[Mapping[str, Cell]] = [
        {"carrier_delay:delay_24h": present(0.5), "carrier_delay:flights_24h": present(7)},
        {
            "carrier_delay:delay_24h": Cell(value=None, status="absent", event_at=None),
            "carrier_delay:flights_24h": Cell(value=3, status="expired", event_at=NOON),
        },
    ]
    body, missing = joining.joined(plan, asked, wanted, cells)
    assert body["dataframe_split"] == {
        "columns": ["carrier", "distance", "delay_24h", "flights_24h"],
        "data": [["UA", 1, 0.5, 7], ["XX", 2, None, None]],
    }
    assert missing == [
        Missing(row=1, column="delay_24h", why="absent"),
        Missing(row=1, column="flights_24h", why="expired"),
    ]


def test_what_is_sent_stays_as_sent() -> None:
    asked = joining.asked(
        {"entities": [{"carrier": "UA"}],
         "dataframe_split": {"columns": ["delay_24h", "odd"], "data": [[9.0, 1]]}}
    )  # fmt: skip
    plan = a_plan()
    wanted = joining.looked_up(plan, asked)
    assert sorted(wanted) == ["flights_24h"]
    body, _ = joining.joined(plan, asked, wanted, [{"carrier_delay:flights_24h": present(7)}])
    assert body["dataframe_split"] == {
        "columns": ["carrier", "delay_24h", "flights_24h", "odd"],
        "data": [["UA", 9.0, 7, 1]],
    }


def test_an_unclear_input_has_to_be_sent() -> None:
    plan = a_plan(CARRIER, a_view("airport_delay", "delay_24h"))
    asked = joining.asked({"entities": [{"carrier": "UA"}]})
    with pytest.raises(Invalid, match="several views hold the input 'delay_24h': airport_delay"):
        joining.looked_up(plan, asked)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"entities": []}, "send a list of objects"),
        ({"entities": {"carrier": "UA"}}, "send a list of objects"),
        ({"entities": [{"a": 1}, {"b": 1}]}, "number 1 has other keys than number 0"),
        ({"entities": [{"a": 1}, 3]}, "number 1 has other keys"),
        ({"entities": [{"a": 1.5}]}, "a of number 0 is '1.5'"),
        ({"entities": [{"a": True}]}, "a of number 0 is 'True'"),
        ({"entities": [{"a": 1}], "inputs": [1]}, "can't be sent together with 'inputs'"),
        ({"entities": [{"a": 1}], "dataframe_records": [{}, {}]}, "1 of them came with 2 rows"),
        ({"entities": [{"a": 1}], "dataframe_records": [{"x": 1}, {"y": 1}]}, "same columns"),
        ({"entities": [{"a": 1}], "dataframe_records": {"x": 1}}, "no list of objects"),
        ({"entities": [{"a": 1}], "dataframe_split": {"columns": [1]}}, "no object of columns"),
        ({"entities": [{"a": 1}], "dataframe_split": [1]}, "no object of columns"),
        (
            {"entities": [{"a": 1}], "dataframe_split": {"columns": ["x"], "data": [[1, 2]]}},
            "a row has another length than 1",
        ),
        (
            {"entities": [{"a": 1}], "dataframe_split": {}, "dataframe_records": []},
            "2 of dataframe_split, dataframe_records",
        ),
    ],
)
def test_what_is_out_of_shape_is_refused_with_words(document: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid, match=told):
        joining.asked(document)


def test_too_many_entities_are_refused() -> None:
    with pytest.raises(TooLarge, match="1,001 were sent, 1,000 are allowed"):
        joining.asked({"entities": [{"a": 1}] * 1_001})


@dataclass
class Values:
    """Stands in for the online store: one carrier."""

    reads: list[list[str]] = field(default_factory=list)

    def views(self, _project: str) -> dict[str, View]:
        return {"carrier_delay": CARRIER, "airport_delay": a_view("airport_delay", "delay_24h")}

    def newest(
        self, project: str, wanted: Sequence[tuple[View, str]], entities: Sequence[Any]
    ) -> list[dict[str, Cell]]:
        self.reads.append([f"{view.name}:{column}" for view, column in wanted])
        return [{name: present(0.25) for name in self.reads[-1]} for _ in entities]


def test_a_request_by_entity_reaches_the_scorer_as_rows() -> None:
    registered = SimpleNamespace(
        origin={"features": {"views": [], "services": ["flights_late"]}},
        packaging=SimpleNamespace(signature={"inputs": INPUTS}),
    )
    versions = cast(VersionsService, SimpleNamespace(version=lambda *_: registered))
    values = Values()
    inputs = FeatureInputs(versions, cast(ValuesService, values))
    routed = open_routed(inputs=inputs)
    document = {"entities": [{"carrier": "UA"}], "dataframe_records": [{"distance": 733}]}
    answer = routed.ask_now(document=document)
    assert answer.features_missing == []
    assert values.reads == [["carrier_delay:delay_24h", "carrier_delay:flights_24h"]]
    assert routed.scorers.bodies[0]["dataframe_split"]["data"] == [["UA", 733, 0.25, 0.25]]
    asyncio.run(inputs.fill(("flights", "late", 1), document))
    inputs.close()
    routed.router.tables.close()
    routed.telemetry.close()
    assert msgspec.json.encode(answer.features_missing) == b"[]"
