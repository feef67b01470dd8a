"""Keeps the metric histories that somebody looks at, up to date and within a fixed memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from octavo_server.errors import Unavailable
from octavo_server.experiments.comparison.domain import Axis, Floats, History
from octavo_server.experiments.comparison.ports import Histories
from octavo_server.experiments.comparison.pyramid import Pyramid
from octavo_server.experiments.runs.service import Run

#: Points that are kept in memory, 24 bytes each: the longest unused curves go first.
MOST_KEPT: Final = 10_000_000
#: A live run's history of this age is read again as a whole: points may have come with an old
#: time.  That of a run that ended is, after a longer one: its newest value tells of nearly all.
OLDEST_S: Final = 300.0
OLDEST_ENDED_S: Final = 1_800.0
#: Points logged by several clients may come late by this much, milliseconds.
OVERLAP_MS: Final = 10_000
#: Histories that are read at the same time.
AT_ONCE: Final = 2

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """One history, sorted by step, with the curves made of it."""

    history: History
    """All values by step, then time."""
    marker: object
    """The run's newest value of this metric when it was read."""
    live: bool
    """Whether the run was still going."""
    read_at: float
    """When the whole was read, on a clock that never goes back."""
    curves: dict[Axis, Pyramid]
    """Curves over each axis, made at first use."""
    stale: bool = False
    """True when MLflow didn't answer."""


class HistoryBook:
    """Gives curves; reads a history once, then only what was added."""

    def __init__(self, histories: Histories, clock: Callable[[], float] = time.monotonic) -> None:
        self._histories = histories
        self._clock = clock
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._busy: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(AT_ONCE)

    def curve(self, run: Run, metric: str, axis: Axis) -> tuple[Pyramid, Kept]:
        """The run's metric over an axis. Raises Unavailable when it was never read."""
        kept = self._current(run, metric)
        by = Axis.STEP if axis is Axis.STEP else Axis.TIME
        found = kept.curves.get(by)
        if found is None:
            found = kept.curves[by] = _curve(kept.history, by)
        return found, kept

    def _current(self, run: Run, metric: str) -> Kept:
        key = (run.run_id, metric)
        with self._alone(key):
            kept = self._look(key)
            marker, live = run.latest.get(metric), run.ended_at is None
            fresh = kept is not None and kept.marker == marker and kept.live == live
            oldest = OLDEST_S if live else OLDEST_ENDED_S
            if kept is not None and fresh and self._clock() - kept.read_at < oldest:
                return kept
            try:
                found = self._read(key, kept if live else None, marker, live=live)
            except Unavailable:
                if kept is None:
                    raise
                return replace(kept, stale=True)
            self._keep(key, found)
            return found

    def _read(self, key: Key, kept: Kept | None, marker: object, *, live: bool) -> Kept:
        now = self._clock()
        with self._slots:
            if kept is not None and now - kept.read_at < OLDEST_S and len(kept.history.at):
                since = int(kept.history.at.max()) - OVERLAP_MS
                added = self._histories.history(*key, since)
                whole, read_at = _joined(kept.history, added, since), kept.read_at
            else:
                whole, read_at = self._histories.history(*key), now
        return Kept(history=_sorted(whole), marker=marker, live=live, read_at=read_at, curves={})

    def _look(self, key: Key) -> Kept | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Key, found: Kept) -> None:
        with self._lock:
            self._kept[key] = found
            self._kept.move_to_end(key)
            points = sum(len(one.history.step) for one in self._kept.values())
            while points > MOST_KEPT and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                points -= len(gone.history.step)

    @contextmanager
    def _alone(self, key: Key) -> Iterator[None]:
        """Lets one at a time read the same history: the others find it read."""
        with self._lock:
            lock = self._busy.setdefault(key, threading.Lock())
        try:
            with lock:
                yield
        finally:
            with self._lock:
                if not lock.locked():
                    self._busy.pop(key, None)


def started(run: Run, kept: Kept) -> float:
    """When the run began, milliseconds; its first value where it doesn't say."""
    if isinstance(run.started_at, datetime):
        return run.started_at.timestamp() * 1000
    return float(kept.history.at.min()) if len(kept.history.at) else 0.0


def _sorted(history: History) -> History:
    step, at = history.step, history.at
    later = (step[1:] > step[:-1]) | ((step[1:] == step[:-1]) & (at[1:] >= at[:-1]))
    if bool(later.all()):
        return history
    return _taken(history, np.lexsort((at, step)))


def _taken(history: History, order: np.ndarray) -> History:
    return replace(
        history, step=history.step[order], at=history.at[order], value=history.value[order]
    )


def _joined(before: History, added: History, since: int) -> History:
    """What was known until `since`, and everything that MLflow has from then on."""
    old = _taken(before, before.at < since)
    return History(
        step=np.concatenate((old.step, added.step)),
        at=np.concatenate((old.at, added.at)),
        value=np.concatenate((old.value, added.value)),
        truncated=before.truncated or added.truncated,
    )


def _curve(history: History, axis: Axis) -> Pyramid:
    if axis is Axis.STEP:
        return Pyramid(history.step, history.value)
    at: Floats = history.at
    if bool((at[1:] >= at[:-1]).all()):
        return Pyramid(at, history.value)
    order = np.argsort(at, kind="stable")
    return Pyramid(at[order], history.value[order])
