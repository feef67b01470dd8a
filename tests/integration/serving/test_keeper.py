"""Real scorers under a real keeper: adopted, replaced, hung, killed, and left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.models import FolderCatalog

from octavo.local.accounts import Accounts
from octavo_server.adapters.keeper_client import KeeperClient
from octavo_server.adapters.local_scorers import LocalScorers
from octavo_server.adapters.scorer_orders import SOCKET, Order
from octavo_server.deployments.rollouts.ports import Life, ScorerOrder, ScorerResources
from octavo_server.errors import Unavailable

pytestmark = pytest.mark.timeout(300)  # real processes that each load scikit-learn

SCORER = ScorerOrder(
    id="abcdefgh",
    project="flights",
    model="flights-late",
    version=1,
    digest="0" * 64,
    resources=ScorerResources(cpus=1, memory_mib=4_096),
    secret="s" * 43,
    deployment="late",
)


class Machine:
    """One machine's state folder, and workers on it."""

    def __init__(self, home: Path, model: Path) -> None:
        self.home = home
        self.catalog = FolderCatalog({("flights-late", 1): model})
        self.hosts: list[LocalScorers] = []

    def worker(self, answer_s: float = 20.0, keeper_s: float = 20.0) -> LocalScorers:
        """Return a worker's scorers."""
        keeper = KeeperClient(self.home, answer_s, keeper_s)
        self.hosts.append(LocalScorers(self.home, self.catalog, keeper=keeper))
        return self.hosts[-1]

    def keeper(self) -> int:
        """Return the keeper's process."""
        mark = f"scorer_keeper\0--home\0{self.home}\0".encode()
        return next(one for one in processes(mark))

    def ready(self, host: LocalScorers) -> None:
        """Start the scorer and wait until it answers."""
        host.start(SCORER)
        until(lambda: host.look(SCORER.id).life is Life.READY, "it is ready")

    def scorer(self) -> int:
        """Return the scorer's process."""
        return next(one for one in processes(f"scorers/{SCORER.id}/s\0".encode()))


def processes(mark: bytes) -> Iterator[int]:
    """Yield processes whose command line has the mark."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "cmdline").read_bytes():
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def gone(process: int) -> Callable[[], bool]:
    """Say whether a process has ended."""

    def check() -> bool:
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    return check


@pytest.fixture
def machine(home: Path, models: Path) -> Iterator[Machine]:
    """Give a machine without scorers."""
    home.chmod(0o711)
    (home / "state").mkdir(mode=0o700)
    made = Machine(home, models / "good")
    try:
        yield made
    finally:
        KeeperClient(home, answer_s=5, keeper_s=20).end()
        Accounts(home).remove_all()


def test_the_next_worker_goes_on_with_what_runs_and_other_code_starts_it_anew(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.ready(machine.worker())
    keeper, scorer = machine.keeper(), machine.scorer()
    following = machine.worker()
    assert following.known() == {SCORER.id}
    assert following.look(SCORER.id).life is Life.READY
    assert (machine.keeper(), machine.scorer()) == (keeper, scorer)
    # The same version, but somebody changed the code.
    for module in ("local_scorers", "keeper_client"):
        name = f"octavo_server.adapters.{module}.release"
        monkeypatch.setattr(name, lambda: "0.1.0+changed")
    changed = machine.worker()
    assert changed.known() == frozenset()
    assert gone(keeper)()
    until(gone(scorer), "the scorer of other code has ended")
    changed.start(SCORER)
    assert machine.keeper() != keeper
    changed.close()
    assert not (machine.home / SOCKET).exists()


def test_a_keeper_that_hangs_is_named_and_its_end_brings_the_scorer_back(
    machine: Machine,
) -> None:
    host = machine.worker(answer_s=5.0)
    host.start(SCORER)
    keeper, scorer = machine.keeper(), machine.scorer()
    os.kill(keeper, signal.SIGSTOP)
    with pytest.raises(Unavailable) as hangs:
        host.look(SCORER.id)
    assert f"(process {keeper}) didn't answer within 5 s." in hangs.value.message
    assert f"`kill -9 {keeper}`" in str(hangs.value.remedy)
    assert not gone(scorer)()
    os.kill(keeper, signal.SIGKILL)
    until(gone(scorer), "the scorer sees that nobody holds it")
    until(lambda: host.look(SCORER.id).life is Life.ABSENT, "the worker sees it")
    host.start(SCORER)
    assert machine.keeper() != keeper


def test_a_keeper_that_hangs_when_the_worker_ends_is_ended(machine: Machine) -> None:
    host = machine.worker(keeper_s=1.0)
    with pytest.raises(Unavailable):  # nothing lies where the files should be
        host.start(_without_files(machine))
    keeper = machine.keeper()
    os.kill(keeper, signal.SIGSTOP)
    host.close()
    assert gone(keeper)()


def test_a_keeper_that_does_not_start_says_why(machine: Machine) -> None:
    (machine.home / "keeper").mkdir()
    (machine.home / "keeper" / "lock").mkdir()
    with pytest.raises(Unavailable) as refused:
        machine.worker().start(SCORER)
    assert refused.value.message.startswith(
        "The scorer can't be started: what holds the scorers ended with status 1: "
        "IsADirectoryError: "
    )
    assert refused.value.remedy == "See logs/scorer-keeper.log and the worker's log."
    (machine.home / "keeper" / "lock").rmdir()


def test_a_keeper_alone_ends_with_its_scorers_and_a_second_one_is_refused(
    machine: Machine,
) -> None:
    argv = [
        sys.executable, "-m", "octavo_server.adapters.scorer_keeper",
        "--home", str(machine.home), "--release", "1",
    ]  # fmt: skip
    first = subprocess.Popen([*argv, "--alone-s", "4"], cwd=os.sep, stderr=subprocess.PIPE)
    try:
        client = KeeperClient(machine.home, answer_s=20)
        until(lambda: client.ask(Order("known")), "the keeper answers")
        second = subprocess.run(
            [*argv, "--before-s", "0.1"], cwd=os.sep, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert f"another keeper has the scorers of {machine.home}" in second.stderr
        assert client.ask(Order("known")) is not None
        _, said = first.communicate(timeout=30)
    finally:
        first.kill()
    assert first.returncode == 0
    assert b"nobody asked for 4 s: all scorers are ended" in said
    assert client.ask(Order("known")) is None


def _without_files(machine: Machine) -> ScorerOrder:
    machine.catalog.away = True
    return SCORER
