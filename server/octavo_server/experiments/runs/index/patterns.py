"""Patterns of `like`: % stands for any characters, _ for one. Matched without backtracking."""

from __future__ import annotations

from collections.abc import Callable


def pattern(text: str, *, folded: bool) -> Callable[[str], bool]:
    """Return a test for texts; ``folded``: whatever their case.

    Each part between two % is looked for from where the one before it ended, and the first place
    is always the right one, so a text is walked over once.
    """
    parts = (text.lower() if folded else text).split("%")
    first, *middle, last = parts if len(parts) > 1 else [parts[0], ""]
    open_end = len(parts) > 1

    def passes(tried: str) -> bool:
        tried = tried.lower() if folded else tried
        if not _at(tried, first, 0):
            return False
        if not open_end:
            return len(tried) == len(first)
        here = len(first)
        for part in middle:
            here = _find(tried, part, here)
            if here < 0:
                return False
            here += len(part)
        return len(tried) - len(last) >= here and _at(tried, last, len(tried) - len(last))

    return passes


def _at(text: str, part: str, start: int) -> bool:
    """Whether ``part`` stands at ``start`` of ``text``."""
    if "_" not in part:
        return text.startswith(part, start)
    if start + len(part) > len(text):
        return False
    return all(sign in ("_", text[start + n]) for n, sign in enumerate(part))


def _find(text: str, part: str, start: int) -> int:
    """Return where ``part`` first stands from ``start`` on, -1 where nowhere."""
    if "_" not in part:
        return text.find(part, start)
    places = range(start, len(text) - len(part) + 1)
    return next((place for place in places if _at(text, part, place)), -1)
