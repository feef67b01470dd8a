"""Which inputs of a model come from features, and rows put together with their values; pure.

A request that sends entity keys may leave out every input that a feature view holds. An input
that it does send stays as sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, TypeVar

from octavo_server.errors import Invalid, TooLarge
from octavo_server.features.values.service import Cell, View

MOST_ENTITIES = 1_000
"""Entities of one request."""
MOST_MISSING = 100
"""Missing values that an answer lists."""

Entity = Mapping[str, str | int]
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, kw_only=True)
class InputPlan:
    """Where the inputs of one model version come from."""

    columns: tuple[str, ...]
    """All inputs, in the signature's order."""
    features: Mapping[str, tuple[View, str]]
    """Input to the view and column that holds it."""
    unclear: Mapping[str, tuple[str, ...]]
    """Inputs that several views hold, none of which the version was trained with."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request with entity keys sends."""

    entities: Sequence[Entity]
    """Join keys, one entity a row."""
    columns: Sequence[str]
    """Inputs that it sends itself."""
    rows: Sequence[Sequence[Any]]
    """Their values, one list a row."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A feature without a usable value."""

    row: int
    """Number of the row."""
    column: str
    """The input."""
    why: str
    """absent, expired or null."""


def input_plan(
    inputs: Sequence[Mapping[str, Any]], views: Sequence[View], trained_with: Sequence[str]
) -> InputPlan:
    """Return where each input comes from.

    ``trained_with`` are the views that the version's run read: they win over others that have a
    column of the same name, and so does the form ``view__column``.
    """
    features: dict[str, tuple[View, str]] = {}
    unclear: dict[str, tuple[str, ...]] = {}
    columns = tuple(str(one["name"]) for one in inputs if "name" in one)
    for column in columns:
        holders = _holders(column, [view for view in views if view.online])
        known = [one for one in holders if one[0].name in trained_with]
        found = known or holders
        if len(found) == 1:
            features[column] = found[0]
        elif found:
            unclear[column] = tuple(sorted(view.name for view, _ in found))
    return InputPlan(columns=columns, features=features, unclear=unclear)


def asked(document: Mapping[str, Any]) -> Asked:
    """Return what a body with ``entities`` asks. Raises Invalid, TooLarge."""
    entities = _entities(document.get("entities"))
    if document.get("inputs") is not None:
        raise Invalid(
            "entities: they can't be sent together with 'inputs'.",
            "Send the other columns as dataframe_records or dataframe_split.",
        )
    columns, rows = _own(document)
    if rows and len(rows) != len(entities):
        raise Invalid(
            f"entities: {len(entities)} of them came with {len(rows)} rows.",
            "Send one entity a row.",
        )
    return Asked(entities=entities, columns=columns, rows=rows)


def looked_up(plan: InputPlan, request: Asked) -> dict[str, tuple[View, str]]:
    """Return the inputs to read from features. Raises Invalid for one that is unclear."""
    own = {*request.columns, *request.entities[0]}
    for column, views in plan.unclear.items():
        if column not in own:
            raise Invalid(
                f"entities: several views hold the input {column!r}: {', '.join(views)}.",
                f"Send {column} yourself, or train with octavo.features so that one is known.",
            )
    return {column: found for column, found in plan.features.items() if column not in own}


def joined(
    plan: InputPlan,
    request: Asked,
    wanted: Mapping[str, tuple[View, str]],
    cells: Sequence[Mapping[str, Cell]],
) -> tuple[dict[str, Any], list[Missing]]:
    """Return the body for the scorer, and what had no usable value.

    An expired value isn't used. Inputs that nobody gave are left out: the scorer says which.
    """
    own = {name: place for place, name in enumerate(request.columns)}
    keys = request.entities[0]
    columns = [
        *(name for name in plan.columns if name in own or name in wanted or name in keys),
        *(name for name in own if name not in plan.columns),
    ]
    missing: list[Missing] = []
    data = []
    for number, (entity, found) in enumerate(zip(request.entities, cells, strict=True)):
        row = []
        for name in columns:
            if name in own:
                row.append(request.rows[number][own[name]])
            elif name in wanted:
                view, column = wanted[name]
                row.append(_value(found[f"{view.name}:{column}"], number, name, missing))
            else:
                row.append(entity.get(name))
        data.append(row)
    return {"dataframe_split": {"columns": columns, "data": data}}, missing[:MOST_MISSING]


def _value(cell: Cell, number: int, name: str, missing: list[Missing]) -> Any:
    if cell.status == "present":
        return cell.value
    missing.append(Missing(row=number, column=name, why=cell.status))
    return None


def _holders(column: str, views: Sequence[View]) -> list[tuple[View, str]]:
    full = [
        (view, one) for view in views for one in view.columns if column == f"{view.name}__{one}"
    ]
    return full or [(view, column) for view in views if column in view.columns]


def _entities(value: Any) -> list[Entity]:
    if not isinstance(value, list) or not value:
        raise Invalid("entities: send a list of objects, one a row.", 'Like [{"carrier": "UA"}].')
    if len(value) > MOST_ENTITIES:
        raise TooLarge(
            f"entities: {len(value):,} were sent, {MOST_ENTITIES:,} are allowed.",
            "Send several requests, or score a batch.",
        )
    for number, one in enumerate(value):
        if not isinstance(one, dict) or one.keys() != value[0].keys():
            raise Invalid(
                f"entities: number {number} has other keys than number 0, or is no object.",
                "Give all entities the same join keys.",
            )
        for name, key in one.items():
            if isinstance(key, bool) or not isinstance(key, str | int):
                raise Invalid(
                    f"entities: {name[:60]} of number {number} is {str(key)[:60]!r}.",
                    "A join key is a text or a whole number.",
                )
    return value


def _own(document: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    split, records = document.get("dataframe_split"), document.get("dataframe_records")
    if split is not None and records is not None:
        raise Invalid(
            "The body holds 2 of dataframe_split, dataframe_records.", "Send one of them."
        )
    if split is not None:
        return _split(split)
    if records is None:
        return [], []
    if not _is_list_of(records, dict) or any(one.keys() != records[0].keys() for one in records):
        raise Invalid(
            "Field 'dataframe_records' is no list of objects with the same columns.",
            "Send one object a row, all with the same columns.",
        )
    names = list(records[0]) if records else []
    return names, [[one[name] for name in names] for one in records]


def _split(split: Any) -> tuple[list[str], list[list[Any]]]:
    names = split.get("columns") if isinstance(split, dict) else None
    data = split.get("data") if isinstance(split, dict) else None
    if not _is_list_of(names, str) or not _is_list_of(data, list):
        raise Invalid(
            "Field 'dataframe_split' is no object of columns and data.",
            'Send {"columns": [...], "data": [[...]]}.',
        )
    if any(len(row) != len(names) for row in data):
        raise Invalid(
            f"dataframe_split: a row has another length than {len(names)}.",
            "Give every row one value a column.",
        )
    return list(names), data


def _is_list_of(value: Any, kind: type[_Kind]) -> TypeGuard[list[_Kind]]:
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)
