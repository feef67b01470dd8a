"""Signatures that don't hold any more, measurements that are lost: the live version answers on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from tests.integration.serving.test_keeper import processes
from tests.support.databases import open_database
from tests.support.models import ROW
from tests.support.people import person
from tests.support.proof import Registry, open_registry
from tests.support.serving import NAME, PROJECT, Serving, now, open_serving
from tests.unit.registry.test_provenance import told

from octavo_server.adapters.signing import Signer
from octavo_server.database.sql import SqlDatabase
from octavo_server.deployments.requests.domain import RequestState
from octavo_server.deployments.rollouts.catalog import RegistryCatalog
from octavo_server.deployments.rollouts.domain import (
    CanaryStep,
    Objectives,
    RolloutState,
    ScorerState,
    TrafficPlan,
)
from octavo_server.deployments.rollouts.progress import LEASE_S
from octavo_server.errors import OctavoError
from octavo_server.registry.registration.service import RegistrationService
from octavo_server.registry.versions import store as versions_store
from octavo_server.registry.versions.domain import ModelVersion
from octavo_server.registry.versions.service import PREDICATE, statement_predicate

pytestmark = pytest.mark.timeout(300)  # real processes that each load scikit-learn

ADMIN = person("root", "admins").within(None, frozenset({"admin"}))


def _entries(serving: Serving, action: str) -> list[dict[str, Any]]:
    found = serving.audit.entries(("action", "=", action))
    return [{"subject": one.subject, "actor": one.actor, **one.details} for one in found]


# ------------------------------------------------------------ signatures that don't hold


@dataclass
class Signed:
    """Deployments of versions whose signatures are real."""

    serving: Serving
    registry: Registry
    models: Path

    def sign(self, number: int, folder: str) -> ModelVersion:
        """Register a version with the key of the moment."""
        files = {
            path.relative_to(self.models / folder).as_posix(): path.read_bytes()
            for path in (self.models / folder).rglob("*")
            if path.is_file()
        }
        made = replace(told(), name="flights-late", version=number, model_id=f"m-{number:032}")
        return self.registry.sign(made, files)

    def forge(self, version: ModelVersion) -> None:
        """Sign a version's statement with a key that isn't this installation's."""
        foreign = Signer.open(self.registry.folder / "foreign.key")
        envelope = foreign.attest(
            subjects={one.path: one.sha256 for one in version.files},
            predicate_type=PREDICATE,
            predicate=statement_predicate(version),
        )
        with self.serving.database.write() as rows:
            versions_store.sign_anew(rows, replace(version, envelope=envelope))


@pytest.fixture
def signed(home: Path, models: Path) -> Iterator[Signed]:
    """Give v1 signed with the first key, v2 with the second."""
    with open_database("sqlite", home, home) as database:
        (home / "state").mkdir(mode=0o700)
        registry = open_registry(database, home / "state")

        def catalog(policy: Any) -> RegistryCatalog:
            nothing: Any = None
            registration = RegistrationService(
                audit=registry.audit,
                policy=policy,
                lineage=registry.lineage,
                experiments=nothing,
                versions=registry.versions,
                book=nothing,
                steps=nothing,
                clock=now,
            )
            return RegistryCatalog(registry.versions, registration)

        serving = open_serving(home, database, {}, registered=catalog)
        made = Signed(serving, registry, models)
        try:
            made.sign(1, "good")
            registry.keys.rotate()
            made.sign(2, "better")
            yield made
        finally:
            serving.close()


def _revoke(signed: Signed, version: ModelVersion) -> None:
    signed.registry.keys.rotate()
    signed.registry.proofs.keys.revoke(ADMIN, version.key_id, "The laptop was stolen.")


def test_a_signature_that_does_not_hold_any_more_starts_nothing_and_keeps_nothing_down(
    signed: Signed,
) -> None:
    serving = signed.serving
    serving.go_live(1)
    second = signed.registry.versions.version(PROJECT, "flights-late", 2)
    request = serving.approve(serving.ask(2))
    signed.forge(second)
    serving.reconciler.step()
    failed = serving.requests.get_request(PROJECT, request.id)
    assert failed.state is RequestState.FAILED
    assert "the signature of v2 doesn't hold any more" in failed.message
    assert len(serving.host.known()) == 1
    (entry,) = _entries(serving, "deployments.fail")
    assert (entry["version"], entry["why"]) == (2, failed.message)
    assert serving.score(ROW).version == 1
    with pytest.raises(OctavoError, match="Only a signed model version"):
        serving.ask(2)
    # The same bytes, signed as they should be, go live; then the key is revoked.
    with serving.database.write() as rows:
        versions_store.sign_anew(rows, second)
    serving.go_live(2)
    _revoke(signed, second)
    _ends_and_is_not_loaded_again(serving)


def _ends_and_is_not_loaded_again(serving: Serving) -> None:
    """What runs answers on; once it ended it isn't loaded, and the version before takes over."""
    assert serving.score(ROW).version == 2
    scorer = serving.rollouts.get(PROJECT, NAME).scorers[2]
    os.kill(next(processes(f"scorers/{scorer.id}/s\0".encode())), signal.SIGKILL)
    with serving.asking(ROW, clients=2) as asking:
        view = serving.until(lambda view: view.scorers[2].restarts >= 2)
        assert view.scorers[2].state is ScorerState.BACKING_OFF
        assert "is not what was signed: The key " in view.scorers[2].message
        assert "was revoked by root" in view.scorers[2].message
        serving.until(lambda view: view.scorers[2].restarts >= 3)
        serving.judge.step()
        view = serving.rollouts.get(PROJECT, NAME)
        assert (view.deployment.stable_version, view.deployment.canary_version) == (1, None)
        after = len(asking.versions)
        deadline = time.monotonic() + 30
        while len(asking.versions) < after + 20:
            assert time.monotonic() < deadline, (after, asking.versions[-3:], asking.failures[-3:])
            time.sleep(0.02)
    assert asking.failures == []
    assert set(asking.versions[after:]) == {1}
    entry = _entries(serving, "deployments.rollback")[0]
    assert (entry["live"], entry["version"]) == (1, 2)
    assert "its scorer failed 3 times in a row" in entry["why"]


# ------------------------------------------------------------ measurements that are lost


class Ahead:
    """A time that stands still until a test moves it ahead; a busy machine moves nothing."""

    def __init__(self) -> None:
        self.by = timedelta(0)
        self._began = now()

    def __call__(self) -> datetime:
        """Return the time."""
        return self._began + self.by


@pytest.fixture
def ahead() -> Ahead:
    """Give a clock."""
    return Ahead()


@pytest.fixture
def timed(home: Path, models: Path, ahead: Ahead) -> Iterator[Serving]:
    """Give deployments by that clock: version 1 good, 2 better."""
    versions = {("flights-late", 1): models / "good", ("flights-late", 2): models / "better"}
    with open_database("sqlite", home, home) as database:
        opened = open_serving(home, database, versions, clock=ahead)
        yield opened
        _rename(database, "lost_figures", "deployment_figures")
        opened.close()


def _rename(database: Any, before: str, after: str) -> None:
    assert isinstance(database, SqlDatabase)
    with database.engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"ALTER TABLE {before} RENAME TO {after}"))


def test_a_canary_whose_measurements_are_lost_is_held_back_then_rolled_back(
    timed: Serving, ahead: Ahead
) -> None:
    plan = TrafficPlan(
        kind="canary",
        percent=100,
        steps=(CanaryStep(percent=50, bake_s=600, min_requests=20),),
        then="promote",
    )
    patient = Objectives(latency_p95_ms=30_000, error_rate=0.01, drift_psi=10)
    timed.go_live(1)
    ahead.by += timedelta(seconds=1)  # the newest rollout is the first of the history
    timed.go_live(2, traffic=plan, objectives=patient)
    timed.judge.step()
    assert {one.version for one in timed.score_many([ROW] * 30)} == {1, 2}
    timed.telemetry.flush()
    _rename(timed.database, "deployment_figures", "lost_figures")
    _watch(timed, ahead, LEASE_S + 2)
    timed.router.refresh(PROJECT, NAME)
    assert {one.version for one in timed.score_many([ROW] * 30)} == {1}
    held = timed.router.tables.held_back(PROJECT, NAME)
    assert held is not None
    assert "v2 gets no requests: its measurements could not be read since" in held.reason
    assert timed.rollouts.get(PROJECT, NAME).deployment.canary_version == 2
    _watch(timed, ahead, 24)
    assert timed.rollouts.get(PROJECT, NAME).deployment.canary_version is None
    done = timed.rollouts.history(PROJECT, NAME).rollouts[0]
    assert (done.state, done.automatic) == (RolloutState.ROLLED_BACK, True)
    assert "its measurements could not be read since" in done.message
    assert {one.version for one in timed.score_many([ROW] * 30)} == {1}
    (entry,) = _entries(timed, "deployments.rollback")
    assert (entry["live"], entry["version"]) == (1, 2)
    assert [one["version"] for one in _entries(timed, "deployments.hold_back")] == [2]


def _watch(serving: Serving, ahead: Ahead, seconds: float) -> None:
    """Let time pass; the controller lives, what it reads is gone."""
    for _ in range(int(seconds) // 4):
        ahead.by += timedelta(seconds=4)
        serving.judge.step()
