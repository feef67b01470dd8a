"""Reads the rows out of a request's body, whatever its format; pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

SAMPLED_COLUMNS = 60
"""Columns of a kept row in telemetry."""
SAMPLED_TEXT = 200
"""Characters of a kept text value."""


def count(document: Mapping[str, Any]) -> int:
    """Return how many rows a body has; 1 for what can't be counted."""
    split, records = document.get("dataframe_split"), document.get("dataframe_records")
    inputs, entities = document.get("inputs"), document.get("entities")
    if isinstance(split, Mapping) and isinstance(split.get("data"), list):
        return len(split["data"])
    for rows in (records, entities, inputs):
        if isinstance(rows, list):
            return len(rows)
    if isinstance(inputs, Mapping):
        return max((len(one) for one in inputs.values() if isinstance(one, list)), default=1)
    return 1


def first(document: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    """Return the first rows by column; none for tensors and for what is out of shape."""
    split, records = document.get("dataframe_split"), document.get("dataframe_records")
    inputs = document.get("inputs")
    if isinstance(split, Mapping):
        names, data = split.get("columns"), split.get("data")
        if not isinstance(names, list) or not isinstance(data, list):
            return []
        return [dict(zip(names, row, strict=False)) for row in data[:most] if isinstance(row, list)]
    for rows in (records, inputs):
        if isinstance(rows, list):
            return [dict(row) for row in rows[:most] if isinstance(row, Mapping)]
    return _columns(inputs, most) if isinstance(inputs, Mapping) else []


def cut(row: Mapping[str, Any], redacted: Collection[str]) -> dict[str, Any]:
    """Return a row as telemetry keeps it: few columns, short texts, nothing redacted."""
    return {name: _cut(row[name]) for name in list(row)[:SAMPLED_COLUMNS] if name not in redacted}


def without(row: Mapping[str, Any], redacted: Collection[str]) -> dict[str, Any]:
    """Return a row as the log keeps it: all columns, null for redacted ones."""
    return {name: None if name in redacted else value for name, value in row.items()}


def _columns(inputs: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    columns = {name: one if isinstance(one, list) else [one] for name, one in inputs.items()}
    length = min((len(one) for one in columns.values()), default=0)
    return [
        {name: values[number] for name, values in columns.items()}
        for number in range(min(length, most))
    ]


def _cut(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:SAMPLED_TEXT]
