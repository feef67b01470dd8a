"""Pure decisions about pushed rows: their columns, types and times, and how many may come."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from octavo.records.materialization import LONGEST_TEXT, PushValue
from octavo.records.visible import UNSEEN
from octavo_server.errors import Invalid
from octavo_server.features.catalog.service import View

FUTURE: Final = timedelta(seconds=5)
"""How far the clock of a sender may be ahead."""
EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
SHOWN: Final = 80
"""Characters of a value that a message quotes."""

Row = Mapping[str, PushValue]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the rows of a push source must look like."""

    event_column: str
    """Column with the event time."""
    keys: Mapping[str, str]
    """Join key to Feast's type name."""
    features: Mapping[str, str]
    """Feature to Feast's type name."""

    @property
    def columns(self) -> frozenset[str]:
        """All columns of a row."""
        return frozenset({self.event_column, *self.keys, *self.features})


def shape(views: Sequence[View]) -> Shape:
    """Return what rows must look like that reach ``views``. Raises Invalid for unfit types."""
    keys = {key: view.key_types.get(key, "String") for view in views for key in view.join_keys}
    features = {one.name: one.dtype for view in views for one in view.features}
    for name, dtype in {**keys, **features}.items():
        if dtype not in _CHECKS:
            raise Invalid(
                f"push_source: its column {name} has the type {dtype}, which can't be pushed.",
                f"Push columns of these types: {', '.join(_CHECKS)}.",
            )
    return Shape(event_column=views[0].source.event_column, keys=keys, features=features)


def checked(rows: Sequence[Row], wanted: Shape, now: datetime) -> list[dict[str, PushValue]]:
    """Return the rows with times in UTC, in the order of their event times.

    Raises Invalid for the first value that doesn't fit, naming row and column.
    """
    found = [_row(number, row, wanted, now) for number, row in enumerate(rows, 1)]
    return sorted(found, key=lambda row: str(row[wanted.event_column]))


def _row(number: int, row: Row, wanted: Shape, now: datetime) -> dict[str, PushValue]:
    for name in row:
        if name not in wanted.columns:
            raise Invalid(
                f"rows: row {number} has an unknown column {name[:SHOWN]!r}.",
                f"The push source has: {', '.join(sorted(wanted.columns))[:500]}.",
            )
    for name in sorted(wanted.columns):
        if name not in row:
            raise Invalid(
                f"rows: row {number} lacks the column {name}.",
                "Send null where there is no value.",
            )
    made: dict[str, PushValue] = {}
    at = _time(number, wanted.event_column, row[wanted.event_column])
    if at > now + FUTURE:
        raise Invalid(
            f"rows: row {number} has the event time {at.isoformat()}, which is in the future.",
            "Send what has happened, with the time at which it did.",
        )
    made[wanted.event_column] = at.isoformat()
    for name, dtype in wanted.keys.items():
        if row[name] is None:
            raise Invalid(f"rows: row {number} has no {name}.", f"Say the {name} of each row.")
        made[name] = _key(number, name, _CHECKS[dtype](number, name, row[name]))
    for name, dtype in wanted.features.items():
        made[name] = None if row[name] is None else _CHECKS[dtype](number, name, row[name])
    return made


def event_time(row: Row, column: str) -> datetime:
    """Return the event time of a checked row."""
    return datetime.fromisoformat(str(row[column]))


# ---- types


def _wrong(number: int, name: str, value: PushValue, kind: str) -> Invalid:
    shown = repr(value)
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
    return Invalid(f"rows: row {number}, {name}: {shown} is not {kind}.", f"Send {kind}.")


def _time(number: int, name: str, value: PushValue) -> datetime:
    kind = "a time with its zone, such as 2026-03-01T12:00:00Z"
    if not isinstance(value, str) or len(value) > 64:
        raise _wrong(number, name, value, kind)
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise _wrong(number, name, value, kind)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(number, name, value, kind) from None
    if at < EARLIEST:
        raise _wrong(number, name, value, f"a time after {EARLIEST.date()}")
    return at


def _key(number: int, name: str, value: PushValue) -> PushValue:
    """Return a join key's value. Raises Invalid for what nobody can see, and so not look up."""
    if isinstance(value, str) and (not value.strip() or UNSEEN.search(value)):
        raise _wrong(number, name, value, "visible text")
    return value


def _text(number: int, name: str, value: PushValue) -> str:
    if not isinstance(value, str):
        raise _wrong(number, name, value, "text")
    if len(value) > LONGEST_TEXT:
        raise Invalid(
            f"rows: row {number}, {name}: the text has {len(value):,} characters; at most "
            f"{LONGEST_TEXT:,} are taken.",
            "Send a shorter text.",
        )
    return value


def _whole(bits: int) -> Callable[[int, str, PushValue], int]:
    limit = 2 ** (bits - 1)

    def check(number: int, name: str, value: PushValue) -> int:
        if type(value) is not int or not -limit <= value < limit:
            raise _wrong(number, name, value, f"a whole number of {bits} bits")
        return value

    return check


def _decimal(layout: str) -> Callable[[int, str, PushValue], float]:
    def check(number: int, name: str, value: PushValue) -> float:
        if type(value) not in (int, float):
            raise _wrong(number, name, value, "a finite number")
        try:
            held: float = struct.unpack(layout, struct.pack(layout, value))[0]
        except (OverflowError, struct.error):
            held = math.inf
        if not math.isfinite(held):
            raise _wrong(number, name, value, "a finite number")
        return held

    return check


def _truth(number: int, name: str, value: PushValue) -> bool:
    if not isinstance(value, bool):
        raise _wrong(number, name, value, "true or false")
    return value


_CHECKS: Final[Mapping[str, Callable[[int, str, PushValue], PushValue]]] = {
    "String": _text,
    "Int32": _whole(32),
    "Int64": _whole(64),
    "Float32": _decimal("<f"),
    "Float64": _decimal("<d"),
    "Bool": _truth,
    "UnixTimestamp": lambda number, name, value: _time(number, name, value).isoformat(),
}


# ---- how many may come


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What a sender may still send at once; it fills up again by the second."""

    left: float
    """What is left."""
    at: float
    """When that was, in seconds of a clock that never goes back."""


def take(
    bucket: Bucket | None, cost: float, rate: float, burst: float, now: float
) -> tuple[Bucket, float]:
    """Return the bucket after taking ``cost`` and 0, or as it is and the seconds to wait.

    It holds ``burst`` at most and fills by ``rate`` a second.
    """
    held = bucket or Bucket(left=burst, at=now)
    left = min(burst, held.left + max(0.0, now - held.at) * rate)
    if cost <= left:
        return Bucket(left=left - cost, at=now), 0.0
    return Bucket(left=left, at=now), (cost - left) / rate
