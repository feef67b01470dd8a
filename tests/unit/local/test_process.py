"""Processes: recognised by start time, ended for good, found again by their mark."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from octavo.local import process
from octavo.local.process import MARK, Identity


def until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(0.02)


def run(code: str, tmp_path: Path, **environment: str) -> subprocess.Popen[bytes]:
    return process.start(
        [sys.executable, "-c", code], {**os.environ, **environment}, tmp_path / "log", tmp_path
    )


def identity_of(child: subprocess.Popen[bytes]) -> Identity:
    identity = Identity.of(child.pid)
    assert identity
    return identity


def test_a_process_is_itself_and_no_other_with_its_number(tmp_path: Path) -> None:
    own = Identity.of(os.getpid())
    assert own
    assert own.alive()
    reused = Identity(pid=own.pid, started=own.started - 1, boot=own.boot)
    rebooted = Identity(pid=own.pid, started=own.started, boot="another boot")
    assert not reused.alive()
    assert not rebooted.alive()


def test_a_pid_file_survives_the_round_trip_and_damage(tmp_path: Path) -> None:
    own = Identity.of(os.getpid())
    assert own
    file = tmp_path / "hub"
    own.save(file)
    assert Identity.load(file) == own
    file.write_text("{half a fi")
    assert Identity.load(file) is None
    file.write_text("[1, 2]")
    assert Identity.load(file) is None
    assert Identity.load(tmp_path / "none") is None


def test_an_obedient_process_ends_within_its_grace(tmp_path: Path) -> None:
    child = run("import time; time.sleep(60)", tmp_path)
    assert process.end([identity_of(child)], grace_s=10) == []
    assert child.wait() == -signal.SIGTERM


def test_a_stubborn_process_is_killed_with_its_whole_group(tmp_path: Path) -> None:
    child = run(
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(inner.pid, flush=True)\n"
        "time.sleep(60)\n",
        tmp_path,
    )
    log = tmp_path / "log"
    until(lambda: log.read_text().strip().isdecimal())
    inner = Identity.of(int(log.read_text()))
    stubborn = identity_of(child)
    assert process.end([stubborn], grace_s=0.2) == [stubborn]
    assert child.wait() == -signal.SIGKILL
    assert inner
    until(lambda: not inner.alive())


def test_a_process_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    starter = run(
        "import os, pathlib, sys, time\n"
        "from octavo.local import process\n"
        "here = pathlib.Path('.')\n"
        "argv = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "child = process.start(argv, os.environ, here / 'inner', here)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n",
        tmp_path,
    )
    log = tmp_path / "log"
    until(lambda: log.read_text().strip().isdecimal())
    child = Identity.of(int(log.read_text()))
    assert child
    starter.kill()
    starter.wait()
    until(lambda: not child.alive())


def test_marked_processes_are_found_and_others_left_alone(tmp_path: Path) -> None:
    ours = run("import time; time.sleep(60)", tmp_path, **{MARK: "one"})
    theirs = run("import time; time.sleep(60)", tmp_path, **{MARK: "another"})
    try:
        until(lambda: [found.pid for found in process.marked("one")] == [ours.pid])
    finally:
        process.end([identity_of(ours), identity_of(theirs)], grace_s=10)
        ours.wait()
        theirs.wait()


@pytest.mark.parametrize("pid", [2**22 + 7, 0])
def test_no_process_has_no_identity(pid: int) -> None:
    assert Identity.of(pid) is None


def test_a_log_that_grew_too_large_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LARGEST_LOG_BYTES", 10)
    log = tmp_path / "log"
    log.write_text("x" * 11)
    run("print('fresh')", tmp_path).wait()
    assert log.read_text() == "fresh\n"
    assert (tmp_path / "log.old.log").read_text() == "x" * 11
