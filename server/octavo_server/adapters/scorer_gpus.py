"""Lends this machine's GPUs to scorers by number, each to one deployment's model at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from pathlib import Path

from octavo.local.gpus import DRIVER, gpus
from octavo_server.errors import Unavailable


def _nobody() -> Collection[int]:
    return ()


class ScorerGpus:
    """Which scorer has which GPU; a scorer sees its own alone, one without any sees none.

    Versions of one model may share a GPU when no other is free: together they answer the same
    requests, and a single GPU must not keep the next version from being tried.
    """

    def __init__(
        self, driver: Path = DRIVER, elsewhere: Callable[[], Collection[int]] = _nobody
    ) -> None:
        """Take the driver's folder, and who says which GPUs are lent to workspaces."""
        self._driver = driver
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._lent: dict[str, tuple[str, tuple[int, ...]]] = {}

    def lend(self, scorer: str, model: str, count: int) -> tuple[int, ...]:
        """Lend ``count`` GPUs to a scorer until it gives them back. Raises Unavailable."""
        if not count:
            return ()
        every = [one.number for one in gpus(self._driver)]
        workspaces = set(self._elsewhere())
        with self._lock:
            scorers = {one for _, lent in self._lent.values() for one in lent}
            free = [one for one in every if one not in workspaces | scorers]
            own = sorted(
                {one for name, lent in self._lent.values() if name == model for one in lent}
            )
            chosen = tuple([*free, *own][:count])
            if len(chosen) < count:
                raise _none_free(count, every, scorers, workspaces)
            self._lent[scorer] = (model, chosen)
        return chosen

    def give_back(self, scorer: str) -> None:
        """Take back what a scorer has; nothing happens when it has none."""
        with self._lock:
            self._lent.pop(scorer, None)

    def adopt(self, scorer: str, model: str, lent: tuple[int, ...]) -> None:
        """Note what a scorer has that runs already."""
        if lent:
            with self._lock:
                self._lent[scorer] = (model, lent)


def _none_free(
    count: int, every: Collection[int], scorers: Collection[int], workspaces: Collection[int]
) -> Unavailable:
    wanted = "a GPU" if count == 1 else f"{count} GPUs"
    if not every:
        return Unavailable(
            f"The scorer needs {wanted}; this machine has none.", "Choose a profile without a GPU."
        )
    return Unavailable(
        f"The scorer needs {wanted}; of this machine's {len(every)}, {len(set(scorers))} are lent "
        f"to scorers and {len(set(workspaces) & set(every))} to workspaces.",
        "Stop what holds one, or choose a profile without a GPU.",
    )
