"""What a filter is once it has been read: a tree of plain records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

KINDS: Final = {"metrics": "metric", "params": "param", "tags": "tag"}
"""Prefix of a field as it is written -> what it names."""
COLUMNS: Final = {
    "started": "time",
    "ended": "time",
    "duration": "duration",
    "name": "text",
    "status": "choice",
    "owner": "text",
    "experiment": "text",
    "run_id": "text",
    "notebook": "text",
    "profile": "text",
    "models": "number",
}
"""Columns that every run has -> what their values are; a duration counts seconds."""
SPELLINGS: Final = {
    "started_at": "started",
    "ended_at": "ended",
    "id": "run_id",
    "attributes.start_time": "started",
    "attributes.end_time": "ended",
    "attributes.run_name": "name",
    "attributes.run_id": "run_id",
    "attributes.status": "status",
    "attributes.user_id": "owner",
    "run_name": "name",
    "start_time": "started",
    "end_time": "ended",
    "user_id": "owner",
    "user": "owner",
    "state": "status",
    "by": "owner",
    "took": "duration",
    "model": "models",
}
"""Other spellings of columns: MLflow's, and the titles that the table of runs shows."""
SINGULAR: Final = {"metric": "metrics", "param": "params", "parameter": "params", "tag": "tags"}
LONGEST_NAME: Final = 1_000
_PLAIN: Final = re.compile(r"[\w./-]+")


@dataclass(frozen=True, kw_only=True)
class Field:
    """Something of a run that has a value."""

    kind: str
    """column, metric, param or tag."""
    name: str
    """Its bare name; of a column the canonical one."""

    @property
    def written(self) -> str:
        """The field as filters, orders and columns write it."""
        if self.kind == "column":
            return self.name
        return self.prefix + (self.name if _PLAIN.fullmatch(self.name) else quoted(self.name))

    @property
    def prefix(self) -> str:
        """What stands before the name, such as `metrics.`; nothing for a column."""
        return "".join(f"{prefix}." for prefix, kind in KINDS.items() if kind == self.kind)

    @property
    def type(self) -> str:
        """number, text, time, duration or choice."""
        if self.kind == "column":
            return COLUMNS[self.name]
        return "number" if self.kind == "metric" else "text"


@dataclass(frozen=True, kw_only=True)
class Value:
    """What a field is compared with."""

    text: str
    """As it was written, without quotes."""
    number: float | None = None
    """As a number: of a time seconds since 1970, of a duration seconds; None for a text."""
    ago: bool = False
    """True: `number` counts seconds back from the moment of the question."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A field beside a value."""

    field: Field
    """The field."""
    op: str
    """One of = != < <= > >= like ilike contains."""
    value: Value
    """The value."""


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A field among values."""

    field: Field
    """The field."""
    values: tuple[Value, ...]
    """The values."""


@dataclass(frozen=True, kw_only=True)
class Presence:
    """A field that has any value at all."""

    field: Field
    """The field."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text that any of a run's texts contains, whatever its case."""

    text: str
    """The text."""


@dataclass(frozen=True, kw_only=True)
class Not:
    """The runs that another filter doesn't find."""

    inner: Filter
    """The other filter."""


@dataclass(frozen=True, kw_only=True)
class All:
    """The runs that every one of some filters finds; without any, all runs."""

    parts: tuple[Filter, ...] = ()
    """The filters."""


@dataclass(frozen=True, kw_only=True)
class Any:
    """The runs that at least one of some filters finds."""

    parts: tuple[Filter, ...]
    """The filters."""


Filter = Comparison | Membership | Presence | Words | Not | All | Any


def quoted(text: str) -> str:
    """Return a text between double quotes, as the reader takes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def fields_in(tree: Filter) -> Iterator[Field]:
    """Yield the fields that a filter names."""
    if isinstance(tree, Not):
        yield from fields_in(tree.inner)
    elif isinstance(tree, All | Any):
        for part in tree.parts:
            yield from fields_in(part)
    elif not isinstance(tree, Words):
        yield tree.field


def moves_with_time(tree: Filter) -> bool:
    """Return whether what a filter finds changes by waiting alone."""
    if isinstance(tree, Not):
        return moves_with_time(tree.inner)
    if isinstance(tree, All | Any):
        return any(moves_with_time(part) for part in tree.parts)
    return any(value.ago for value in _values(tree))


def _values(tree: Filter) -> Iterator[Value]:
    if isinstance(tree, Comparison):
        yield tree.value
    elif isinstance(tree, Membership):
        yield from tree.values
