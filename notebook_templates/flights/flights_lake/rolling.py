"""Rolling arrival delays, each computed only from flights whose delay was known by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

COMPUTE_LAG = pd.Timedelta(minutes=5)
"""How long after its event time a rolling value can first be read."""

HOUR = "h"

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def rolling_delays(
    flights: pd.DataFrame,
    keys: Sequence[str],
    prefix: str,
    windows: Mapping[str, pd.Timedelta],
    *,
    hourly: bool,
    known: str = "known_at",
) -> pd.DataFrame:
    """Return one row for each group and time at which something new was known.

    ``flights`` needs ``keys``, ``arr_delay`` (minutes), ``late`` (0 or 1) and ``known`` (UTC: when
    the delay could be read). A row's window covers (event time - window, event time]. With
    ``hourly`` the event times are the full hours, rounded up; otherwise the very instants.

    Columns: the keys, ``event_timestamp``, ``created_timestamp``, ``<prefix>_known_at`` (newest
    delay inside the value) and, for each window, ``<prefix>_mean_<w>``, ``<prefix>_late_share_<w>``
    and ``<prefix>_flights_<w>``.
    """
    done = flights.dropna(subset=[known, "arr_delay", *keys])
    groups, labels = _group_codes(done, keys)
    order = np.lexsort((_nanoseconds(done[known]), groups))
    done, groups = done.iloc[order], groups[order]
    at = _nanoseconds(done[known])
    moments = pd.DataFrame({"group": groups, "at": _up_to_hour(at) if hourly else at})
    moments = moments.drop_duplicates(ignore_index=True)
    ends = _position(groups, at, moments["group"].to_numpy(), moments["at"].to_numpy())
    out = labels.iloc[moments["group"].to_numpy()].reset_index(drop=True)
    out["event_timestamp"] = pd.to_datetime(moments["at"], utc=True)
    out["created_timestamp"] = out["event_timestamp"] + COMPUTE_LAG
    out[f"{prefix}_known_at"] = pd.to_datetime(at[ends - 1], utc=True)
    sums = _running_sum(done["arr_delay"].to_numpy(dtype=np.float64))
    lates = _running_sum(done["late"].to_numpy(dtype=np.float64))
    for name, width in windows.items():
        begin = moments["at"].to_numpy() - width.value
        starts = _position(groups, at, moments["group"].to_numpy(), begin)
        count = ends - starts
        out[f"{prefix}_mean_{name}"] = (sums[ends] - sums[starts]) / count
        out[f"{prefix}_late_share_{name}"] = (lates[ends] - lates[starts]) / count
        out[f"{prefix}_flights_{name}"] = count.astype(np.int64)
    return out


def last_delay(flights: pd.DataFrame, key: str, name: str) -> pd.DataFrame:
    """Return the delay of each ``key``'s newest known flight, at each time one becomes known."""
    done = flights.dropna(subset=["known_at", "arr_delay", key])
    last = done.sort_values(["known_at", "scheduled_departure"]).drop_duplicates(
        [key, "known_at"], keep="last"
    )
    return last[[key, "known_at", "arr_delay"]].rename(
        columns={"known_at": "event_timestamp", "arr_delay": name}
    )


def _group_codes(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    grouped = frame.groupby(list(keys), sort=True)
    labels = grouped.size().reset_index()[list(keys)]
    return grouped.ngroup().to_numpy(dtype=np.int64), labels


def _nanoseconds(instants: pd.Series) -> Ints:
    return np.asarray(instants.astype("datetime64[ns, UTC]").astype("int64"), dtype=np.int64)


def _up_to_hour(at: Ints) -> Ints:
    hour = pd.Timedelta(1, HOUR).value
    return -(-at // hour) * hour


def _running_sum(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _position(groups: Ints, at: Ints, wanted_groups: Ints, wanted_at: Ints) -> Ints:
    """Return how many sorted rows (group, at) are at most (wanted group, wanted at)."""
    first = np.searchsorted(groups, wanted_groups, side="left")
    base = int(at.min()) if len(at) else 0
    span = int(max(at.max(initial=base), wanted_at.max(initial=base)) - base) // 10**9 + 2
    within = np.clip((at - base) // 10**9, -1, span - 1)
    wanted = np.clip((wanted_at - base) // 10**9, -1, span - 1)
    combined = groups * (span + 1) + within + 1
    found = np.searchsorted(combined, wanted_groups * (span + 1) + wanted + 1, side="right")
    return np.maximum(found, first)
