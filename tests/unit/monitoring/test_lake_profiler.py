"""What is said of a baseline whose months can't be looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from octavo_server.adapters.lake_profiler import LakeTables
from octavo_server.errors import Invalid
from octavo_server.monitoring.domain import Baseline


def baseline(source: dict[str, Any]) -> Baseline:
    return Baseline(
        project="flights",
        model="late",
        version=1,
        run_id="a" * 32,
        window="4,000 training rows",
        rows=4_000,
        features={},
        scores=None,
        source=source,
        read_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({}, "names no table of the lake, so drift by month is not watched: give "),
        ({"path": "curated/gone"}, "table is not in the lake: curated/gone."),
    ],
)
def test_a_baseline_without_a_table_says_which_of_the_two_it_is(
    tmp_path: Path, source: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid) as caught:
        LakeTables(tmp_path).profile(baseline(source), [], "2013-06")
    assert said in caught.value.message
    assert "baseline(source=" in caught.value.remedy
