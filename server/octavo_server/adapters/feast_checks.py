"""Lets checks of declarations in one after the other, and answers the same question once.

A check reads tables of the lake for seconds. The form asks for a plan and then for a change of the
same declaration, and many people may ask at once: that must not take the service's threads.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.errors import Unavailable
from octavo_server.features.publishing.domain import Checked

AT_ONCE = 2
"""Checks of all projects that run at the same time; one of each project."""
MOST_WAITING = 8
"""How many ask at the same time; one more is refused at once."""
WAIT_S = 20.0
"""How long one waits for its turn."""
KEPT, KEEP_S = 32, 300.0
"""Answers that are kept, and for how long."""

Check = Callable[[FeatureDeclaration, Path], Checked]


class Checks:
    """Takes turns to ``check``; an answer holds while neither declaration nor lake changed."""

    def __init__(
        self,
        check: Check,
        *,
        wait_s: float = WAIT_S,
        most_waiting: int = MOST_WAITING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._wait_s = wait_s
        self._clock = clock
        self._guests = threading.BoundedSemaphore(most_waiting)
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._own_turn: dict[Path, threading.Lock] = defaultdict(threading.Lock)
        self._kept: OrderedDict[str, tuple[float, Checked]] = OrderedDict()

    def check(self, declaration: FeatureDeclaration, lake: Path) -> Checked:
        """Return what the check found. Raises Unavailable when it gets no turn."""
        asked = _digest(declaration, lake)
        kept = self._known(asked)
        if kept is not None:
            return kept
        with self._turn(lake):
            found = self._known(asked) or self._check(declaration, lake)
            self._kept[asked] = (self._clock() + KEEP_S, found)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def _known(self, asked: str) -> Checked | None:
        until, found = self._kept.get(asked, (0.0, None))
        return found if self._clock() < until else None

    @contextmanager
    def _turn(self, lake: Path) -> Iterator[None]:
        if not self._guests.acquire(blocking=False):
            raise _busy("As many checks of features as can be are waiting already.")
        try:
            until = self._clock() + self._wait_s
            with self._taken(self._own_turn[lake], until), self._taken(self._turns, until):
                yield
        finally:
            self._guests.release()

    @contextmanager
    def _taken(
        self, turn: threading.Lock | threading.BoundedSemaphore, until: float
    ) -> Iterator[None]:
        if not turn.acquire(timeout=max(0.0, until - self._clock())):
            raise _busy(f"Other checks of features kept this one waiting for {self._wait_s:g} s.")
        try:
            yield
        finally:
            turn.release()


def _busy(message: str) -> Unavailable:
    return Unavailable(message, "Try again in a minute.")


def _digest(declaration: FeatureDeclaration, lake: Path) -> str:
    """Return what an answer depends on: the declaration, and what of the lake's files shows."""
    total = hashlib.sha256(declaration.model_dump_json().encode())
    for file in sorted(lake.rglob("*.parquet")):
        try:
            facts = file.stat()
        except FileNotFoundError:
            continue  # replaced while the folder is read; the new one has another time
        total.update(f"{file}:{facts.st_size}:{facts.st_mtime_ns}\n".encode())
    return total.hexdigest()
