"""Real flights of the lake, as a program outside would send them to the endpoint."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.dataset as lake_dataset

from tests.acceptance.golden_path.story import PROJECT, Story

MONTH = "2013-07"
MOST = 500
"""How many flights are taken, spread evenly over the month."""


def scheduled_flights(story: Story, count: int) -> list[dict[str, Any]]:
    """Return flights of July with what was known an hour before departure.

    The month was in no training: the model sees them as new. At most 500.
    """
    columns = tuple(
        one["name"]
        for one in story.client("scientist").get(f"/projects/{PROJECT}/deployments/late")["inputs"]
    )
    return _flights(story.installation.home / "lake" / PROJECT, columns)[:count]


@cache
def _flights(lake: Path, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    folder = lake / "curated" / "flights_late" / f"month={MONTH}"
    month = lake_dataset.dataset(folder).to_table(columns=list(columns))
    rows = month.take(list(range(0, len(month), len(month) // MOST))).to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a missing number is null."""
    return None if isinstance(value, float) and math.isnan(value) else value
