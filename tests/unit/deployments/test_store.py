"""What deployments keep, on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.deployments.test_rules import (
    NOON,
    a_deployment,
    a_request,
    a_rollout,
    a_scorer,
    approved,
)

from octavo_server.database.rows import Database, RowExists
from octavo_server.deployments.requests import store as requests_store
from octavo_server.deployments.requests.domain import RequestState
from octavo_server.deployments.rollouts import store as rollouts_store
from octavo_server.deployments.rollouts.domain import RolloutState, ScorerState
from octavo_server.deployments.rollouts.service import current_rollout
from octavo_server.deployments.serving import store as serving_store
from octavo_server.deployments.serving.domain import Scored
from octavo_server.errors import Conflict


def test_a_request_comes_back_as_it_was(database: Database) -> None:
    request = a_request()
    with database.write() as rows:
        requests_store.add_request(rows, request)
    with database.read() as rows:
        assert requests_store.request(rows, "flights", request.id) == request
        assert requests_store.request(rows, "weather", request.id) is None
    decided = approved(request)
    with database.write() as rows:
        requests_store.save_request(rows, decided)
    with database.read() as rows:
        assert requests_store.request(rows, "flights", request.id) == decided


def test_requests_are_found_newest_first(database: Database) -> None:
    made = [
        replace(a_request(), id=f"r{number}", requested_at=NOON + timedelta(minutes=number))
        for number in range(3)
    ]
    with database.write() as rows:
        for request in made:
            requests_store.add_request(rows, request)
        requests_store.save_request(rows, replace(made[1], state=RequestState.REJECTED))
    with database.read() as rows:
        everyone = requests_store.requests(rows, ("project", "=", "flights"), limit=10)
        waiting = requests_store.requests(rows, ("state", "=", "pending"), limit=1, offset=1)
    assert [one.id for one in everyone] == ["r2", "r1", "r0"]
    assert [one.id for one in waiting] == ["r0"]


def test_desired_state_is_written_over_what_was_read_alone(database: Database) -> None:
    deployment = a_deployment()
    with database.write() as rows:
        rollouts_store.add_deployment(rows, deployment)
        rollouts_store.save_deployment(rows, replace(deployment, stable_version=1))
    with database.write() as rows, pytest.raises(Conflict, match="changed by someone else"):
        rollouts_store.save_deployment(rows, replace(deployment, stable_version=2))
    with database.read() as rows:
        found = rollouts_store.deployment(rows, "flights", "late")
        assert [one.name for one in rollouts_store.deployments_of(rows)] == ["late"]
        assert rollouts_store.deployments_of(rows, "weather") == []
    assert found is not None
    assert (found.stable_version, found.generation) == (1, 1)


def test_one_request_gives_one_rollout(database: Database) -> None:
    with database.write() as rows:
        rollouts_store.add_rollout(rows, a_rollout())
    with database.write() as rows, pytest.raises(RowExists):
        rollouts_store.add_rollout(rows, a_rollout(id="o2"))


def test_the_rollout_that_counts(database: Database) -> None:
    later = NOON + timedelta(hours=1)
    live = a_rollout(id="o1", request_id="r1", state=RolloutState.LIVE)
    failed = a_rollout(id="o2", request_id="r2", state=RolloutState.FAILED, started_at=later)
    with database.write() as rows:
        rollouts_store.add_rollout(rows, live)
        rollouts_store.add_rollout(rows, failed)
    with database.read() as rows:
        assert rollouts_store.latest_rollout(rows, "flights", "late") == failed
        assert current_rollout(rows, "flights", "late") == live
    with database.write() as rows:
        rollouts_store.save_rollout(rows, replace(failed, state=RolloutState.CANARY))
    with database.read() as rows:
        found = current_rollout(rows, "flights", "late")
    assert found is not None
    assert found.id == "o2"


def test_a_scorer_is_kept_by_its_version(database: Database) -> None:
    scorer = replace(a_scorer(1, ScorerState.STARTING), gpus=(0, 2))
    with database.write() as rows:
        rollouts_store.put_scorer(rows, scorer)
        rollouts_store.put_scorer(rows, replace(scorer, state=ScorerState.READY, secret="s" * 43))
        rollouts_store.put_scorer(rows, a_scorer(2, ScorerState.READY))
    with database.read() as rows:
        first, second = rollouts_store.scorers(rows, "flights", "late")
    assert (first.state, first.secret, second.version) == (ScorerState.READY, "s" * 43, 2)
    assert "s" * 43 not in repr(first)
    with database.write() as rows:
        rollouts_store.drop_scorer(rows, scorer)
    with database.read() as rows:
        assert [one.version for one in rollouts_store.scorers(rows)] == [2]


def test_telemetry_is_read_back_newest_first_and_forgotten(database: Database) -> None:
    scored = [
        Scored(
            id=f"q{number}",
            project="flights",
            deployment="late",
            version=1,
            at=NOON + timedelta(minutes=number),
            latency_ms=1.5,
            status="ok",
            rows=1,
            scores=(0.25,),
            features={"delay": None, "carrier": "UA"},
        )
        for number in range(5)
    ]
    with database.write() as rows:
        serving_store.add_scored(rows, scored)
    since = NOON + timedelta(minutes=2)
    with database.read() as rows:
        found = serving_store.scored_since(rows, "flights", "late", since, 2)
    assert found == [scored[4], scored[3]]
    with database.write() as rows:
        assert serving_store.forget_scored(rows, since) == 2
