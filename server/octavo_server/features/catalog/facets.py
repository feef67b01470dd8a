"""Divides found views by their properties; pure.

Values of one facet widen a search (any of them), facets narrow it (all of them). A facet's counts
leave its own choices aside, so that one sees what choosing another value would give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from octavo_server.features.catalog import rules
from octavo_server.features.catalog.domain import Entry

NAMES = ("project", "entity", "owner", "tag", "freshness", "type", "online", "state")
MOST_VALUES = 50
LONGEST_VALUE = 200

Choices = Mapping[str, frozenset[str]]
"""Facet to the values that were chosen; without the facets of which none was."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value of a facet."""

    value: str
    """The value."""
    count: int
    """Views with it."""
    chosen: bool
    """Somebody narrowed the search to it."""


@dataclass(frozen=True, kw_only=True)
class Facet:
    """How the found views divide by one property."""

    name: str
    """One of :data:`NAMES`."""
    values: tuple[Value, ...]
    """Most frequent first."""
    more: int
    """Values that are left out."""


class Dated(NamedTuple):
    """A view's values by facet, and how long they hold: age and use change with time alone."""

    values: Mapping[str, tuple[str, ...]]
    """Facet to values."""
    until: datetime | None
    """From then on they may differ (UTC); None: never."""


def dated(entry: Entry, now: datetime) -> Dated:
    """Return a view's values by facet as of ``now``."""
    turns = (*rules.freshness_turns(entry.view), *rules.use_turns(entry.standing))
    return Dated(values(entry, now), min((at for at in turns if at > now), default=None))


def values(entry: Entry, now: datetime) -> dict[str, tuple[str, ...]]:
    """Return a view's values by facet."""
    view = entry.view
    looked_up = view.online and view.freshness.materialized_until is not None
    return {
        "project": (view.project,),
        "entity": view.entities,
        "owner": (view.owner[:LONGEST_VALUE],) if view.owner else (),
        "tag": tuple(f"{key}={value}"[:LONGEST_VALUE] for key, value in view.tags.items()),
        "freshness": (rules.freshness_state(view, now),),
        "type": tuple(dict.fromkeys(column.dtype for column in view.features)),
        "online": ("online" if looked_up else "offline",),
        "state": (rules.use_state(entry.standing, now),),
    }


class Division:
    """Counts views by facet while they are found."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in NAMES}

    def take(self, found: Mapping[str, tuple[str, ...]]) -> bool:
        """Count a view and tell whether it passes all choices."""
        failed = [name for name, chosen in self._choices.items() if chosen.isdisjoint(found[name])]
        if not failed:
            for name in NAMES:
                self._counts[name].update(found[name])
        elif len(failed) == 1:
            self._counts[failed[0]].update(found[failed[0]])
        return not failed

    def facets(self) -> tuple[Facet, ...]:
        """Return what was counted."""
        return tuple(self._facet(name) for name in NAMES)

    def _facet(self, name: str) -> Facet:
        counts, chosen = self._counts[name], self._choices.get(name, frozenset())
        ordered = sorted(counts, key=lambda value: (-counts[value], value))
        shown = _with_chosen(ordered, chosen)
        return Facet(
            name=name,
            values=tuple(
                Value(value=value, count=counts[value], chosen=value in chosen) for value in shown
            ),
            more=len(set(ordered) - set(shown)),
        )


def _with_chosen(ordered: list[str], chosen: Iterable[str]) -> list[str]:
    first = ordered[:MOST_VALUES]
    return first + [value for value in sorted(chosen) if value not in first]
