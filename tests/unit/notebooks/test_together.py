"""Two people decide at once, two workers reach for one run: one of them gets it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import open_database
from tests.support.people import ADMIN, REVIEWER, SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.pipelines import PipelineRequest
from octavo_server.errors import OctavoError


@pytest.fixture(params=["sqlite", "postgresql"])
def areas(request: pytest.FixtureRequest, tmp_path: Path, postgres_folder: Path) -> Iterator[Areas]:
    with open_database(request.param, tmp_path, postgres_folder) as database:
        yield open_areas(database, tmp_path)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make the calls at the same moment; return answers and refusals."""
    barrier, found = threading.Barrier(len(calls)), []

    def make(call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            found.append(call())
        except OctavoError as error:
            found.append(error)

    threads = [threading.Thread(target=make, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_one_of_two_reviews_counts(areas: Areas) -> None:
    ready = areas.replayed()

    def review(who: Any) -> Callable[[], Any]:
        return lambda: areas.notebooks.review(
            in_project(who), PROJECT, ready.id, decision="approve", reason="It is right.",
            digest=ready.bundle_digest or "",
        )  # fmt: skip

    found = together(review(REVIEWER), review(ADMIN))
    assert sorted(getattr(one, "code", "approved") for one in found) == ["approved", "illegal_move"]
    assert len(areas.notebooks.releases(PROJECT, name=None, limit=9, cursor=None).items) == 1


def test_two_approvals_of_one_line_get_two_numbers(areas: Areas) -> None:
    ready = [areas.replayed(), areas.replayed()]

    def approve(one: Any) -> Callable[[], Any]:
        return lambda: areas.notebooks.review(
            in_project(REVIEWER), PROJECT, one.id, decision="approve", reason="It is right.",
            digest=one.bundle_digest,
        )  # fmt: skip

    together(*[approve(one) for one in ready])
    found = areas.notebooks.releases(PROJECT, name="score", limit=9, cursor=None).items
    assert sorted(one.number for one in found) == [1, 2]


def test_one_of_two_workers_takes_a_run_or_a_replay(areas: Areas) -> None:
    made = areas.submitted()
    together(lambda: areas.replays.run(made.id), lambda: areas.replays.run(made.id))
    assert len(areas.runner.orders) == 2
    wanted = PipelineRequest(name="daily", release=areas.released())
    areas.parts.editing.create(in_project(SCIENTIST), PROJECT, wanted)
    run = areas.pipelines.start(in_project(SCIENTIST), PROJECT, "daily", {})
    orders = len(areas.runner.orders)
    together(*[lambda: areas.attempts.run(run.id)] * 3)
    assert len(areas.runner.orders) == orders + 1
    done = areas.runs.run(PROJECT, run.id)
    assert (done.state, len(done.attempts)) == ("succeeded", 1)
