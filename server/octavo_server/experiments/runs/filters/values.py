"""What may stand behind an operator: numbers, texts, moments, spans of time, states."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

from octavo_server.experiments.runs.domain import RunStatus
from octavo_server.experiments.runs.filters.syntax import Field, Value
from octavo_server.experiments.runs.filters.tokens import Token

UNITS: Final = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3_600.0,
    "d": 86_400.0,
    "w": 604_800.0,
}
"""Unit of a span of time -> seconds."""
LATEST_S: Final = 253_402_300_799.0
"""Seconds from 1970 to the end of the year 9999."""
_MEANT: Final = {
    "number": "a number",
    "text": "a text or number",
    "time": 'a time such as 2026-01-31, "2026-01-31 09:00" or 2d ago',
    "duration": "a span of time such as 90s, 15m or 2h",
    "choice": f"a state ({', '.join(RunStatus)})",
}


def meant(field: Field) -> str:
    """Return what a field is compared with, in words."""
    return _MEANT[field.type]


def value_of(field: Field, op: str, token: Token, *, ago: bool) -> Value | None:
    """Return what a piece of a filter means beside a field; None where it means nothing."""
    if field.type == "time":
        return _moment(token, ago=ago)
    if ago:
        return None
    if field.type == "duration":
        return _seconds(token.text)
    if field.type == "choice":
        state = token.text.lower()
        return Value(text=state) if state in set(RunStatus) else None
    number = number_of(token.text) if token.kind == "word" else None
    if field.type == "number":
        number = number_of(token.text)
        return None if number is None else Value(text=token.text, number=number)
    if op in {"like", "ilike", "contains"} or field.kind == "column":
        return Value(text=token.text)
    return Value(text=token.text, number=number)


def number_of(text: str) -> float | None:
    """Return the number that a text is; nan, inf and -inf are numbers, 1_000 is none."""
    if "_" in text or len(text) > 400:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _seconds(text: str) -> Value | None:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(digits) :]
    number = number_of(digits)
    factor = UNITS.get(unit) if unit else 1.0
    if number is None or factor is None or not 0 <= number * factor <= LATEST_S:
        return None
    return Value(text=text, number=number * factor)


def _moment(token: Token, *, ago: bool) -> Value | None:
    """Return a point in time; a bare number counts milliseconds since 1970, as MLflow does."""
    if ago:
        span = _seconds(token.text)
        return None if span is None else Value(text=span.text, number=span.number, ago=True)
    number = number_of(token.text)
    if number is not None and len(token.text) >= 5:
        seconds = number / 1_000
        fits = math.isfinite(seconds) and 0 <= seconds <= LATEST_S
        return Value(text=token.text, number=seconds) if fits else None
    try:
        at = datetime.fromisoformat(token.text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return Value(text=token.text, number=at.timestamp())
    except (ValueError, OverflowError):
        return None
