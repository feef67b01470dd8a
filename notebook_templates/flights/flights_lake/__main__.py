"""Build the lake: ``python -m flights_lake --lake DIR``.

Prints one line a step as ``[done/steps] what  rows  seconds``. A lake that was built from the same
data by the same code is left as it is. Exit status 1 names what went wrong in one sentence.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pandas as pd

from flights_lake import decisions, source, tables, times, writing

STEPS = 9


class Progress:
    """Prints one line a finished step."""

    def __init__(self) -> None:
        self._done = 0
        self._since = time.monotonic()

    def step(self, what: str, rows: int) -> None:
        """Report that ``what`` is done and how many rows it wrote."""
        self._done += 1
        now = time.monotonic()
        line = f"[{self._done}/{STEPS}] {what:<16} {rows:>9,} rows  {now - self._since:5.1f} s"
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        self._since = now


def facts() -> dict[str, Any]:
    """Return what a lake is made from: the data's digest, the code's digest and the lags."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    return {
        "source": source.DISTRIBUTION,
        "source_sha256": source.digest(),
        "builder_sha256": code.hexdigest(),
        "ingestion_lag_minutes": times.INGESTION_LAG.total_seconds() / 60,
        "decision_lead_minutes": times.DECISION_LEAD.total_seconds() / 60,
    }


def build(folder: Path, progress: Progress) -> None:
    """Write all tables under ``folder``."""
    raw = source.read()
    raw_folder, curated = folder / "raw", folder / "curated"
    rows = writing.write_by_month(raw.flights, _months(raw.flights), raw_folder / "flights")
    progress.step("raw flights", rows)
    rows = writing.write_by_month(raw.weather, _months(raw.weather), raw_folder / "weather")
    for name in ("planes", "airports", "airlines"):
        rows += writing.write_file(getattr(raw, name), raw_folder / f"{name}.parquet")
    progress.step("raw other", rows)
    flown = tables.flights(raw.flights, raw.airports)
    rows = writing.write_by_month(flown.drop(columns="month"), flown["month"], curated / "flights")
    progress.step("flights", rows)
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "origin_weather": lambda: tables.weather(raw.weather),
        "carrier_delay": lambda: tables.carrier_delay(flown),
        "route_delay": lambda: tables.route_delay(flown),
        "plane_delay": lambda: tables.plane_delay(flown),
    }
    views: dict[str, pd.DataFrame] = {}
    for name, make in makers.items():
        views[name] = table = make()
        months = table["event_timestamp"].dt.strftime("%Y-%m")
        progress.step(name, writing.write_by_month(table, months, curated / name))
    known = decisions.known_at_decision(flown, views)
    rows = writing.write_by_month(
        known.drop(columns="month"), known["month"], curated / "flights_late"
    )
    progress.step("flights_late", rows)


def _months(table: pd.DataFrame) -> pd.Series:
    return table["year"].astype(str) + "-" + table["month"].astype(str).str.zfill(2)


def main() -> int:
    """Build the lake unless it is there already."""
    parser = argparse.ArgumentParser(prog="flights_lake", description=__doc__)
    parser.add_argument("--lake", type=Path, required=True, help="folder of this project's lake")
    lake: Path = parser.parse_args().lake.resolve()
    building = lake.with_name(f".{lake.name}-building-{os.getpid()}")
    try:
        made_from = facts()
        if writing.is_current(lake, made_from):
            sys.stdout.write(f"{lake} is up to date\n")
            return 0
        lake.parent.mkdir(parents=True, exist_ok=True)
        progress = Progress()
        build(building, progress)
        writing.seal(building, made_from)
        writing.swap_in(building, lake)
        progress.step("sealed", sum(1 for _ in lake.rglob("*.parquet")))
    except (OSError, PackageNotFoundError, KeyError) as error:
        sys.stderr.write(f"The flights lake can't be built: {error}\n")
        return 1
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
