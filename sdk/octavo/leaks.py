"""Finds features that know more than could be known: the leak check of a joined frame.

A row of a training frame stands for one moment. Nothing in it may come from later::

    from octavo import leaks

    leaks.require_none(leaks.newer_than_row(frame, "event_timestamp"))
    leaks.require_none(leaks.counted_too_early(source, landings, keys=["carrier"], ...))

:func:`newer_than_row` reads the proof columns (``*_known_at``) that a view carries beside its
values. :func:`counted_too_early` trusts no such column: it recounts, from the outcomes themselves,
how many could have been known, so a view that misdates its own rows is caught as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PROOF_SUFFIX = "_known_at"
"""A column of this name's end says when the newest input of its view became known."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One way in which values use what was not known yet."""

    column: str
    """The column that gives it away."""
    rows: int
    """How many rows are affected."""
    of: int
    """How many rows were looked at."""
    example: str
    """The worst row, in words."""

    def __str__(self) -> str:
        """Return the finding as one sentence."""
        return f"{self.column}: {self.rows:,} of {self.of:,} rows {self.example}"


class LeakFound(ValueError):
    """Values were used before they were known; ``leaks`` lists how."""

    def __init__(self, leaks: Sequence[Leak]) -> None:
        super().__init__("; ".join(str(leak) for leak in leaks))
        self.leaks = tuple(leaks)


def require_none(*findings: Sequence[Leak]) -> None:
    """Raise :class:`LeakFound` when any of ``findings`` holds a leak."""
    leaks = [leak for finding in findings for leak in finding]
    if leaks:
        raise LeakFound(leaks)


def newer_than_row(
    frame: pd.DataFrame, row_time: str = "event_timestamp", proofs: Sequence[str] | None = None
) -> list[Leak]:
    """Return a leak for each proof column with a time after its row's ``row_time``.

    ``proofs`` defaults to every column that ends in ``_known_at``. Times without a zone are UTC.
    Raises ValueError when there is no proof column: then nothing was checked.
    """
    import pandas as pd

    columns = [name for name in frame.columns if str(name).endswith(PROOF_SUFFIX)]
    columns = list(proofs) if proofs is not None else columns
    if not columns:
        raise ValueError(
            f"no column ends in {PROOF_SUFFIX!r}: ask the feature views for their proof columns"
        )
    at = pd.to_datetime(frame[row_time], utc=True)
    leaks = []
    for column in columns:
        known = pd.to_datetime(frame[column], utc=True)
        early = known > at
        if early.any():
            ahead = (known - at)[early]
            leaks.append(_leak(column, early, f"use what became known up to {ahead.max()} later"))
    return leaks


def counted_too_early(
    values: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    keys: Sequence[str],
    count: str,
    window: pd.Timedelta,
    known: str = "known_at",
    time: str = "event_timestamp",
) -> list[Leak]:
    """Return a leak if rows of ``values`` count more outcomes than were known by their time.

    ``values`` has ``keys``, ``time`` and ``count``: how many outcomes of the last ``window`` its
    row is made from. ``outcomes`` has ``keys`` and ``known``: when each outcome became known,
    missing if never.
    """
    possible = known_by(values, outcomes, keys=keys, window=window, known=known, time=time)
    excess = values[count].to_numpy(dtype="float64") - possible
    early = excess > 0
    if not early.any():
        return []
    words = f"count up to {int(excess.max())} outcomes more than were known by then"
    return [_leak(count, early, words)]


def known_by(
    values: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    keys: Sequence[str],
    window: pd.Timedelta,
    known: str = "known_at",
    time: str = "event_timestamp",
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return, for each row of ``values``, how many outcomes were known in the window before it."""
    import numpy as np

    done = outcomes.dropna(subset=[known, *keys])
    instants = dict(_instants(done, keys, known))
    found = np.zeros(len(values), dtype=np.int64)
    width = window.value
    position = np.arange(len(values))
    for name, rows in _positions(values, keys, position):
        at = instants.get(name)
        if at is None:
            continue
        ends = _nanoseconds(values[time].iloc[rows])
        upto = np.searchsorted(at, ends, side="right")
        found[rows] = upto - np.searchsorted(at, ends - width, side="right")
    return found


def _instants(outcomes: pd.DataFrame, keys: Sequence[str], known: str) -> Any:
    import numpy as np

    for name, group in outcomes.groupby(list(keys), sort=False, observed=True):
        yield name, np.sort(_nanoseconds(group[known]))


def _positions(values: pd.DataFrame, keys: Sequence[str], position: Any) -> Any:
    grouped = values.groupby(list(keys), sort=False, observed=True)
    for name, rows in grouped.indices.items():
        yield (name if isinstance(name, tuple) else (name,)), position[rows]


def _nanoseconds(times: pd.Series) -> Any:
    import pandas as pd

    return pd.to_datetime(times, utc=True).astype("datetime64[ns, UTC]").astype("int64").to_numpy()


def _leak(column: str, early: Any, example: str) -> Leak:
    return Leak(column=str(column), rows=int(early.sum()), of=len(early), example=example)
