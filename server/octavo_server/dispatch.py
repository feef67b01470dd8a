"""Hands work to the executor as long as it has places: the most urgent first, each kind in turn.

Who has to wait is decided here and not in a queue, so that what comes later with a higher priority
goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, zip_longest
from typing import Protocol

Waiting = Callable[[], Iterable[tuple[str, str]]]
"""Gives subject and key of each piece of work that waits, the most urgent first."""


class Executor(Protocol):
    """Calls handlers durably; see ``adapters/dbos_executor.py``."""

    def free(self) -> int:
        """Return how many more handlers may be under way."""

    def hand_over(self, kind: str, subject: str, key: str) -> bool:
        """Have ``kind``'s handler called with ``subject``, once for a ``key``; False: not now."""


class Dispatcher:
    """Called by the worker again and again; without a free place it asks nobody."""

    def __init__(self, executor: Executor, kinds: Mapping[str, Waiting]) -> None:
        self._executor = executor
        self._kinds = kinds

    def step(self) -> int:
        """Hand over what there are places for; return how much that was."""
        handed = 0
        if self._executor.free():
            for kind, subject, key in self._in_turn():
                handed += self._executor.hand_over(kind, subject, key)
                if not self._executor.free():
                    break
        return handed

    def _in_turn(self) -> Iterator[tuple[str, str, str]]:
        lists = [
            [(kind, subject, key) for subject, key in waiting()]
            for kind, waiting in self._kinds.items()
        ]
        return (one for one in chain.from_iterable(zip_longest(*lists)) if one is not None)
