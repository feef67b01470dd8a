"""Finds feature views by words, with a little tolerance for typing errors; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from octavo_server.features.catalog.domain import Hit, View

_WORD = re.compile(r"[^\W_]+")

EXACT, PREFIX, INSIDE, NEAR = 1.0, 0.8, 0.6, 0.35
"""How much a kind of match counts: the word itself, its beginning, a part, a typing error."""

NAME, COLUMN, ENTITY, TAG, OWNER, DESCRIPTION = 8.0, 5.0, 4.0, 3.0, 3.0, 1.0
"""How much the place of a match counts."""


def words(text: str) -> list[str]:
    """Return the lower-case words of ``text``; an underscore separates words."""
    return _WORD.findall(text.lower())


def search(views: Iterable[View], query: str) -> list[Hit]:
    """Return the views in which every word of ``query`` is found, best first.

    Without a word all views match, by name.
    """
    wanted = words(query)
    if not wanted:
        ordered = sorted(views, key=lambda view: view.name)
        return [Hit(view=view, score=0.0, matched=()) for view in ordered]
    hits = [hit for view in views if (hit := _hit(view, wanted)) is not None]
    return sorted(hits, key=lambda hit: (-hit.score, hit.view.name))


def _hit(view: View, wanted: list[str]) -> Hit | None:
    total, places = 0.0, dict[str, float]()
    for word in wanted:
        best = 0.0
        for place, weight, text in _texts(view):
            score = weight * likeness(word, text)
            if score:
                places[place] = max(places.get(place, 0.0), score)
            best = max(best, score)
        if not best:
            return None
        total += best
    matched = sorted(places, key=lambda place: -places[place])
    return Hit(view=view, score=total + _breadth(places), matched=tuple(matched))


def _breadth(places: dict[str, float]) -> float:
    """Return a bonus under 1 for a view that speaks of the words in many places."""
    return 1.0 - 1.0 / (1.0 + sum(places.values()))


def _texts(view: View) -> Iterator[tuple[str, float, str]]:
    yield "name", NAME, view.name
    for column in view.features:
        yield f"column {column.name}", COLUMN, column.name
        yield f"column {column.name}", DESCRIPTION, column.description
    for entity in {*view.entities, *view.join_keys}:
        yield f"entity {entity}", ENTITY, entity
    for key, value in view.tags.items():
        yield f"tag {key}", TAG, f"{key} {value}"
    yield "owner", OWNER, view.owner
    yield "description", DESCRIPTION, view.description


def likeness(word: str, text: str) -> float:
    """Return how well the best word of ``text`` matches ``word``, 0 to 1."""
    best = 0.0
    for found in words(text):
        if found == word:
            return EXACT
        if found.startswith(word):
            best = max(best, PREFIX)
        elif len(word) >= 3 and word in found:
            best = max(best, INSIDE)
        elif best < NEAR and within(word, found, _allowed(word)):
            best = NEAR
    return best


def _allowed(word: str) -> int:
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def within(first: str, second: str, most: int) -> bool:
    """Tell whether at most ``most`` typing errors turn ``first`` into ``second``.

    An error is a letter too much, missing, wrong, or swapped with its neighbour (the restricted
    Damerau-Levenshtein distance).
    """
    if abs(len(first) - len(second)) > most:
        return False
    before: list[int] = []
    last = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
        before, last = last, row
    return last[-1] <= most
