"""What accounts use, seen from outside, on this machine's real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.support.limits import BUSY

from octavo.local.measuring import (
    AccountUse,
    ProcessTable,
    ProcessUse,
    by_account,
    exact_memory,
    family,
    processes,
)

MIB = 2**20
HOLDS = "held = b'x' * (80 * 2**20); print('ready', flush=True); input()"
FORKED = """
import os, signal
held = b'x' * (80 * 2**20)
for _ in range(3):
    if os.fork() == 0:
        signal.pause()
print('ready', flush=True)
input()
os.killpg(0, signal.SIGKILL)
"""


@pytest.fixture
def holding(request: pytest.FixtureRequest) -> Iterator[int]:
    """Run the script until it says that it is ready; give the id of its process."""
    process = subprocess.Popen(
        [sys.executable, "-IS", "-c", request.param],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        user=59_998 if os.geteuid() == 0 else None,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        os.killpg(process.pid, 9)


def _use(pid: int) -> ProcessUse:
    return next(one for one in processes() if one.pid == pid)


@pytest.mark.parametrize("holding", [HOLDS], indirect=True)
def test_memory_and_name_of_a_process_are_seen(holding: int) -> None:
    seen = _use(holding)
    assert 80 * MIB < seen.private_bytes < 95 * MIB
    assert seen.name.startswith("python")
    assert seen.threads == 1


@pytest.mark.parametrize("holding", [FORKED], indirect=True)
def test_what_forks_share_is_counted_once_in_a_last_check(holding: int) -> None:
    if os.geteuid() != 0:
        return
    uid = _use(holding).uid
    use = by_account(processes())[uid]
    assert use.memory_bytes > 4 * 80 * MIB
    assert len(use.pids) == 4
    assert 80 * MIB < exact_memory(use.pids) < 130 * MIB


def test_cpu_of_collected_children_is_counted() -> None:
    before = _use(os.getpid()).cpu_s
    subprocess.run([sys.executable, "-IS", "-c", BUSY.format(processes=1, cpu_s=0.3)], check=True)
    assert _use(os.getpid()).cpu_s - before > 0.25


def test_an_account_is_the_sum_of_its_processes() -> None:
    parts = [_process(1, 7, 5), _process(2, 7, 9), _process(3, 8, 1)]
    sums = by_account(iter(parts))
    assert sums[7] == AccountUse(
        cpu_s=2.0, memory_bytes=14, threads=4, biggest=parts[1], pids=(1, 2)
    )
    assert sums[8].biggest == parts[2]


def _process(pid: int, uid: int, private_bytes: int, parent: int = 0) -> ProcessUse:
    return ProcessUse(
        pid=pid,
        uid=uid,
        parent=parent,
        name="a",
        cpu_s=1.0,
        private_bytes=private_bytes,
        threads=2,
    )


def test_a_family_is_a_process_with_all_it_started() -> None:
    found = [_process(5, 7, 1, 4), _process(4, 7, 1, 2), _process(2, 7, 1), _process(9, 7, 1)]
    assert [one.pid for one in family(2, found)] == [2, 4, 5]
    assert family(77, found) == []


def test_one_look_serves_all_accounts_for_a_moment() -> None:
    now = [0.0]
    table = ProcessTable(clock=lambda: now[0])
    me = table.of(os.geteuid())
    assert me.threads > 0
    assert table.of(os.geteuid()) is me
    assert table.of(59_997) == AccountUse()
    now[0] = 60.0
    assert table.of(os.geteuid()) is not me


def test_what_a_process_started_is_measured_with_it() -> None:
    mine = ProcessTable().below(os.getpid())
    assert os.getpid() in mine.pids
    assert mine.memory_bytes > 0
    assert ProcessTable().below(2**22 + 1) == AccountUse()
