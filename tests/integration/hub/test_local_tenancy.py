"""One workspace's share of a real machine: its limits are exceeded, and what is said then."""

from __future__ import annotations

import asyncio
import functools
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.limits import BUSY, FORKS, HUNGRY
from tests.support.wire_sessions import profile, session

from octavo.local.control_groups import kernel_groups
from octavo.local.gpus import kept_devices
from octavo.local.own_view import can_hide
from octavo_hub.failure import Failure
from octavo_hub.local.host import Host
from octavo_hub.local.tenancy import Tenancy

ROOT = os.geteuid() == 0
WAIT_S = 90.0
ZERO, RANDOM = 5, 9
"""Minor numbers of /dev/zero and /dev/urandom, which give as much as one asks for."""
OPEN = """
try:
    print(len(open('{file}', 'rb').read(8)))
except OSError as refused:
    print(refused.strerror)
"""


@pytest.fixture(params=["kernel", "watch"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """Give the machine with its control groups, and once more as if it had none."""
    with tempfile.TemporaryDirectory(prefix="octavo-tenancy-") as folder:
        Path(folder).chmod(0o711)
        (Path(folder) / "state").mkdir(mode=0o700)
        kernel = kernel_groups(f"octavo-test-{os.getpid()}") if request.param == "kernel" else None
        made = Host(Path(folder), kernel)
        yield made
        made.accounts.remove_all()
        if kernel is not None:
            kernel.remove_all()


@pytest.fixture
def tenancy(host: Host) -> Iterator[Callable[..., Tenancy]]:
    """Make tenancies of a profile with these resources; they end with the test."""
    made: list[Tenancy] = []

    def make(gpus: Sequence[int] = (), **resources: Any) -> Tenancy:
        account = host.accounts.person("ann")
        asked = session(person="ann", profile=profile(**resources), gpus=list(gpus))
        made.append(Tenancy(host, account, asked))
        return made[-1]

    yield make
    for one in made:
        one.clear()


@contextmanager
def running(tenancy: Tenancy, script: str) -> Iterator[subprocess.Popen[str]]:
    """Start a Python script as the workspace would start, and end it after the block."""
    process = subprocess.Popen(
        [sys.executable, "-IS", "-c", script],
        env={"PATH": "/usr/bin:/bin"} | tenancy.account.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **tenancy.prepare(),
    )
    with process:
        yield process
        process.kill()


def run(tenancy: Tenancy, script: str) -> str:
    """Run a Python script to its end, and return what it said."""
    with running(tenancy, script) as process:
        said, _ = process.communicate(timeout=60)
    return str(said)


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_memory_of_all_processes_is_limited_and_the_sentence_says_by_what(
    tenancy: Callable[..., Tenancy],
) -> None:
    one = tenancy(memory_gib=0.25)
    if one.host.groups is None:
        return  # the watch is shown below
    run(one, HUNGRY.format(processes=4, mib=120))
    (told,) = one.notes()
    assert told.kind == "out_of_memory"
    assert told.sentence.startswith("The workspace reached its limit of 256 MiB of memory, so ")
    assert one.memory_kills() >= 2
    assert one.notes() == []


def test_the_watch_ends_a_workspace_over_its_memory(tenancy: Callable[..., Tenancy]) -> None:
    one = tenancy(memory_gib=0.25)
    if one.host.groups is not None:
        return  # the kernel does it itself

    async def watched() -> Failure | None:
        # All four hold their memory until a line comes that never does.
        script = HUNGRY.format(processes=4, mib=100).replace(
            "os.close(go)\nkilled", "input()\nkilled"
        )
        with running(one, script) as process:
            one.watch(process.pid, lambda: one.kill(process.pid))
            deadline = time.monotonic() + WAIT_S
            while process.poll() is None and time.monotonic() < deadline:
                await one.host.watch.look()
                await asyncio.sleep(0.1)
            assert process.wait(1) == -9
        return one.excess

    told = asyncio.run(watched())
    assert told is not None
    assert told.kind == "out_of_memory"
    assert "more than its 256 MiB of memory and was ended. It used 4" in told.sentence
    assert "held by python" in told.sentence


def test_a_fork_bomb_stops_at_the_limit_and_it_is_said(tenancy: Callable[..., Tenancy]) -> None:
    one = tenancy(processes=40)
    started, _, said = run(one, FORKS.format(tries=300)).partition(" ")
    if ROOT:
        assert int(started) < 40
        assert "Resource temporarily unavailable" in said
    if one.host.groups is not None:
        (told,) = one.notes()
        assert "its limit of 40 processes and threads; 1 more was not started" in told.sentence


def test_cpu_time_is_limited_and_counted(tenancy: Callable[..., Tenancy]) -> None:
    one = tenancy(cpu=0.2, cpu_guarantee=0.1)
    begun = time.monotonic()
    run(one, BUSY.format(processes=2, cpu_s=0.2))
    wall = time.monotonic() - begun
    used = one.used(1)
    if one.host.groups is not None:
        assert wall > 1.6
        assert used.cpu_seconds == pytest.approx(0.4, abs=0.15)


def test_what_it_uses_is_seen_from_outside_and_never_goes_back(
    tenancy: Callable[..., Tenancy],
) -> None:
    one = tenancy(memory_gib=0.5)
    script = BUSY.format(processes=1, cpu_s=0.5) + "held = b'x' * (60 * 2**20)\ninput()"
    with running(one, script) as process:
        until(lambda: (one.used(process.pid).memory_gib or 0) > 60 / 1024)
        seen = one.used(process.pid)
        assert (seen.cpu_seconds or 0) >= 0.5
        assert (seen.memory_gib or 0) < 120 / 1024
        assert seen.gpu_percent is None
        one.kill(process.pid)
        process.wait(WAIT_S)
        assert (one.used(process.pid).cpu_seconds or 0) >= (seen.cpu_seconds or 0)


def test_a_second_start_ends_what_the_first_left_and_takes_the_new_limits(
    tenancy: Callable[..., Tenancy],
) -> None:
    first = tenancy(processes=50)
    with running(first, "import signal; signal.pause()") as left:
        second = tenancy(processes=30)
        if not ROOT:
            left.kill()
        started = run(second, FORKS.format(tries=100))
        assert left.wait(WAIT_S) == -9
    if ROOT:
        assert int(started.split()[0]) < 30


def test_nothing_of_it_stays_when_it_has_ended(tenancy: Callable[..., Tenancy]) -> None:
    one = tenancy()
    with running(one, "import signal; signal.pause()") as process:
        groups = one.host.groups
        group = groups.of(process.pid) if groups is not None else None
        assert (group is not None) is (groups is not None)
        if not ROOT:
            process.kill()
        one.clear()
        assert process.wait(WAIT_S) == -9
    assert one.account.processes() == []
    if group is not None:
        assert not any(Path(file).exists() for file in group.joining())
    assert one.host.records.of(one.account.name) is None


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that other accounts may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def test_a_gpu_that_was_not_lent_cant_be_opened(
    tenancy: Callable[..., Tenancy], open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doubles of the driver's folder and of its device files: real devices of other kinds."""
    if not ROOT:
        return
    for number, minor in enumerate((ZERO, RANDOM)):
        information = open_folder / "gpus" / f"0000:0{number}:00.0" / "information"
        information.parent.mkdir(parents=True)
        information.write_text(f"Model: \t A100\nDevice Minor: \t {number}\n")
        os.mknod(open_folder / f"nvidia{number}", stat.S_IFCHR | 0o666, os.makedev(1, minor))
        (open_folder / f"nvidia{number}").chmod(0o666)
    double = functools.partial(kept_devices, driver=open_folder / "gpus", devices=open_folder)
    monkeypatch.setattr("octavo_hub.local.tenancy.kept_devices", double)
    lent, kept = (OPEN.format(file=open_folder / f"nvidia{number}") for number in (0, 1))
    one = tenancy(gpu=1, gpu_type="A100", gpus=[0])
    assert run(one, lent) == "8\n"
    if one.host.groups is not None or can_hide():
        assert run(one, kept) in {"Operation not permitted\n", "0\n"}
    none = tenancy()
    if none.host.groups is not None or can_hide():
        assert run(none, lent) in {"Operation not permitted\n", "0\n"}
