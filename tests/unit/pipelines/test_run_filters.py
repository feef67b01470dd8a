"""Which runs a list shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.pipelines import PipelineRequest, RunState
from octavo_server.database.rows import Database
from octavo_server.errors import Invalid
from octavo_server.pipelines.runs import store
from octavo_server.pipelines.runs.filters import RunFilter
from octavo_server.pipelines.runs.service import Trigger

AT = datetime(2026, 1, 8, 12, tzinfo=UTC)


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    return open_areas(database, tmp_path)


def shown(areas: Areas, **asked: Any) -> list[str]:
    found = areas.runs.runs(PROJECT, asked=RunFilter(**asked), limit=9, cursor=None)
    return [one.id for one in found.items]


def test_each_part_of_the_filter_counts(areas: Areas) -> None:
    wanted = PipelineRequest(name="daily", release=areas.released())
    areas.parts.editing.create(in_project(SCIENTIST), PROJECT, wanted)
    first = areas.pipelines.start(in_project(SCIENTIST), PROJECT, "daily", {}).id
    areas.attempts.run(first)
    with areas.database.write() as rows:
        one = store.run(rows, first)
        assert one is not None
        for name, more in {
            "scheduled": {"trigger": Trigger.SCHEDULE, "state": RunState.FAILED},
            "of-a-step": {"parent": first, "step": "train", "trigger": Trigger.STEP},
        }.items():
            other = replace(one, id=name, created_at=one.created_at + timedelta(hours=1))
            store.add_run(rows, replace(other, comparison=None, **more))
    assert shown(areas) == ["scheduled", first]
    assert shown(areas, parent=first) == ["of-a-step"]
    assert shown(areas, trigger=Trigger.SCHEDULE) == ["scheduled"]
    assert shown(areas, state=RunState.FAILED, trigger=Trigger.MANUAL) == []
    assert shown(areas, verdict="identical") == [first]
    assert shown(areas, verdict="different") == []
    assert shown(areas, requested_by="nobody") == []
    assert shown(areas, since=one.created_at + timedelta(minutes=1)) == ["scheduled"]
    assert shown(areas, until=one.created_at + timedelta(minutes=1)) == [first]
    assert shown(areas, since=one.created_at, until=one.created_at + timedelta(days=1)) == [
        "scheduled",
        first,
    ]
    last = areas.runs.last_of(PROJECT, "daily")
    assert last is not None
    assert last.id == "scheduled"


def test_times_that_can_not_be_are_refused_in_words() -> None:
    with pytest.raises(Invalid, match=r"2026-01-08T12:00:00 of since has no time zone"):
        RunFilter(since=AT.replace(tzinfo=None)).where()
    with pytest.raises(Invalid, match=r"until, 2026-01-08T12:00:00\+00:00, is not after"):
        RunFilter(since=AT, until=AT).where()


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_times_beyond_the_calendar_are_refused_in_words(at: str) -> None:
    with pytest.raises(Invalid, match="is outside of the years 1 to 9999 in UTC"):
        RunFilter(since=datetime.fromisoformat(at)).where()
