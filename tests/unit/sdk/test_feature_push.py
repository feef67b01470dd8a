"""Pushing from a notebook: frames and mappings, in parts, refused with row and column."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import polars as pl
import pytest

from octavo.client import ClientError
from octavo.feature_push import push
from octavo.records.materialization import PushRequest

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Taken:
    """A client that takes every push."""

    def __init__(self) -> None:
        self.bodies: list[PushRequest] = []

    def post(self, path: str, body: PushRequest) -> dict[str, Any]:
        assert path == "/projects/flights/features/push"
        self.bodies.append(body)
        return {
            "id": "p",
            "push_source": body.push_source,
            "views": ["v"],
            "rows": len(body.rows),
            "outdated": 0,
            "newest_event_at": AT,
            "online": "visible",
            "pushed_at": AT,
        }


def sent(rows: Any) -> list[dict[str, Any]]:
    client: Any = Taken()
    push("s", rows, project="flights", client=client)
    return [dict(row) for body in client.bodies for row in body.rows]


def test_a_frame_is_sent_row_by_row() -> None:
    frame = pd.DataFrame(
        {
            "origin": ["JFK", "LGA"],
            "event_timestamp": pd.to_datetime(["2026-03-01T12:00Z", "2026-03-01T13:00Z"]),
            "count": [1, 2],
            "seen": pd.to_datetime(["2026-03-01T12:00Z", None]),
        }
    )
    assert sent(frame) == [
        {
            "origin": "JFK",
            "event_timestamp": "2026-03-01T12:00:00+00:00",
            "count": 1,
            "seen": "2026-03-01T12:00:00+00:00",
        },
        {
            "origin": "LGA",
            "event_timestamp": "2026-03-01T13:00:00+00:00",
            "count": 2,
            "seen": None,
        },
    ]


def test_a_frame_of_polars_is_sent_too() -> None:
    assert sent(pl.DataFrame({"a": [1, None]})) == [{"a": 1}, {"a": None}]


def test_many_rows_go_in_parts() -> None:
    client: Any = Taken()
    taken = push("s", [{"a": n} for n in range(2500)], project="flights", client=client)
    assert [one.rows for one in taken] == [1000, 1000, 500]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"a": 1}, {"a": float("nan")}], "row 2, a: nan is not a finite number"),
        ([{"a": float("-inf")}], "row 1, a: -inf is not a finite number"),
        (pd.DataFrame({"a": [1.0, None]}), "row 2, a: nan is not a finite number"),
        ([{"a": datetime(2026, 3, 1)}], "has no time zone"),  # noqa: DTZ001
        ([{"a": [1]}], "row 1, a: a list can't be pushed"),
        ([5], "row 1 is a int, no mapping"),
        ({"a": 1}, "rows is one mapping"),
    ],
)
def test_what_can_not_be_pushed_is_said_before_anything_is_sent(rows: Any, said: str) -> None:
    client: Any = Taken()
    with pytest.raises(ClientError, match=said):
        push("s", rows, project="flights", client=client)
    assert client.bodies == []


def test_without_a_project_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCTAVO_PROJECT", raising=False)
    with pytest.raises(ClientError, match="OCTAVO_PROJECT is not set"):
        push("s", [{"a": 1}])
