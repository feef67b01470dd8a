"""What may stand at the cursor of a filter that somebody is typing."""

from __future__ import annotations

from dataclasses import dataclass

from octavo_server.experiments.runs.filters.reader import LONGEST, Reader, read_filter
from octavo_server.experiments.runs.filters.syntax import Field
from octavo_server.experiments.runs.filters.tokens import QUOTES, FilterError, Token, tokens


@dataclass(frozen=True, kw_only=True)
class Hole:
    """The place of the cursor."""

    start: int
    """Where the word at the cursor begins."""
    partial: str
    """What of it is typed, without quotes."""
    expected: tuple[str, ...]
    """What may stand there, as the reader's errors say it; empty where nothing may."""
    field: Field | None
    """The field that a value is typed for."""


def problem_of(text: str) -> FilterError | None:
    """Return what is wrong with a filter, None where it can be read."""
    try:
        read_filter(text)
    except FilterError as error:
        return error
    return None


def hole_at(text: str, at: int) -> Hole:
    """Return what may stand at the character ``at``, seen from what stands before it."""
    head = text[: min(at, LONGEST)]
    start, partial = _word(head)
    nothing = Hole(start=start, partial=partial, expected=(), field=None)
    try:
        before = tokens(head[:start])[:-1]
    except FilterError:
        return nothing
    cursor = Token(kind="hole", text="", start=start, end=start)
    end = Token(kind="end", text="", start=start, end=start)
    reader = Reader([*before, cursor, end])
    try:
        reader.whole()
    except FilterError as error:
        if reader.here.kind != "hole":
            return nothing
        return Hole(start=start, partial=partial, expected=error.expected, field=reader.asked)
    return nothing


def _word(head: str) -> tuple[int, str]:
    """Return where the word that ends at the end of ``head`` begins, and what it says."""
    quote = _open_quote(head)
    if quote is not None:
        start = quote
        while start and not head[start - 1].isspace() and head[quote - 1] == ".":
            start -= 1
        return start, head[start:quote] + head[quote + 1 :]
    try:
        pieces = tokens(head)
    except FilterError:
        return len(head), ""
    last = pieces[-2] if len(pieces) > 1 else pieces[-1]
    if last.end != len(head) or last.kind not in {"word", "field", "text"}:
        return len(head), ""
    return last.start, f"{last.text}.{last.name}" if last.kind == "field" else last.text


def _open_quote(head: str) -> int | None:
    """Return where a quote begins that is not closed."""
    opened: int | None = None
    escaped = False
    for place, sign in enumerate(head):
        if opened is None:
            opened = place if sign in QUOTES else None
        elif escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == head[opened]:
            opened = None
    return opened
