"""Completes filters from what the runs of a project have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from octavo_server.experiments.runs.domain import RunStatus
from octavo_server.experiments.runs.filters.cursor import Hole
from octavo_server.experiments.runs.filters.reader import OPERATORS
from octavo_server.experiments.runs.filters.syntax import Field, quoted
from octavo_server.experiments.runs.filters.tokens import FilterError
from octavo_server.experiments.runs.index import fields
from octavo_server.experiments.runs.index.columns import Mask
from octavo_server.experiments.runs.index.matching import NUMERIC
from octavo_server.experiments.runs.index.table import Table

MOST: Final = 50
LONGEST_VALUE: Final = 200
MEANINGS: Final = {
    "=": "equal",
    "!=": "has another value",
    "<": "less",
    "<=": "less or equal",
    ">": "greater",
    ">=": "greater or equal",
    "like": "pattern: % any characters, _ one",
    "ilike": "pattern, whatever the case",
    "contains": "has this text in it",
    "in": "one of several values",
    "not in": "none of several values",
    "is null": "has no value",
    "is not null": "has a value",
    "exists": "has a value",
    "null": "no value",
    "not null": "a value",
    "and": "both must hold",
    "or": "one must hold",
    "not": "must not hold",
    "(": "begin a group",
    ")": "end the group",
    ",": "another value",
}
TIMES: Final = ("1h ago", "24h ago", "7d ago", "30d ago")
DURATIONS: Final = ("10s", "1m", "10m", "1h")


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """Something that can stand at the cursor."""

    text: str
    """What to write."""
    label: str
    """What to show."""
    kind: str
    """field, operator, value or word."""
    detail: str
    """What it means, or how many runs have it."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What may stand at the cursor."""

    start: int
    """Where the word at the cursor begins."""
    end: int
    """The cursor."""
    items: tuple[Suggestion, ...]
    """What may stand there."""
    problem: FilterError | None
    """What is wrong with the whole filter."""


def suggested(table: Table, mask: Mask, hole: Hole) -> tuple[Suggestion, ...]:
    """Return what may stand at the cursor, the likeliest first."""
    found: list[Suggestion] = []
    if hole.field is not None and hole.expected:
        found += _values(table, mask, hole.field, hole.partial)
    elif "a field" in hole.expected:
        found += _fields(table, hole.partial)
    found += _words(hole)
    return tuple(found[:MOST])


def _fields(table: Table, partial: str) -> Iterator[Suggestion]:
    wanted = partial.lower()
    listed = fields.listed(table, partial)
    listed.sort(key=lambda one: not one[0].written.lower().startswith(wanted))
    for field, runs in listed[:MOST]:
        detail = "column" if field.kind == "column" else f"{field.kind}, {_counted(runs)}"
        yield Suggestion(text=field.written, label=field.written, kind="field", detail=detail)


def _values(table: Table, mask: Mask, field: Field, partial: str) -> Iterator[Suggestion]:
    wanted = partial.lower()
    ready: tuple[str, ...] = ()
    if field.type == "choice":
        ready = tuple(RunStatus)
    elif field.type == "time":
        ready = TIMES
    elif field.type == "duration":
        ready = DURATIONS
    for text in ready:
        if text.startswith(wanted):
            yield Suggestion(text=text, label=text, kind="value", detail="")
    if ready:
        return
    if field.type in NUMERIC:
        yield from _numbers(table, mask, field)
        return
    column = table.texts_of(field)
    counts = fields.counted(column, mask)
    for code in fields.most_frequent(counts):
        shown = fields.shown(table, field, column.values[code])
        if wanted in shown.lower() and len(shown) <= LONGEST_VALUE:
            detail = _counted(int(counts[code]))
            yield Suggestion(text=quoted(shown), label=shown, kind="value", detail=detail)


def _counted(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs:,} runs"


def _numbers(table: Table, mask: Mask, field: Field) -> Iterator[Suggestion]:
    found = fields.facts(table, field, mask)
    for value, meaning in ((found.minimum, "the smallest"), (found.maximum, "the largest")):
        if value is not None:
            yield Suggestion(
                text=f"{value:.6g}", label=f"{value:.6g}", kind="value", detail=meaning
            )


def _words(hole: Hole) -> Iterator[Suggestion]:
    operators = {sign for signs in OPERATORS.values() for sign in signs}
    wanted = hole.partial.lower()
    for word in hole.expected:
        if word in MEANINGS and word.startswith(wanted):
            kind = "operator" if word in operators else "word"
            yield Suggestion(text=word, label=word, kind=kind, detail=MEANINGS[word])
