"""Pure decisions about feature values: which are wanted, for which keys, how old they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from octavo_server.errors import Invalid, NotFound
from octavo_server.features.catalog.domain import View
from octavo_server.features.values.domain import Cell, StoredValue

EntityValue = str | int
_INTEGERS = frozenset({"Int32", "Int64"})
_FLOATS = frozenset({"Float32", "Float64"})
_KEY_WORDS = {"integer": "whole numbers", "text": "text"}


def wanted_columns(views: Mapping[str, View], features: Sequence[str]) -> list[tuple[View, str]]:
    """Return view and column of each ``view:feature``. Raises Invalid or NotFound."""
    found = []
    for feature in features:
        name, colon, column = feature.partition(":")
        if not colon:
            raise Invalid(
                f"features: {feature[:100]!r} is not view:feature.",
                "Write it like carrier_delay:carrier_delay_mean_24h.",
            )
        view = views.get(name)
        if view is None:
            raise NotFound(f"features: there is no feature view {name[:100]!r}.")
        if column not in view.columns:
            raise NotFound(
                f"features: {name} has no feature {column[:100]!r}.",
                f"It has: {', '.join(view.columns)}.",
            )
        found.append((view, column))
    return found


def columns_by_view(wanted: Sequence[tuple[View, str]]) -> list[tuple[View, list[str]]]:
    """Return each view once, with its wanted columns."""
    found: dict[str, tuple[View, list[str]]] = {}
    for view, column in wanted:
        found.setdefault(view.name, (view, []))[1].append(column)
    return list(found.values())


def entity_key(view: View, entity: Mapping[str, EntityValue]) -> dict[str, EntityValue]:
    """Return the join keys of ``view`` in ``entity``, with the right types. Raises Invalid."""
    key: dict[str, EntityValue] = {}
    for name in view.join_keys:
        if name not in entity:
            raise Invalid(
                f"entities: {view.name} needs the join key {name!r}.", f"Add {name} to each entity."
            )
        value = entity[name]
        integer = view.key_types.get(name) in _INTEGERS
        if integer != isinstance(value, int):
            kind = "a whole number" if integer else "text"
            raise Invalid(f"entities: {name} is {kind}; got {value!r:.60}.", f"Send {kind}.")
        key[name] = value
    return key


def key_column(view: View, name: str, kind: str, values: Sequence[str | None]) -> None:
    """Raise Invalid when a column of keys is of another kind than ``view``'s join key."""
    wanted = "integer" if view.key_types.get(name) in _INTEGERS else "text"
    if kind not in ("none", wanted):
        first = next((one for one in values if one is not None), "")
        theirs, ours = (_KEY_WORDS[one] for one in (kind, wanted))
        raise Invalid(
            f"keys: {name} holds {theirs} in your rows ({first!r:.60}), {ours} in {view.name}.",
            f"Change the column to {ours}, or pick another one.",
        )


def own_key(view: View, texts: Mapping[str, str | None]) -> dict[str, EntityValue]:
    """Return a key that came as text, with the types of ``view``'s join keys."""
    return {
        name: int(text or 0) if view.key_types.get(name) in _INTEGERS else str(text)
        for name, text in texts.items()
    }


def covered(views: Sequence[View], keys: Mapping[str, object]) -> None:
    """Raise Invalid when a join key of ``views`` is missing in ``keys``."""
    for view in views:
        missing = [name for name in view.join_keys if name not in keys]
        if missing:
            raise Invalid(
                f"keys: {view.name} needs {', '.join(missing)}.",
                f"Say which column of yours holds {missing[0]}.",
            )


def cell(view: View, column: str, stored: StoredValue | None, now: datetime) -> Cell:
    """Return what an online answer says about one value at ``now``."""
    if stored is None:
        return Cell(value=None, status="absent", event_at=None)
    dtype = next(one.dtype for one in view.features if one.name == column)
    value = typed(stored.text, dtype)
    status = "null" if value is None else "present"
    ttl = None if view.ttl_seconds is None else timedelta(seconds=view.ttl_seconds)
    if ttl is not None and now - stored.event_at > ttl:
        status = "expired"
    return Cell(value=value, status=status, event_at=stored.event_at)


def typed(text: str | None, dtype: str) -> str | int | float | bool | None:
    """Return a stored text as a value of ``dtype``; a time as ISO 8601, a NaN as None."""
    if text is None:
        return None
    if dtype in _INTEGERS:
        return int(text)
    if dtype in _FLOATS:
        number = float(text)
        return number if number - number == 0 else None
    if dtype == "Bool":
        return text.lower() in ("true", "1")
    if dtype == "UnixTimestamp":
        return datetime.fromtimestamp(int(text), UTC).isoformat()
    return text
