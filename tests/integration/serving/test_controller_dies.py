"""The controller is killed with a canary under way: the share goes back, v1 answers on."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.models import ROW
from tests.support.serving import NAME, PROJECT, Serving, now

from octavo_server.deployments.rollouts.domain import CanaryStep, RolloutState, TrafficPlan
from octavo_server.deployments.rollouts.progress import LEASE_S

pytestmark = pytest.mark.timeout(300)  # real processes that each load scikit-learn

PLAN = TrafficPlan(
    kind="canary",
    percent=100,
    steps=(CanaryStep(percent=50, bake_s=600, min_requests=20),),
    then="promote",
)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def controller(serving: Serving, home: Path, models: Path) -> Iterator[Callable[[], Controller]]:
    """Give controllers: a process each, that drives and judges as the worker does."""
    started: list[Controller] = []

    def start() -> Controller:
        started.append(Controller(home, models))
        return started[-1]

    yield start
    for one in started:
        one.kill()


class Controller:
    """A controller process."""

    def __init__(self, home: Path, models: Path) -> None:
        argv = [sys.executable, "-m", "tests.support.controller", str(home), str(models)]
        self._log = (home / "controller.log").open("ab")
        self._process = subprocess.Popen(argv, cwd=ROOT, stdout=self._log, stderr=self._log)

    def kill(self) -> None:
        """End it as a lost machine does: nothing of it runs on."""
        self._process.kill()
        self._process.wait()
        self._log.close()


def _until(holds: Callable[[], object], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def _canary(serving: Serving, version: int | None) -> Callable[[], bool]:
    return lambda: serving.rollouts.get(PROJECT, NAME).deployment.canary_version == version


def _live(serving: Serving) -> bool:
    return serving.rollouts.get(PROJECT, NAME).deployment.stable_version == 1


def test_a_killed_controller_takes_its_canary_back_and_no_answer(
    serving: Serving, controller: Callable[[], Controller]
) -> None:
    serving.approve(serving.ask(1))
    first = controller()
    _until(lambda: _exists(serving) and _live(serving), "v1 is live")
    serving.approve(serving.ask(2, traffic=PLAN))
    _until(_canary(serving, 2), "v2 is a canary")
    with serving.asking(ROW, clients=2) as asking:
        _until(lambda: 2 in asking.versions, "v2 answers")
        first.kill()
        killed = time.monotonic()
        tables = serving.router.tables
        _until(lambda: tables.held_back(PROJECT, NAME), "the share is held back", LEASE_S + 10)
        took = time.monotonic() - killed
        handed = len(asking.versions)
        _until(lambda: len(asking.versions) > handed + 200, "v1 answers on")
        alone = asking.versions[handed + 50 :]
    assert asking.failures == []
    assert set(alone) == {1}
    assert LEASE_S - 3 < took < LEASE_S + 3
    held = tables.held_back(PROJECT, NAME)
    assert held is not None
    assert "the controller has not looked at it" in held.reason
    _a_new_controller_rolls_back_and_finds_the_live_scorer(serving, controller)


def _exists(serving: Serving) -> bool:
    return bool(serving.rollouts.views(PROJECT))


def _a_new_controller_rolls_back_and_finds_the_live_scorer(
    serving: Serving, controller: Callable[[], Controller]
) -> None:
    before = serving.rollouts.get(PROJECT, NAME).scorers[1]
    controller()
    _until(_canary(serving, None), "the canary is rolled back")
    done = serving.rollouts.history(PROJECT, NAME).rollouts[0]
    assert done.state is RolloutState.ROLLED_BACK
    assert done.automatic
    assert "the controller was away for" in done.message
    _until(lambda: 2 not in serving.rollouts.get(PROJECT, NAME).scorers, "v2 has ended")
    after = serving.rollouts.get(PROJECT, NAME).scorers[1]
    assert (after.id, after.secret, after.restarts) == (before.id, before.secret, 0)
    assert serving.score(ROW).version == 1
    kinds = [one.kind for one in serving.rollouts.events(PROJECT, NAME, 9, 0)]
    assert kinds[0] == "rolled_back"
    lapsed = (now() - done.started_at).total_seconds()
    assert lapsed > LEASE_S
