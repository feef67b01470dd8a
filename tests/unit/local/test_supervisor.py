"""The supervisor with real processes: slow, ending, refusing to end, orphaned."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from octavo.local import process
from octavo.local.errors import AlreadyRunning, ServiceFailed
from octavo.local.home import Home
from octavo.local.launch import Launch
from octavo.local.process import Identity
from octavo.local.progress import Steps
from octavo.local.services import Service
from octavo.local.supervisor import Supervisor, sweep
from octavo.local.up import down, held, running_supervisor

SLEEP = "import time; time.sleep(60)"
READY_SOON = "import pathlib, time; pathlib.Path('{mark}').touch(); time.sleep(60)"
ENDS = "print('the database is locked', flush=True); raise SystemExit(3)"
IGNORES = (
    "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "pathlib.Path('{mark}').touch(); time.sleep(60)"
)


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    made = Launch.of({**os.environ, "OCTAVO_HOME": str(tmp_path / "home")})
    made.home.make_folders()
    return made


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervise(launch: Launch, said: list[str]) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def build(*services: Service) -> Supervisor:
        made.append(Supervisor(launch, list(services), Steps(said.append)))
        return made[-1]

    yield build
    for supervisor in made:
        supervisor.stop()


def service(launch: Launch, name: str, code: str, *, limit_s: float = 20.0) -> Service:
    mark = launch.home.state / f"{name}.mark"
    return Service(
        name=name,
        argv=(sys.executable, "-c", code.format(mark=mark)),
        ready=mark.exists,
        stops_last=False,
        limit_s=limit_s,
    )


def until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(0.02)


def identities(launch: Launch) -> list[Identity]:
    found = [Identity.load(file) for file in launch.home.pids.iterdir()]
    return [identity for identity in found if identity]


def test_a_start_waits_for_readiness_and_names_each_process(
    launch: Launch, supervise: Callable[..., Supervisor], said: list[str]
) -> None:
    supervisor = supervise(
        service(launch, "hub", READY_SOON), service(launch, "worker", READY_SOON)
    )
    supervisor.start()
    assert sorted(line.split()[1] for line in said) == ["hub", "worker"]
    running = identities(launch)
    assert len(running) == 2
    supervisor.stop()
    assert not any(identity.alive() for identity in running)
    assert list(launch.home.pids.iterdir()) == []


def test_a_process_that_ends_while_starting_is_reported_with_its_last_words(
    launch: Launch, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(service(launch, "hub", READY_SOON), service(launch, "worker", ENDS))
    with pytest.raises(ServiceFailed, match=r"worker ended \(status 3\)") as failed:
        supervisor.start()
    assert "the database is locked" in failed.value.message
    assert "worker.log" in failed.value.remedy


def test_a_process_that_never_gets_ready_is_given_up_in_time(
    launch: Launch, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(service(launch, "tracking", SLEEP, limit_s=0.3))
    with pytest.raises(ServiceFailed, match="tracking was not ready after"):
        supervisor.start()


def test_a_stop_during_the_start_is_obeyed(
    launch: Launch, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(service(launch, "hub", SLEEP))
    before = signal.getsignal(signal.SIGINT)
    supervisor.catch_signals()
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        supervisor.start()
    finally:
        signal.signal(signal.SIGINT, before)
    assert supervisor.stopping


def test_an_ended_process_is_started_again_and_given_up_when_it_keeps_ending(
    launch: Launch, supervise: Callable[..., Supervisor], said: list[str]
) -> None:
    ends_once_told = READY_SOON.replace(
        "time.sleep(60)", "[time.sleep(.01) for _ in iter(pathlib.Path('{mark}.end').exists, True)]"
    )
    supervisor = supervise(service(launch, "worker", ends_once_told))
    supervisor.start()
    (launch.home.state / "worker.mark.end").touch()
    with pytest.raises(ServiceFailed, match="worker ended 6 times within 10 minutes"):
        supervisor.watch()
    assert sum("is started again" in line for line in said) == 5


def test_stopping_kills_what_will_not_end(
    launch: Launch,
    supervise: Callable[..., Supervisor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("octavo.local.supervisor.GRACE_S", 0.3)
    supervisor = supervise(service(launch, "scorer", IGNORES))
    supervisor.start()
    (running,) = identities(launch)
    supervisor.stop()
    assert not running.alive()


def test_a_sweep_ends_what_a_killed_start_left_and_nothing_else(launch: Launch) -> None:
    home = launch.home
    argv = [sys.executable, "-c", SLEEP]
    bare = {"PATH": os.environ["PATH"]}
    named = process.start(argv, bare, home.logs / "named", home.state)
    marked = process.start(argv, launch.environment, home.logs / "marked", home.state)
    stranger = process.start(argv, bare, home.logs / "stranger", home.state)
    children = [named, marked, stranger]
    found = [Identity.of(child.pid) for child in children]
    assert all(found)
    found[0].save(home.pids / "hub")  # type: ignore[union-attr]
    reused = Identity(pid=stranger.pid, started=1, boot=found[2].boot)  # type: ignore[union-attr]
    reused.save(home.pids / "worker")
    try:
        assert {identity.pid for identity in sweep(launch)} == {named.pid, marked.pid}
        assert stranger.poll() is None
        assert list(home.pids.iterdir()) == []
    finally:
        for child in children:
            child.kill()
            child.wait()


def test_a_second_start_from_the_same_folder_is_refused(launch: Launch) -> None:
    with held(launch.home):
        assert running_supervisor(launch.home) == Identity.of(os.getpid())
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"), held(launch.home):
            pass
    assert running_supervisor(launch.home) is None


def test_down_clears_what_a_killed_start_left(launch: Launch, said: list[str]) -> None:
    launch.home.ready_mark.touch()
    left = process.start(
        [sys.executable, "-c", SLEEP],
        launch.environment,
        launch.home.logs / "hub",
        launch.home.state,
    )
    down(launch, Steps(said.append))
    assert left.wait() == -signal.SIGTERM
    assert said == ["Ended 1 processes that an earlier start had left behind."]
    assert not launch.home.ready_mark.exists()


def test_down_without_anything_running_says_so(launch: Launch, said: list[str]) -> None:
    down(launch, Steps(said.append))
    assert said == [f"Octavo is not running from {launch.home.root}."]


def test_down_before_the_first_start_makes_no_folder(tmp_path: Path, said: list[str]) -> None:
    launch = Launch.of({"OCTAVO_HOME": str(tmp_path / "never")})
    down(launch, Steps(said.append))
    assert not Home(root=tmp_path / "never").root.exists()
