"""Pushes rows that just happened into features; ``octavo.features.push`` is the way in.

::

    from octavo.features import push

    push("landings_push", [{"carrier": "UA", "event_timestamp": now, "delay": 41.0, "gate": None}])

Each row has every column of the views that the source feeds; None stands for no value.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from octavo.client import Client, ClientError
from octavo.records.materialization import MOST_ROWS, Pushed, PushRequest, PushValue

PROJECT_VARIABLE = "OCTAVO_PROJECT"


def push(
    push_source: str,
    rows: Any,
    *,
    project: str | None = None,
    client: Client | None = None,
) -> list[Pushed]:
    """Push rows into a push source: online at once, in the lake within a minute.

    ``rows`` is a DataFrame, or an iterable of mappings, each with all columns of the push source:
    join keys, features and the event time (with its zone; not in the future). None is a missing
    value. More than 1,000 rows are sent in several pushes, each taken whole or not at all; a push
    that got no answer is repeated without harm. Returns what was taken, one record a push. Raises
    ClientError, with row and column for a value that doesn't fit.
    """
    named = project or os.environ.get(PROJECT_VARIABLE, "")
    if not named:
        raise ClientError(
            "no_project",
            f"{PROJECT_VARIABLE} is not set, so there is no project to push into.",
            "Name the project: push(..., project='flights').",
        )
    listed = [_plain(number, row) for number, row in enumerate(_records(rows), 1)]
    if client is not None:
        return [*_sent(client, named, push_source, listed)]
    with Client.from_environment() as own:
        return [*_sent(own, named, push_source, listed)]


def _sent(
    client: Client, project: str, push_source: str, rows: Sequence[dict[str, PushValue]]
) -> Iterator[Pushed]:
    for begin in range(0, len(rows), MOST_ROWS):
        body = PushRequest(push_source=push_source, rows=list(rows[begin : begin + MOST_ROWS]))
        yield Pushed.model_validate(client.post(f"/projects/{project}/features/push", body))


def _records(rows: Any) -> Iterable[Mapping[str, Any]]:
    """Return the rows of a DataFrame of pandas or polars, or what was given."""
    if callable(getattr(rows, "to_dicts", None)):
        return list(rows.to_dicts())
    if callable(getattr(rows, "to_dict", None)) and hasattr(rows, "columns"):
        return list(rows.to_dict("records"))
    if isinstance(rows, Mapping):
        raise _refused("rows is one mapping", "Give a list of them.")
    return list(rows)


def _plain(number: int, row: Mapping[str, Any]) -> dict[str, PushValue]:
    if not isinstance(row, Mapping):
        raise _refused(f"row {number} is a {type(row).__name__}, no mapping", "Give mappings.")
    return {str(name): _value(number, str(name), value) for name, value in row.items()}


def _value(number: int, name: str, value: Any) -> PushValue:
    """Return a value as JSON has it; numpy's and pandas' own become Python's."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and (value is pandas.NaT or value is pandas.NA):
        return None
    if type(value).__module__ == "numpy" and callable(getattr(value, "item", None)):
        value = value.item()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _refused(
                f"row {number}, {name}: {value.isoformat()} has no time zone",
                "Make it aware, such as datetime.now(UTC) or tz_localize('UTC').",
            )
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused(
            f"row {number}, {name}: {value} is not a finite number",
            "Push None where there is no value.",
        )
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise _refused(
        f"row {number}, {name}: a {type(value).__name__} can't be pushed",
        "Push numbers, texts, true or false, and times.",
    )


def _refused(what: str, remedy: str) -> ClientError:
    return ClientError("invalid", f"rows: {what}.", remedy)
