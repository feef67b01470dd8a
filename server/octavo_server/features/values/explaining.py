"""Pure decisions about a joined row: its values, why one is missing, what came too early."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from octavo_server.features.catalog.domain import View
from octavo_server.features.values.domain import (
    EPOCH,
    JoinedCell,
    JoinedFeature,
    Leak,
    Met,
    Reason,
    Value,
)

LARGEST_EXACT = 2**53
"""A browser reads larger whole numbers with other last digits: they are sent as text."""
LONGEST_TEXT = 1000
"""Characters of a value that are shown."""
_WORDS = {
    "no_key": "no key in the row",
    "no_time": "no time in the row",
    "no_such_key": "no such key",
    "before_first_event": "before first event",
    "not_materialised": "not materialised by then",
    "outside_ttl": "outside TTL",
    "null_in_source": "empty in the source",
    "not_a_number": "not a number in the source",
}


def words(reason: str, view: View) -> str:
    """Return a reason for a person."""
    ttl = f" ({span(timedelta(seconds=view.ttl_seconds))})" if view.ttl_seconds else ""
    return _WORDS[reason] + (ttl if reason == "outside_ttl" else "")


def cell(
    view: View, column: str, place: int, met: Met, at: datetime | None, keyed: bool
) -> JoinedCell:
    """Return what ``column`` is for one row, and why it is nothing."""
    text = met.values[place]
    reason, detail = why_not(view, met, at, keyed) if met.event is None else ("", "")
    value: Value = None
    if not reason:
        value = shown(text, _dtype(view, column))
        if value is None:
            reason = "null_in_source" if text is None else "not_a_number"
            detail = f"The row of {moment(met.event)} holds {'nothing' if text is None else text}."
    return JoinedCell(
        value=value,
        reason=reason or None,
        detail=detail,
        event_at=met.event,
        readable_from=met.created,
    )


def why_not(view: View, met: Met, at: datetime | None, keyed: bool) -> tuple[str, str]:
    """Return why nothing was joined to a row: a code and a sentence."""
    if not keyed:
        return "no_key", f"The row has no {' or '.join(view.join_keys)}."
    if at is None:
        return "no_time", "The row has no time to join as of."
    if not met.met or met.first_event is None:
        return "no_such_key", f"{view.name} has no row with this {', '.join(view.join_keys)}."
    if met.first_event > at:
        return (
            "before_first_event",
            f"The first event is of {moment(met.first_event)}, {span(met.first_event - at)} later.",
        )
    if met.late_event is not None and met.late_created is not None:
        event, readable = moment(met.late_event), moment(met.late_created)
        wait = span(met.late_created - at)
        said = f"The value of {event} could be read from {readable} on, {wait} later."
        return "not_materialised", said
    if met.newest_event is None:
        return "not_materialised", "What had happened by then was never marked as readable."
    valid = span(timedelta(seconds=view.ttl_seconds or 0))
    newest, age = moment(met.newest_event), span(at - met.newest_event)
    return "outside_ttl", f"The newest value is of {newest}, {age} before; it is valid for {valid}."


def shown(text: str | None, dtype: str) -> Value:
    """Return a stored text as a value that JSON and a browser can hold; NaN as None."""
    if text is None:
        return None
    kind = _KINDS.get(dtype)
    return kind(text) if kind else text[:LONGEST_TEXT]


def _whole(text: str) -> Value:
    number = int(float(text)) if "." in text or "e" in text else int(text)
    return number if abs(number) <= LARGEST_EXACT else str(number)


def _decimal(text: str) -> Value:
    number = float(text)
    if math.isnan(number):
        return None
    return number if math.isfinite(number) else ("∞" if number > 0 else "-∞")


def instant(text: str) -> datetime:
    """Return a time that was stored as a time, or as whole seconds since 1970."""
    if text.lstrip("-").isdigit():
        return EPOCH + timedelta(seconds=int(text))
    return datetime.fromisoformat(text).astimezone(UTC)


_KINDS: dict[str, Callable[[str], Value]] = {
    "Int32": _whole,
    "Int64": _whole,
    "Float32": _decimal,
    "Float64": _decimal,
    "Bool": lambda text: text.lower() in ("true", "1"),
    "UnixTimestamp": lambda text: instant(text).isoformat(),
}


def feature(view: View, column: str, cells: Sequence[JoinedCell]) -> JoinedFeature:
    """Return one feature over all rows."""
    counted = Counter(one.reason for one in cells if one.reason)
    nulls = sum(counted.values())
    return JoinedFeature(
        feature=f"{view.name}:{column}",
        view=view.name,
        column=column,
        dtype=_dtype(view, column),
        nulls=nulls,
        null_rate=nulls / len(cells) if cells else 0.0,
        reasons=tuple(
            Reason(reason=code, words=words(code, view), rows=rows)
            for code, rows in counted.most_common()
        ),
    )


def leaks(
    view: View, proofs: Sequence[tuple[str, int]], rows: Sequence[tuple[Met, datetime | None]]
) -> list[Leak]:
    """Return what is newer than its row, by the view's two clocks and its proof columns."""
    clocks: list[tuple[str, Callable[[Met], datetime | None]]] = [
        (view.source.event_column, lambda met: met.event),
        (view.source.created_column or "", lambda met: met.created),
        *[(name, _proof(place)) for name, place in proofs],
    ]
    found = []
    for name, clock in clocks:
        ahead = [
            (known - at, at, known)
            for met, at in rows
            if at is not None and (known := clock(met)) is not None and known > at
        ]
        if ahead:
            worst, at, known = max(ahead)
            ahead_by = f"{span(worst)} later ({moment(known)})"
            detail = f"A row of {moment(at)} uses what became known {ahead_by}."
            found.append(Leak(feature=f"{view.name}:{name}", rows=len(ahead), detail=detail))
    return found


def _proof(place: int) -> Callable[[Met], datetime | None]:
    def known(met: Met) -> datetime | None:
        text = met.values[place]
        return None if text is None else instant(text)

    return known


def moment(at: datetime | None) -> str:
    """Return a moment for a person, in UTC."""
    return "never" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(length: timedelta) -> str:
    """Return a length of time in its two largest units."""
    seconds = max(0, round(length.total_seconds()))
    units = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    parts = []
    for size, unit in units:
        count, seconds = divmod(seconds, size)
        parts.append((count, unit))
    first = next((n for n, (count, _) in enumerate(parts) if count), len(parts) - 1)
    said = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(said) or "0 s"


def _dtype(view: View, column: str) -> str:
    return next(one.dtype for one in view.features if one.name == column)
