"""Preparing a state folder: a step that fails, is long, or is broken off."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from octavo.local import preparation, process, up
from octavo.local.errors import ServiceFailed
from octavo.local.launch import Launch
from octavo.local.process import Identity
from octavo.local.progress import Steps


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    made = Launch.of({**os.environ, "OCTAVO_HOME": str(tmp_path / "home")})
    made.home.make_folders()
    return made


@pytest.fixture
def said() -> list[str]:
    return []


def run(launch: Launch, said: list[str], code: str) -> None:
    preparation.run_step(launch, Steps(said.append), "Load the project", ["-c", code])


def test_a_step_is_named_with_its_time(launch: Launch, said: list[str]) -> None:
    run(launch, said, "print('done')")
    assert [line.split("  ")[1] for line in said] == ["Load the project"]


def test_a_failed_step_quotes_its_last_words_and_names_the_log(
    launch: Launch, said: list[str]
) -> None:
    with pytest.raises(ServiceFailed, match="'Load the project' failed: the lake is empty") as bad:
        run(launch, said, "print('the lake is empty'); raise SystemExit(1)")
    assert str(launch.home.logs / "prepare.log") in bad.value.remedy
    assert said == []


def test_a_step_that_says_nothing_is_reported_with_its_status(
    launch: Launch, said: list[str]
) -> None:
    with pytest.raises(ServiceFailed, match="ended with status 7"):
        run(launch, said, "raise SystemExit(7)")


def test_a_long_step_says_how_far_it_is(
    launch: Launch, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "HEARTBEAT_S", 0.2)
    run(launch, said, "import time; print('[1/2] half', flush=True); time.sleep(1)")
    assert any("Load the project" in line and "[1/2] half" in line for line in said[:-1])


def test_a_broken_off_preparation_leaves_no_process(
    launch: Launch, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    grandchild = (
        "import subprocess, sys, time;"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        " start_new_session=True).pid, flush=True); time.sleep(60)"
    )
    log = launch.home.logs / "prepare.log"

    def prepare(launch: Launch, steps: Steps) -> None:
        run(launch, said, grandchild)

    def interrupt() -> None:
        until(lambda: log.exists() and log.read_text().strip().isdecimal())
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(up, "prepare", prepare)
    monkeypatch.setattr(up.preflight, "check_ports", lambda _: None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    threading.Thread(target=interrupt).start()
    try:
        up.run(launch, Steps(said.append))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    orphan = Identity.of(int(log.read_text()))
    assert orphan is None or not orphan.alive()
    assert process.marked(launch.instance) == []
    assert any("Stopped before it was ready" in line for line in said)


def until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(0.02)


def test_the_commands_run_with_the_launchers_own_python(launch: Launch, said: list[str]) -> None:
    code = f"import sys; raise SystemExit(sys.prefix != {sys.prefix!r})"
    run(launch, said, code)
