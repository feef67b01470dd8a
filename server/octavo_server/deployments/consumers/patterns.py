"""Watches whether what callers ask looks like copying the model answer by answer.

A sketch per caller and deployment, in bounded memory, of a sample of rows. Nothing is refused
because of it: people look at what it shows.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import msgspec

from octavo_server.deployments.consumers.evenness import is_even
from octavo_server.deployments.consumers.sketches import DistinctCount, SeenBefore

WINDOW = timedelta(hours=1)
"""How long a sketch is filled before it starts anew."""
MOST_CALLERS = 128
"""Callers with a sketch; the one that was silent longest loses its own."""
MOST_DEPLOYMENTS = 64
"""Deployments that remember which rows were asked before."""
KEPT_ROWS = 256
"""Rows of a caller that are kept, drawn evenly from the window."""
COLUMNS = 40
"""Numeric columns of a row that are looked at."""
ENOUGH = 500
"""Rows before anything is said."""
EVEN_SHARE, LEAST_EVEN = 0.6, 3
"""Share and least number of numeric columns that cover their range evenly in a grid."""
SINGLE_SHARE = 0.6
"""Share of rows that differ from the one before in one column, in a sweep."""
NEW_SHARE = 0.8
"""Share of rows that nobody had asked before, in anything that looks like copying."""
MANY, TIMES = 5_000, 10
"""Different rows, and how many times what others ask, that are a finding by themselves."""


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What a caller's rows look like."""

    project: str
    """Project."""
    deployment: str
    """The deployment that is asked."""
    caller: str
    """Who asks."""
    level: str
    """``ok`` or ``warning``."""
    findings: tuple[str, ...]
    """``grid``, ``sweep``, ``novelty``."""
    sentence: str
    """In words, with the numbers."""
    rows: int
    """Rows that were looked at."""
    distinct_rows: int
    """Different rows among them, estimated."""
    new_share: float
    """Share that nobody had asked before."""
    even_columns: int
    """Numeric columns that cover their range evenly."""
    numeric_columns: int
    """Numeric columns that vary."""
    single_change_share: float
    """Share that differ from the row before in one column."""
    since: datetime
    """Start of the window."""


@dataclass(kw_only=True)
class _Sketch:
    since: datetime
    rows: int = 0
    new: int = 0
    single: int = 0
    distinct: DistinctCount = field(default_factory=DistinctCount)
    kept: list[dict[str, float]] = field(default_factory=list)
    last: Mapping[str, Any] | None = None


Key = tuple[str, str, str]


class PatternBook:
    """Sketches by project, deployment and caller."""

    def __init__(self, clock: Callable[[], datetime], seed: int | None = None) -> None:
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - which rows are kept is no secret
        self._lock = threading.Lock()
        self._sketches: OrderedDict[Key, _Sketch] = OrderedDict()
        self._before: dict[Key, Pattern] = {}
        self._seen: OrderedDict[tuple[str, str], SeenBefore] = OrderedDict()

    def add(
        self, project: str, deployment: str, caller: str, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Look at rows that a caller asked."""
        key = (project, deployment, caller)
        with self._lock:
            sketch, seen = self._sketch(key), self._seen_by(project, deployment)
            for row in rows:
                self._look(sketch, seen, row)

    def patterns(
        self, project: str, *, deployment: str | None = None, caller: str | None = None
    ) -> list[Pattern]:
        """Return what callers' rows look like, the suspicious ones first."""
        with self._lock:
            found = [
                self._worse(key, self._pattern(key, sketch))
                for key, sketch in self._sketches.items()
                if key[0] == project and deployment in (None, key[1]) and caller in (None, key[2])
            ]
        return sorted(found, key=lambda one: (one.level != "warning", -one.rows, one.caller))

    def flagged(self) -> list[Pattern]:
        """Return all that looks like copying now, of all projects."""
        with self._lock:
            found = [self._worse(key, self._pattern(key, s)) for key, s in self._sketches.items()]
        return [one for one in found if one.level == "warning"]

    def _sketch(self, key: Key) -> _Sketch:
        now, found = self._clock(), self._sketches.get(key)
        if found is not None and now - found.since > WINDOW:
            self._before[key] = self._pattern(key, found)
            found = None
        if found is None:
            found = self._sketches[key] = _Sketch(since=now)
        self._sketches.move_to_end(key)
        while len(self._sketches) > MOST_CALLERS:
            gone, _ = self._sketches.popitem(last=False)
            self._before.pop(gone, None)
        return found

    def _seen_by(self, project: str, deployment: str) -> SeenBefore:
        key = (project, deployment)
        found = self._seen.setdefault(key, SeenBefore())
        self._seen.move_to_end(key)
        if len(self._seen) > MOST_DEPLOYMENTS:
            self._seen.popitem(last=False)
        return found

    def _look(self, sketch: _Sketch, seen: SeenBefore, row: Mapping[str, Any]) -> None:
        digest = _hash(row)
        sketch.rows += 1
        sketch.distinct.add(digest)
        sketch.new += seen.add(digest) == 0
        sketch.single += sketch.last is not None and _changes(sketch.last, row) == 1
        sketch.last = row
        if len(sketch.kept) < KEPT_ROWS:
            sketch.kept.append(_numbers(row))
        elif (place := self._random.randrange(sketch.rows)) < KEPT_ROWS:
            sketch.kept[place] = _numbers(row)

    def _pattern(self, key: Key, sketch: _Sketch) -> Pattern:
        even, numeric = _even_columns(sketch.kept)
        rows = max(1, sketch.rows)
        found = _findings(sketch, even, numeric, self._others(key))
        pattern = Pattern(
            project=key[0],
            deployment=key[1],
            caller=key[2],
            level="warning" if found else "ok",
            findings=found,
            sentence="",
            rows=sketch.rows,
            distinct_rows=min(sketch.rows, sketch.distinct.estimate()),
            new_share=sketch.new / rows,
            even_columns=even,
            numeric_columns=numeric,
            single_change_share=sketch.single / rows,
            since=sketch.since,
        )
        return replace(pattern, sentence=sentence(pattern))

    def _others(self, key: Key) -> list[int]:
        """Return how many different rows each other caller of the deployment asked."""
        return [
            sketch.distinct.estimate()
            for other, sketch in self._sketches.items()
            if other[:2] == key[:2] and other != key
        ]

    def _worse(self, key: Key, now: Pattern) -> Pattern:
        """Return what the window before showed, while the new one has too little to say."""
        before = self._before.get(key)
        if before is None or now.level == "warning" or now.rows >= ENOUGH:
            return now
        return before if before.level == "warning" else now


def sentence(pattern: Pattern) -> str:
    """Say what a caller's rows look like."""
    if not pattern.findings:
        return f"{pattern.rows:,} rows, nothing unusual."
    words = {
        "grid": f"{pattern.even_columns} of {pattern.numeric_columns} numeric columns cover "
        "their range evenly, as a grid does",
        "sweep": f"{pattern.single_change_share:.0%} of the rows change a single column of "
        "the row before",
        "novelty": f"{pattern.distinct_rows:,} different rows, over {TIMES} times as many as "
        "other callers",
    }
    told = "; ".join(words[one] for one in pattern.findings)
    return f"Looks like copying the model: {told} ({pattern.rows:,} rows)."


def _findings(sketch: _Sketch, even: int, numeric: int, others: Sequence[int]) -> tuple[str, ...]:
    if sketch.rows < ENOUGH or sketch.new < NEW_SHARE * sketch.rows:
        return ()
    found = []
    if even >= max(EVEN_SHARE * numeric, min(LEAST_EVEN, numeric), 2):
        found.append("grid")
    if sketch.single >= SINGLE_SHARE * sketch.rows:
        found.append("sweep")
    distinct = sketch.distinct.estimate()
    if len(others) >= LEAST_EVEN and distinct >= max(MANY, TIMES * median(others)):
        found.append("novelty")
    return tuple(found)


def _even_columns(rows: Sequence[Mapping[str, float]]) -> tuple[int, int]:
    """Return how many columns are even, and how many vary enough to say."""
    names = {name: None for row in rows for name in row}
    judged = [is_even([row[name] for row in rows if name in row]) for name in names]
    return sum(one is True for one in judged), sum(one is not None for one in judged)


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in row.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = float(value)
            if len(found) == COLUMNS:
                break
    return found


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    if before.keys() != after.keys():
        return len(after)
    return sum(before[name] != value for name, value in after.items())


def _hash(row: Mapping[str, Any]) -> int:
    written = msgspec.json.encode(row, order="deterministic")
    return int.from_bytes(hashlib.blake2b(written, digest_size=8).digest())
