"""Profiles of data: small, mergeable histograms that drift is computed from.

A training notebook logs its window as the run artifact ``baseline.json``::

    import octavo.monitoring
    profile = octavo.monitoring.baseline(X_train, scores=p_train, window="2013-01..2013-05")
    mlflow.log_dict(profile, "baseline.json")

The profile of a later window takes the cuts of the baseline, so the counts of two windows can be
added bin by bin and compared bin by bin.  numpy is imported inside the functions: reading a
profile needs none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FORMAT = 1
BASELINE_ARTIFACT = "baseline.json"
NUMERIC_BINS = 10
"""Bins of a numeric feature: the training window's deciles."""
SCORE_BINS = 20
"""Bins of scores between 0 and 1, of equal width."""
CATEGORIES = 50
"""Categories kept by name; the rest is counted as one."""

Profile = dict[str, Any]


class UnusableColumn(ValueError):
    """A column that can't be profiled: the wrong type for its baseline, or no value at all."""


def baseline(
    frame: Any, *, scores: Any = None, window: str, source: Mapping[str, Any] | None = None
) -> Profile:
    """Return the profile of a training window.

    ``frame`` maps column names to one-dimensional arrays (a pandas DataFrame does), all of
    the model's input columns.  ``scores`` are the model's scores on the same rows, ``window``
    names the rows in words, ``source`` says which data they came from.
    Raises :class:`UnusableColumn` for a column without any value.
    """
    columns = {str(name): _values(frame[name]) for name in frame}
    return {
        "format": FORMAT,
        "window": window,
        "rows": max((len(values) for values in columns.values()), default=0),
        "features": {name: feature(values, name=name) for name, values in columns.items()},
        "scores": None if scores is None else score_profile(scores),
        "source": dict(source or {}),
    }


def feature(values: Any, *, name: str, like: Profile | None = None) -> Profile:
    """Return the profile of one column, binned as ``like`` when given.

    Raises :class:`UnusableColumn` when a column has no value and no ``like``, or holds text
    where ``like`` has numbers.
    """
    import numpy as np

    array = _values(values)
    numeric = array.dtype.kind in "iuf"
    if like is not None and like["kind"] == "category":
        numeric = False
    if like is not None and like["kind"] == "numeric" and not numeric:
        if _missing(array).all():
            array = np.full(len(array), np.nan)
        else:
            raise UnusableColumn(f"column {name!r} holds {array.dtype}, its baseline has numbers")
    if numeric or (like is not None and like["kind"] == "numeric"):
        return _numeric(array.astype(float), name, None if like is None else like["cuts"])
    return _category(array, None if like is None else like["counts"])


def score_profile(scores: Any) -> Profile:
    """Return the profile of scores: equal bins in [0, 1], or deciles outside of it."""
    array = _values(scores).astype(float)
    inside = array[~_missing(array)]
    cuts = None
    if len(inside) and inside.min() >= 0 and inside.max() <= 1:
        cuts = [round(step / SCORE_BINS, 6) for step in range(1, SCORE_BINS)]
    return _numeric(array, "scores", cuts)


def merge(first: Profile, second: Profile) -> Profile:
    """Return the profile of both windows together; both must have the same bins."""
    if first["kind"] != second["kind"] or first.get("cuts") != second.get("cuts"):
        raise ValueError("only profiles with the same bins can be merged")
    merged = {**first, "nulls": first["nulls"] + second["nulls"]}
    merged["rows"] = first["rows"] + second["rows"]
    if first["kind"] == "category":
        merged["counts"] = dict(Counter(first["counts"]) + Counter(second["counts"]))
        merged["other"] = first["other"] + second["other"]
        return merged
    merged["counts"] = [a + b for a, b in zip(first["counts"], second["counts"], strict=True)]
    merged["low"] = _outer(min, first["low"], second["low"])
    merged["high"] = _outer(max, first["high"], second["high"])
    return merged


def _numeric(array: np.ndarray[Any, Any], name: str, cuts: list[float] | None) -> Profile:
    import numpy as np

    missing = _missing(array)
    inside = array[~missing]
    if cuts is None:
        if not len(inside):
            raise UnusableColumn(f"column {name!r} has no value in the training window")
        steps = np.linspace(0, 1, NUMERIC_BINS + 1)[1:-1]
        cuts = [float(cut) for cut in np.unique(np.quantile(inside, steps))]
    # A value equal to a cut belongs to the bin below it: bins are (cut, next cut].
    places = np.searchsorted(np.asarray(cuts), inside, side="left")
    counts = np.bincount(places, minlength=len(cuts) + 1)
    return {
        "kind": "numeric",
        "cuts": cuts,
        "counts": [int(count) for count in counts],
        "low": float(inside.min()) if len(inside) else None,
        "high": float(inside.max()) if len(inside) else None,
        "nulls": int(missing.sum()),
        "rows": len(array),
    }


def _category(array: np.ndarray[Any, Any], known: Mapping[str, int] | None) -> Profile:
    missing = _missing(array)
    found = Counter(str(value) for value in array[~missing])
    keep = known if known is not None else {value for value, _ in found.most_common(CATEGORIES)}
    counts = {value: found.get(value, 0) for value in sorted(keep)}
    return {
        "kind": "category",
        "counts": counts,
        "other": sum(found.values()) - sum(counts.values()),
        "nulls": int(missing.sum()),
        "rows": len(array),
    }


def _values(values: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    if hasattr(values, "isna") and not isinstance(values.dtype, np.dtype):
        # A pandas extension array has an own mark for a missing value.
        values = values.astype(object).where(~values.isna(), None)
    array = np.asarray(values)
    if array.ndim != 1:
        raise UnusableColumn(f"a column has one dimension, this one has {array.ndim}")
    if array.dtype.kind == "O" and _all_numbers(array):
        return np.asarray([np.nan if value is None else float(value) for value in array])
    return array


def _all_numbers(values: Iterable[Any]) -> bool:
    kinds = {type(value) for value in values if value is not None}
    return bool(kinds) and all(kind in (int, float) for kind in kinds)


def _missing(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    if array.dtype.kind == "f":
        return np.asarray(~np.isfinite(array), dtype=bool)
    if array.dtype.kind == "O":
        # Only a NaN differs from itself.
        return np.asarray([value is None or value != value for value in array], dtype=bool)
    return np.zeros(len(array), dtype=bool)


def _outer(choose: Any, first: float | None, second: float | None) -> float | None:
    known = [value for value in (first, second) if value is not None]
    return choose(known) if known else None
