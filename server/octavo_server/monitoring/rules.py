"""Distances between histograms, judged by limits: pure, with the formulas' sources.

PSI: population stability index, sum of (p - q) ln(p / q); N. Siddiqi, *Credit Risk Scorecards*
(2006), ch. 8. Shares below 0.0001 count as 0.0001, so that an empty bin stays finite.
KS: largest difference of the two distribution functions, here at the bins' cuts: a lower bound
of the sample distance (A. Kolmogorov 1933, N. Smirnov 1948).
JS: square root of the Jensen-Shannon divergence, base 2, a metric in [0, 1]; D. M. Endres and
J. E. Schindelin, IEEE Trans. Inf. Theory 49 (2003).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from octavo_server.errors import Invalid
from octavo_server.monitoring.domain import Baseline, Drift, Level, MonthProfile, Profile

LEAST_SHARE = 1e-4
MOST_FEATURES = 2_000
"""Columns of a baseline."""
MOST_BINS = 200
"""Bins of a column."""
NO_TABLE = (
    "The baseline names no table of the lake, so drift by month is not watched: give "
    "baseline(source={'path': ..., 'partition': ...}) in the training notebook."
)


def psi(p: Sequence[float], q: Sequence[float]) -> float:
    """Return the population stability index of two lists of shares."""
    total = 0.0
    for one, other in zip(p, q, strict=True):
        a, b = max(one, LEAST_SHARE), max(other, LEAST_SHARE)
        total += (a - b) * math.log(a / b)
    return total


def ks(p: Sequence[float], q: Sequence[float]) -> float:
    """Return the largest difference of the cumulated shares."""
    most = above = 0.0
    for one, other in zip(p, q, strict=True):
        above += one - other
        most = max(most, abs(above))
    return most


def js(p: Sequence[float], q: Sequence[float]) -> float:
    """Return the Jensen-Shannon distance, base 2."""
    total = 0.0
    for one, other in zip(p, q, strict=True):
        middle = (one + other) / 2
        for share in (one, other):
            if share > 0:
                total += share * math.log2(share / middle) / 2
    return math.sqrt(max(total, 0.0))


def shares(counts: Sequence[int]) -> tuple[float, ...]:
    """Return counts as shares; all zero when there is nothing."""
    total = sum(counts)
    return tuple(count / total if total else 0.0 for count in counts)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return a quantile of ascending values by linear interpolation (R's type 7)."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def drift_of(name: str, month: MonthProfile, training: Profile, limit: float) -> Drift:
    """Return how far a feature of a month moved; missing values are a bin of their own."""
    here = month.features[name]
    now, then = _counts(here, training), _counts(training, training)
    now_shares, then_shares = shares(now), shares(then)
    numeric = training["kind"] == "numeric"
    measured = sum(now) > 0
    index = psi(now_shares, then_shares) if measured else None
    return Drift(
        feature=name,
        kind=training["kind"],
        month=month.month,
        psi=index,
        ks=ks(shares(now[:-1]), shares(then[:-1])) if numeric and sum(now[:-1]) else None,
        js=js(now_shares, then_shares) if measured else None,
        null_share=_null_share(here),
        training_null_share=_null_share(training),
        rows=here["rows"],
        level=level_of(index, limit),
        labels=labels_of(training),
        shares=now_shares,
        training_shares=then_shares,
    )


def level_of(value: float | None, limit: float) -> Level:
    """Return critical from the limit on, warning from half of it, unknown without a value."""
    if value is None:
        return Level.UNKNOWN
    if value >= limit:
        return Level.CRITICAL
    return Level.WARNING if value >= limit / 2 else Level.OK


def by_strength(drifts: Sequence[Drift]) -> tuple[Drift, ...]:
    """Return drifts with the feature that moved most first, its months in order."""
    strongest: dict[str, float] = {}
    for one in drifts:
        strongest[one.feature] = max(strongest.get(one.feature, -1.0), one.psi or 0.0)
    return tuple(sorted(drifts, key=lambda one: (-strongest[one.feature], one.feature, one.month)))


def labels_of(profile: Profile) -> tuple[str, ...]:
    """Return a profile's bins in words, the missing values last."""
    if profile["kind"] == "category":
        return (*profile["counts"], "other", "missing")
    cuts = [f"{cut:,.4g}" for cut in profile["cuts"]]
    if not cuts:
        return ("all values", "missing")
    between = [f"{low} to {high}" for low, high in itertools.pairwise(cuts)]
    return (f"up to {cuts[0]}", *between, f"over {cuts[-1]}", "missing")


def score_counts(scores: Sequence[float], cuts: Sequence[float]) -> list[int]:
    """Return how many scores fall in each bin (cut, next cut]."""
    counts = [0] * (len(cuts) + 1)
    for score in scores:
        counts[sum(1 for cut in cuts if score > cut)] += 1
    return counts


def score_edges(profile: Profile) -> tuple[float, ...]:
    """Return the edges of a score profile's bins: 0 to 1, or from the least to the greatest."""
    cuts = [float(cut) for cut in profile["cuts"]]
    seen = [float(profile[name]) for name in ("low", "high") if _finite(profile.get(name))]
    values = [*cuts, *seen]
    if all(0 <= value <= 1 for value in values):
        return (0.0, *cuts, 1.0)
    return (min(values), *cuts, max(values))


def last_month(baseline: Baseline) -> str:
    """Return the last month of the training window, '' when it names none."""
    months = baseline.source.get("months")
    if isinstance(months, list) and months:
        return max(str(month) for month in months)
    return baseline.window.rpartition("..")[2].strip()[:7]


def read_baseline(
    document: Any, *, project: str, model: str, version: int, run_id: str, at: datetime
) -> Baseline:
    """Return the baseline that a run's artifact holds. Raises Invalid naming what is wrong."""
    if not isinstance(document, Mapping) or document.get("format") != 1:
        raise _bad("it is no baseline of format 1")
    features, scores = document.get("features"), document.get("scores")
    if not isinstance(features, Mapping) or not 0 < len(features) <= MOST_FEATURES:
        raise _bad(f"features: 1 to {MOST_FEATURES:,} columns are needed")
    for name, profile in features.items():
        _check_profile(f"features.{str(name)[:60]}", profile)
    if scores is not None:
        _check_profile("scores", scores)
        if scores["kind"] != "numeric":
            raise _bad("scores: a numeric profile is needed")
    source = document.get("source")
    return Baseline(
        project=project,
        model=model,
        version=version,
        run_id=run_id,
        window=str(document.get("window", ""))[:200],
        rows=max(int(profile["rows"]) for profile in features.values()),
        features={str(name): dict(profile) for name, profile in features.items()},
        scores=scores,
        source=source if isinstance(source, Mapping) else {},
        read_at=at,
    )


def _check_profile(where: str, profile: Any) -> None:
    if not isinstance(profile, Mapping) or profile.get("kind") not in ("numeric", "category"):
        raise _bad(f"{where}: kind is neither numeric nor category")
    for name in ("nulls", "rows"):
        _check_count(f"{where}.{name}", profile.get(name))
    counts = profile.get("counts")
    if profile["kind"] == "category":
        if not isinstance(counts, Mapping) or len(counts) > MOST_BINS:
            raise _bad(f"{where}.counts: an object of at most {MOST_BINS} categories is needed")
        for value in (*counts.values(), profile.get("other")):
            _check_count(f"{where}.counts", value)
        return
    cuts = profile.get("cuts")
    if not isinstance(cuts, list) or not all(_finite(cut) for cut in cuts) or cuts != sorted(cuts):
        raise _bad(f"{where}.cuts: ascending finite numbers are needed")
    if not isinstance(counts, list) or len(counts) != len(cuts) + 1 or len(counts) > MOST_BINS:
        raise _bad(f"{where}.counts: one count more than cuts, at most {MOST_BINS}, is needed")
    for value in counts:
        _check_count(f"{where}.counts", value)


def _check_count(where: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _bad(f"{where}: {str(value)[:40]!r} is no count")


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def names_table(baseline: Baseline) -> bool:
    """Return whether a baseline says which table of the lake its months come from."""
    return baseline.source.get("path") is not None


def _bad(what: str) -> Invalid:
    return Invalid(
        f"The run's baseline.json can't be used: {what}.",
        "Write it with octavo.monitoring.baseline(...) in the training notebook.",
    )


def _counts(profile: Profile, like: Profile) -> list[int]:
    """Return a profile's counts in the bins of ``like``, the missing values last."""
    if like["kind"] == "category":
        counts = [profile["counts"].get(value, 0) for value in like["counts"]]
        return [*counts, profile["other"], profile["nulls"]]
    return [*profile["counts"], profile["nulls"]]


def _null_share(profile: Profile) -> float:
    return profile["nulls"] / profile["rows"] if profile["rows"] else 0.0
