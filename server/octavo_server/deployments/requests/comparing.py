"""Compares what two versions did with the same rows; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from octavo.records.evidence import Replay, ReplayedVersion, SegmentDifference
from octavo_server.deployments.requests.ports import LoggedRequests, Replayed
from octavo_server.deployments.rollouts.service import psi

MOST_VALUES = 12
"""A column with more different values makes no segments of its own values."""
QUARTERS = 4
"""Segments of a numeric column."""
LEAST_ROWS = 5
"""A smaller segment says nothing."""
MOST_SEGMENTS = 20
"""Segments that are kept, the largest differences first."""

Pair = tuple[Mapping[str, Any], float, float]
"""A row with the candidate's and the champion's score."""


def compared(
    logged: LoggedRequests,
    candidate: Replayed,
    champion: Replayed | None,
    versions: tuple[int, int | None],
    price: int | None,
) -> Replay:
    """Return the replay of both versions; ``price`` is that of the profile's hour."""
    old = champion.scores if champion is not None else [None] * len(logged.rows)
    pairs: list[Pair] = [
        (row, new, before)
        for row, new, before in zip(logged.rows, candidate.scores, old, strict=True)
        if new is not None and before is not None
    ]
    live = None
    if champion is not None and versions[1] is not None:
        live = _version(versions[1], champion, price)
    return Replay(
        requests=len(logged.rows),
        since=logged.since,
        until=logged.until,
        candidate=_version(versions[0], candidate, price),
        champion=live,
        psi=psi([before for _, _, before in pairs], [new for _, new, _ in pairs]),
        overall=_difference("", "all rows", pairs) if pairs else None,
        segments=segments(pairs),
    )


def segments(pairs: Sequence[Pair]) -> list[SegmentDifference]:
    """Return the differences by segment, the largest first.

    A column with few values makes a segment of each, a numeric one makes quarters.
    """
    columns = sorted({name for row, _, _ in pairs for name in row})
    found = [one for column in columns for one in _of_column(column, pairs)]
    return sorted(found, key=lambda one: -one.mean_absolute)[:MOST_SEGMENTS]


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which ``share`` of the values lie; None of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None


def _of_column(column: str, pairs: Sequence[Pair]) -> list[SegmentDifference]:
    values = {_plain(row.get(column)) for row, _, _ in pairs}
    groups: dict[str, list[Pair]] = defaultdict(list)
    if len(values) <= MOST_VALUES:
        for pair in pairs:
            groups[_words(pair[0].get(column))].append(pair)
    elif all(value is None or isinstance(value, int | float) for value in values):
        numbers = [
            value for row, _, _ in pairs if isinstance(value := row.get(column), int | float)
        ]
        cuts = [quantile(numbers, place / QUARTERS) or 0.0 for place in range(1, QUARTERS)]
        for pair in pairs:
            groups[_quarter(pair[0].get(column), cuts)].append(pair)
    if len(groups) < 2:
        return []
    return [
        _difference(column, value, group)
        for value, group in groups.items()
        if len(group) >= LEAST_ROWS
    ]


def _difference(column: str, value: str, pairs: Sequence[Pair]) -> SegmentDifference:
    gaps = [new - before for _, new, before in pairs]
    return SegmentDifference(
        column=column,
        value=value,
        rows=len(pairs),
        candidate=fmean(new for _, new, _ in pairs),
        champion=fmean(before for _, _, before in pairs),
        mean_difference=fmean(gaps),
        mean_absolute=fmean(abs(gap) for gap in gaps),
        largest=max(abs(gap) for gap in gaps),
    )


def _version(number: int, found: Replayed, price: int | None) -> ReplayedVersion:
    scores = [score for score in found.scores if score is not None]
    latencies = found.latencies_ms
    cost = None
    if price is not None and latencies:
        # A thousand calls of n ms each keep the profile busy for n seconds.
        cost = round(price * fmean(latencies) / 3_600)
    return ReplayedVersion(
        version=number,
        rows=len(found.scores) - found.failures,
        failures=found.failures,
        failure=found.failure,
        mean_score=fmean(scores) if scores else None,
        latency_p50_ms=quantile(latencies, 0.5),
        latency_p99_ms=quantile(latencies, 0.99),
        load_s=found.load_s,
        cost_micro_eur_per_1000=cost,
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _words(value: Any) -> str:
    return "missing" if value is None else str(value)[:100]


def _quarter(value: Any, cuts: Sequence[float]) -> str:
    if not isinstance(value, int | float):
        return "missing"
    for low, high in zip((None, *cuts), (*cuts, None), strict=True):
        if high is None or value < high:
            if low is None:
                return f"below {high:g}"
            return f"{low:g} and more" if high is None else f"{low:g} to {high:g}"
    raise AssertionError("a number lies below or above a cut")
