"""Finds words that are like a word: the same, longer, containing it, or mistyped; pure."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"[^\W_]+")

LONGEST_TEXT = 5_000
"""Characters of a text that are searched; the rest of a huge description is not."""
MOST_WORDS = 400
"""Different words of a text that are searched."""
LONGEST_WORD = 64
"""Characters of a word that are compared."""
SHORT_TEXT, KEPT_TEXTS = 200, 50_000
"""Texts of so many characters, and so many of them, are taken apart once."""
KEPT_ANSWERS = 2_000
"""Asked words whose answers are kept."""
_AFTER_ALL = "\U0010ffff"


class How(StrEnum):
    """How a word was found."""

    EXACT = "exact"
    PREFIX = "prefix"
    INSIDE = "inside"
    TYPO = "typo"


CLOSENESS = {How.EXACT: 1.0, How.PREFIX: 0.8, How.INSIDE: 0.6, How.TYPO: 0.4}
"""How much a kind of match counts; a word with typing errors less by each of them."""


class Match(NamedTuple):
    """A word that answers an asked one."""

    how: How
    """How it is like the asked one."""
    closeness: float
    """How much it counts, 0 to 1."""


Answers = Mapping[str, Match]
"""Found word to how it was found."""


def words(text: str) -> list[str]:
    """Return the words of ``text`` as they are compared, in order; an underscore separates words.

    Of a huge text only the beginning counts, so that nobody can slow the search for everybody.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


def distinct(text: str) -> tuple[str, ...]:
    """Return the different words of ``text``, at most :data:`MOST_WORDS`."""
    return _kept_words(text) if len(text) <= SHORT_TEXT else _different(text)


def _different(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words(text)))[:MOST_WORDS]


_kept_words = lru_cache(maxsize=KEPT_TEXTS)(_different)


def allowed_errors(word: str) -> int:
    """Return how many typing errors ``word`` may have: none in a short one."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


class Vocabulary:
    """All words that can be found; answers what an asked word may mean.

    A typing error is a letter too much, missing, wrong, or swapped with its neighbour (optimal
    string alignment distance). Errors are looked for only where nothing matches without one.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._sorted = sorted(known)
        self._known = frozenset(self._sorted)
        self._by_length: defaultdict[int, list[str]] = defaultdict(list)
        for word in self._sorted:
            self._by_length[len(word)].append(word)
        self._beginnings: dict[int, list[str]] = {}
        self._kept: dict[str, Answers] = {}

    def answers(self, asked: str) -> Answers:
        """Return the words that ``asked`` may mean."""
        kept = self._kept.get(asked)
        if kept is None:
            if len(self._kept) >= KEPT_ANSWERS:
                self._kept.clear()
            kept = self._kept[asked] = self._find(asked)
        return kept

    def _find(self, asked: str) -> Answers:
        found = {word: _match(How.PREFIX) for word in self._beginning_with(asked)}
        if asked in self._known:
            found[asked] = _match(How.EXACT)
        if len(asked) >= 3:
            for word in self._sorted:
                if asked in word and word not in found:
                    found[word] = _match(How.INSIDE)
        return found or self._mistyped(asked)

    def _beginning_with(self, asked: str) -> list[str]:
        start = bisect_left(self._sorted, asked)
        return self._sorted[start : bisect_left(self._sorted, asked + _AFTER_ALL)]

    def _mistyped(self, asked: str) -> Answers:
        most = allowed_errors(asked)
        if not most:
            return {}
        span = range(len(asked) - most, len(asked) + most + 1)
        near = [word for length in span for word in self._by_length.get(length, ())]
        found = {word: _mistake(errors) for word, errors in _within(asked, near, most)}
        if found:
            return found
        # Somebody who is still typing has made the error in the beginning of a longer word.
        begun = [one for length in span for one in self._of_length(length)]
        return {
            word: _mistake(errors)
            for one, errors in _within(asked, begun, most)
            for word in self._beginning_with(one)
        }

    def _of_length(self, length: int) -> list[str]:
        found = self._beginnings.get(length)
        if found is None:
            longer = (word[:length] for word in self._sorted if len(word) > length)
            found = self._beginnings[length] = list(dict.fromkeys(longer))
        return found


def _match(how: How) -> Match:
    return Match(how, CLOSENESS[how])


def _mistake(errors: int) -> Match:
    return Match(How.TYPO, CLOSENESS[How.TYPO] / errors)


def _within(asked: str, words: list[str], most: int) -> list[tuple[str, int]]:
    """Return the words that at most ``most`` typing errors turn into ``asked``, worst first."""
    found = process.extract(asked, words, scorer=OSA.distance, score_cutoff=most, limit=None)
    return [(word, int(errors)) for word, errors, _ in reversed(found)]
