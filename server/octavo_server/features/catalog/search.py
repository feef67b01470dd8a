"""Finds feature views by words and says why; pure.

Every word of a query must be found somewhere in a view. A word adds the points of its best place:
how much the kind of place counts, times how close the found word is. Views that people read get up
to one point more. A :class:`SearchIndex` holds one project's views; changing it costs what changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from octavo_server.features.catalog.domain import Entry, View
from octavo_server.features.catalog.matching import (
    LONGEST_WORD,
    Answers,
    How,
    Match,
    Vocabulary,
    distinct,
    words,
)

PLACES = {
    "name": 8.0,
    "column": 5.0,
    "entity": 4.0,
    "service": 3.0,
    "tag": 3.0,
    "owner": 3.0,
    "description": 1.0,
    "column description": 1.0,
}
"""How much the place of a match counts."""
WHOLE_NAME = 2.0
"""What a word adds that is the whole name; a part of a name adds its share."""
MOST_WORDS = 12
"""Words of a query that count."""
MOST_REASONS = 8
READERS_FOR_A_POINT = 15


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a view was found: one word of the query in one place."""

    asked: str
    """The word of the query."""
    found: str
    """The word that was found for it."""
    how: How
    """How they are alike."""
    field: str
    """One of :data:`PLACES`."""
    of: str
    """The column's, tag's, entity's or service's name; empty for the view's own fields."""
    points: float
    """What it adds to the score."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A view that a search found."""

    entry: Entry
    """The view."""
    score: float
    """How well it matches; higher is better."""
    reasons: tuple[Reason, ...]
    """Why, best first."""
    columns: tuple[str, ...]
    """Columns in whose names or descriptions words were found, best first."""

    @property
    def matched(self) -> tuple[str, ...]:
        """Where the words were found, best first: ``name``, ``column carrier_delay``."""
        places = (f"{one.field} {one.of}".strip() for one in self.reasons)
        return tuple(dict.fromkeys(places))

    @property
    def use_points(self) -> float:
        """What recent use adds to the score."""
        return use_points(self.entry.standing.people)


class Place(NamedTuple):
    """A text of a view in which words may be found."""

    field: str
    """One of :data:`PLACES`."""
    of: str
    """Which one of its kind."""
    text: str
    """The text."""


def places(view: View) -> Iterator[Place]:
    """Yield the texts of a view that are searched."""
    yield Place("name", "", view.name)
    for column in view.features:
        yield Place("column", column.name, column.name)
        yield Place("column description", column.name, column.description)
    for entity in dict.fromkeys((*view.entities, *view.join_keys)):
        yield Place("entity", entity, entity)
    for service in view.services:
        yield Place("service", service, service)
    for key, value in view.tags.items():
        yield Place("tag", key, f"{key} {value}")
    yield Place("owner", "", view.owner)
    yield Place("description", "", view.description)


def weighed(place: Place) -> Mapping[str, float]:
    """Return the words of a place with what each counts.

    A name is found by its parts and as a whole, written with or without underscores.
    """
    found, weight = distinct(place.text), PLACES[place.field]
    if place.field not in ("name", "column") or not found:
        return dict.fromkeys(found, weight)
    bonus = WHOLE_NAME if place.field == "name" else 0.0
    whole = "".join(found)[:LONGEST_WORD]
    return {whole: weight + bonus, **dict.fromkeys(found, weight + bonus / len(found))}


def use_points(people: int) -> float:
    """Return what ``people`` who read a view lately add to its score: 0 to 1, the first most."""
    return round(min(1.0, math.log1p(people) / math.log1p(READERS_FOR_A_POINT)), 3)


class SearchIndex:
    """The views of one project, ready to be searched."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        self._postings: dict[str, dict[str, float]] = {}
        self._vocabulary: Vocabulary | None = None
        self.change(entries)

    @property
    def entries(self) -> Mapping[str, Entry]:
        """View by name; in the order of names."""
        return self._entries

    def change(self, entries: Iterable[Entry], snapshot: str = "") -> None:
        """Take new, changed and removed views; ``snapshot`` is the one that all are of now."""
        for entry in entries:
            self._forget(entry.view.name)
            if not entry.removed:
                self._learn(entry)
        self._entries = {
            name: _of_snapshot(entry, snapshot) for name, entry in sorted(self._entries.items())
        }

    def answers(self, asked: str) -> Answers:
        """Return the words of these views that ``asked`` may mean."""
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._postings)
        return self._vocabulary.answers(asked)

    def scores(self, wanted: Sequence[str]) -> dict[str, float]:
        """Return the points of each view in which all the words are found."""
        best: list[dict[str, float]] = []
        for asked in wanted:
            points = self._best(self.answers(asked))
            if not points:
                return {}
            best.append(points)
        if not best:
            return dict.fromkeys(self._entries, 0.0)
        fewest = min(best, key=len)
        people = {name: self._entries[name].standing.people for name in fewest}
        return {
            name: sum(points[name] for points in best) + use_points(people[name])
            for name in fewest
            if all(name in points for points in best)
        }

    def hit(self, name: str, score: float, wanted: Sequence[str]) -> Hit:
        """Return the view with the reasons why it was found."""
        entry = self._entries[name]
        reasons = sorted(self._reasons(entry.view, wanted), key=lambda one: -one.points)
        columns = dict.fromkeys(one.of for one in reasons if one.field.startswith("column"))
        return Hit(
            entry=entry,
            score=round(score, 3),
            reasons=_best_of_each_word(reasons),
            columns=tuple(columns),
        )

    def _best(self, answers: Answers) -> dict[str, float]:
        best: dict[str, float] = {}
        for word, match in answers.items():
            for name, weight in self._postings[word].items():
                points = weight * match.closeness
                if points > best.get(name, 0.0):
                    best[name] = points
        return best

    def _reasons(self, view: View, wanted: Sequence[str]) -> Iterator[Reason]:
        """Yield for each asked word and place the word that was found there, the best of them."""
        answers = [(asked, self.answers(asked)) for asked in wanted]
        for place in places(view) if answers else ():
            weights = weighed(place)
            for asked, meanings in answers:
                found = [word for word in weights if word in meanings]
                if found:
                    best = max(found, key=lambda word: weights[word] * meanings[word].closeness)
                    yield _reason(asked, best, meanings[best], place, weights[best])

    def _learn(self, entry: Entry) -> None:
        name = entry.view.name
        self._entries[name] = entry
        best: dict[str, float] = {}
        for place in places(entry.view):
            for word, weight in weighed(place).items():
                best[word] = max(best.get(word, 0.0), weight)
        for word, weight in best.items():
            known = self._postings.get(word)
            if known is None:
                self._vocabulary = None
                known = self._postings[word] = {}
            known[name] = weight
        self._words[name] = tuple(best)

    def _forget(self, name: str) -> None:
        if self._entries.pop(name, None) is None:
            return
        for word in self._words.pop(name):
            known = self._postings[word]
            del known[name]
            if not known:
                self._vocabulary = None
                del self._postings[word]


def _of_snapshot(entry: Entry, snapshot: str) -> Entry:
    if not snapshot or entry.view.snapshot == snapshot:
        return entry
    return replace(entry, view=replace(entry.view, snapshot=snapshot))


def _reason(asked: str, found: str, match: Match, place: Place, weight: float) -> Reason:
    return Reason(
        asked=asked,
        found=found,
        how=match.how,
        field=place.field,
        of=place.of,
        points=round(weight * match.closeness, 3),
    )


def _best_of_each_word(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return the first reasons, but of each asked word at least its best."""
    firsts = {one.asked: one for one in reversed(reasons)}
    chosen = list(firsts.values())
    chosen += [one for one in reasons if one not in chosen][: MOST_REASONS - len(chosen)]
    return tuple(sorted(chosen, key=lambda one: -one.points)[: max(MOST_REASONS, len(firsts))])


def asked_words(query: str) -> list[str]:
    """Return the different words of a query that count.

    What has neither letters nor digits counts as one word, which no view has.
    """
    found = list(dict.fromkeys(words(query)))[:MOST_WORDS]
    return found or [one[:LONGEST_WORD] for one in query.split()[:1]]
