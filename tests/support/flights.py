"""The flights template for tests: its folder, its builder's modules, small frames of flights."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from octavo.local import resources

TEMPLATE: Path = resources.path("notebook_templates") / "flights"

# The builder ships as data beside the template, so it is no installed package.
if str(TEMPLATE) not in sys.path:
    sys.path.insert(0, str(TEMPLATE))


def utc(text: str) -> pd.Timestamp:
    """Return a moment of 2013 in UTC: ``utc("01-05 13:00")``."""
    return pd.Timestamp(f"2013-{text}", tz="UTC")


def flight(departs: str, lands: str | None, delay: float, **more: object) -> dict[str, object]:
    """Return a flight that departs and lands at these moments; None never lands."""
    landed = utc(lands) if lands else pd.NaT
    return {
        "carrier": "UA",
        "tailnum": "N1",
        "scheduled_departure": utc(departs),
        "departed_at": utc(departs),
        "known_at": landed + pd.Timedelta(minutes=15),
        "arr_delay": delay if lands else float("nan"),
        "late": int(delay > 15) if lands else None,
        **more,
    }


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    """Return flights as a frame."""
    return pd.DataFrame(list(rows))
