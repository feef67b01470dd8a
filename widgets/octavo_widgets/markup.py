"""HTML from text: every value is escaped here, and nowhere else is HTML put together from data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape


class Markup(str):
    """HTML that was made by :func:`tag`, or written in this package: safe to show."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Return a value as escaped text; HTML made here stays as it is."""
    return value if isinstance(value, Markup) else Markup(escape(str(value), quote=True))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element; ``class_`` and ``aria_label`` stand for class and aria-label.

    Children and attributes are escaped, unless a child was made by this function. A false or
    missing attribute is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    inside = "".join(text(child) for child in children)
    return Markup(f"<{name}{given}>{inside}</{name}>")


def joined(parts: Sequence[object]) -> Markup:
    """Return parts one after the other, escaped where needed."""
    return Markup("".join(text(part) for part in parts))


def moment(at: datetime) -> Markup:
    """Return a time in UTC to the minute, the seconds on hover."""
    utc = at.astimezone(UTC)
    return tag(
        "time",
        f"{utc:%Y-%m-%d %H:%M} UTC",
        title=f"{utc:%Y-%m-%d %H:%M:%S} UTC",
        datetime=utc.isoformat(),
    )


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """Return a number for people, a dash when there is none."""
    if value is None:
        return "–"  # noqa: RUF001 - the dash for nothing
    return f"{value:,.{digits}f}{unit}"
