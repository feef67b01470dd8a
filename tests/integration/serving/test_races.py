"""Reviews that come at the same moment: one counts, is on the trail, and starts one rollout."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import REVIEWER, person
from tests.support.serving import PROJECT, REASON, Serving, open_serving

from octavo_server.database.rows import Database
from octavo_server.deployments.requests.domain import Request, RequestState
from octavo_server.errors import IllegalMove, OctavoError

OTHER = person("rita", "reviewers")


@pytest.fixture
def waiting(database: Database, tmp_path: Path) -> Iterator[Serving]:
    """Give requests without processes, on every database."""
    models = {}
    for number in (1, 2):
        folder = tmp_path / f"v{number}"
        folder.mkdir()
        (folder / "MLmodel").write_text(f"v{number}")
        models["flights-late", number] = folder
    home = tmp_path / "home"
    home.mkdir()
    serving = open_serving(home, database, models)
    yield serving
    serving.router.tables.close()


def _at_once(*calls: Callable[[], Request]) -> list[Request | OctavoError]:
    """Make the calls at the same moment; return what each gave or was refused with."""
    gate = threading.Barrier(len(calls))

    def one(call: Callable[[], Request]) -> Request | OctavoError:
        gate.wait(10)
        try:
            return call()
        except OctavoError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def _review(serving: Serving, request: Request, caller: Any, approve: bool) -> Any:
    return lambda: serving.requests.review(
        caller, PROJECT, request.id, approve=approve, reason=REASON, digest=request.digest
    )


def _entries(serving: Serving, action: str) -> list[dict[str, Any]]:
    found = serving.audit.entries(("action", "=", action))
    return [{"subject": one.subject, "actor": one.actor, **one.details} for one in found]


@pytest.mark.parametrize("second_approves", [True, False])
def test_of_two_reviews_at_the_same_moment_one_counts(
    waiting: Serving, second_approves: bool
) -> None:
    for number in range(8):
        request = waiting.ask(1, deployment=f"late-{number}")
        found = _at_once(
            _review(waiting, request, REVIEWER, True),
            _review(waiting, request, OTHER, second_approves),
        )
        (won,) = [one for one in found if isinstance(one, Request)]
        (lost,) = [one for one in found if not isinstance(one, Request)]
        assert isinstance(lost, IllegalMove), lost
        assert f"is {won.state.value} already" in lost.message
        kept = waiting.requests.get_request(PROJECT, request.id)
        assert (kept.state, kept.reviewer) == (won.state, won.reviewer)
        reviews = _entries(waiting, "deployments.review")
        subject = f"deployment_request:{PROJECT}/{request.id}"
        (entry,) = [one for one in reviews if one["subject"] == subject]
        assert (entry["actor"], entry["decision"]) == (won.reviewer, won.decision)
        if won.decision == "approve":
            history = waiting.rollouts.history(PROJECT, f"late-{number}").rollouts
            assert [one.request_id for one in history] == [request.id]


def test_of_two_versions_approved_at_the_same_moment_one_starts(waiting: Serving) -> None:
    for number in range(8):
        name = f"late-{number}"
        requests = [waiting.ask(version, deployment=name) for version in (1, 2)]
        found = _at_once(*(_review(waiting, one, REVIEWER, True) for one in requests))
        (won,) = [one for one in found if isinstance(one, Request)]
        (lost,) = [one for one in found if not isinstance(one, Request)]
        assert f"is moving to v{won.version}" in getattr(lost, "message", str(lost))
        (rollout,) = waiting.rollouts.history(PROJECT, name).rollouts
        assert rollout.to_version == won.version
        other = next(one for one in requests if one.id != won.id)
        state = waiting.requests.get_request(PROJECT, other.id).state
        assert state is RequestState.PENDING
