"""Limits of a whole workspace: the kernel holds them over all its processes, and counts."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.limits import BUSY, FORKS, HUNGRY, Confined

from octavo.local.accounts import Accounts
from octavo.local.confinement import Limits
from octavo.local.control_groups import kernel_groups, make_room
from octavo.local.control_groups.files import pairs
from octavo.local.control_groups.version2 import Version2
from octavo.local.own_view import can_hide

MIB = 2**20


@pytest.fixture
def confined() -> Iterator[Confined]:
    with tempfile.TemporaryDirectory(prefix="octavo-groups-") as folder:
        Path(folder).chmod(0o711)
        accounts = Accounts(Path(folder))
        groups = kernel_groups(f"octavo-test-{os.getpid()}")
        try:
            yield Confined(accounts.person("ann"), groups)
        finally:
            accounts.remove_all()
            if groups is not None:
                groups.remove_all()


def test_memory_is_limited_over_several_processes(confined: Confined) -> None:
    limits = Limits(memory_bytes=200 * MIB, processes=50)
    # Each of the four stays below the limit; together they are at twice of it.
    said = confined.run(HUNGRY.format(processes=4, mib=100), limits)
    if confined.group is None:
        assert said == "0 ended by the kernel"
        return
    assert int(said.split()[0]) >= 2
    assert confined.group.counters().memory_kills == int(said.split()[0])


def test_a_fork_bomb_stops_at_the_limit_and_is_counted(confined: Confined) -> None:
    started = int(confined.run(FORKS.format(tries=200), Limits(processes=40)).split()[0])
    if confined.group is not None:
        assert 30 <= started < 40
        assert confined.group.counters().refused_processes >= 1
    elif confined.account.own:
        assert started < 40


def test_cpu_is_limited_over_several_processes(confined: Confined) -> None:
    begun = time.monotonic()
    confined.run(BUSY.format(processes=2, cpu_s=0.2), Limits(cpus=0.2))
    wall = time.monotonic() - begun
    if confined.group is None:
        return
    # 0.4 CPU seconds at a fifth of a CPU; a period's worth may run over before it is made to wait.
    assert wall > 1.6
    counted = confined.group.counters()
    assert counted.cpu_s is not None
    assert counted.cpu_s < 0.2 * wall + 0.3
    assert counted.throttled > 0


def test_cpu_of_processes_that_have_ended_is_counted(confined: Confined) -> None:
    confined.run(BUSY.format(processes=1, cpu_s=0.5), Limits(cpus=1))
    if confined.group is not None:
        assert (confined.group.counters().cpu_s or 0) >= 0.4
        assert confined.account.processes() == []


def test_a_device_is_refused_by_the_kernel_whatever_its_files_mode(confined: Confined) -> None:
    limits = Limits(processes=20)
    assert confined.run("print(open('/dev/zero', 'rb').read(1))", limits) == "b'\\x00'"
    device = Path("/dev/zero").stat().st_rdev
    if confined.group is None or not confined.group.deny_devices(
        ((os.major(device), os.minor(device)),)
    ):
        return
    with pytest.raises(subprocess.CalledProcessError) as refused:
        confined.run("open('/dev/zero', 'rb')", limits)
    assert "PermissionError" in refused.value.stderr


def test_its_group_is_found_again_from_a_process_and_removed(confined: Confined) -> None:
    if confined.groups is None:
        return
    assert confined.groups.of(os.getpid()) is None
    with confined.running("import time; time.sleep(60)", Limits(processes=20)) as process:
        found = confined.groups.of(process.pid)
        assert found is not None
        assert found.joining() == confined.made.joining()
        with pytest.raises(OSError, match="busy"):
            Path(found.joining()[0]).parent.rmdir()
    found.remove()
    found.remove()
    assert not any(Path(file).exists() for file in found.joining())


def test_others_processes_are_not_in_its_sight(confined: Confined) -> None:
    script = "import os; print(sorted(p for p in os.listdir('/proc') if p.isdigit()))"
    seen = confined.run(script, Limits())
    assert (str(os.getpid()) in seen) is not can_hide()
    if confined.account.own:
        with pytest.raises(subprocess.CalledProcessError) as refused:
            confined.run(f"open('/proc/{os.getppid()}/environ').read()", Limits())
        assert "Error" in refused.value.stderr


def test_a_file_that_isnt_its_own_is_empty_in_its_sight(confined: Confined, tmp_path: Path) -> None:
    """A file stands for the device of a GPU here; what it is mounted over doesn't matter."""
    if not can_hide():
        return
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o711)
    kept = tmp_path / "nvidia1"
    kept.write_text("secret")
    kept.chmod(0o644)
    script = f"print(repr(open({str(kept)!r}).read()))"
    assert confined.run(script, Limits()) == "'secret'"
    assert confined.run(script, Limits(), hides_files=(str(kept),)) == "''"
    assert kept.read_text() == "secret"


def test_without_control_groups_none_are_claimed(tmp_path: Path) -> None:
    assert kernel_groups("octavo-test", mount=tmp_path) is None
    assert make_room(mount=tmp_path)


def test_a_tree_that_may_not_be_written_to_is_not_claimed(tmp_path: Path) -> None:
    for name in ("memory", "cpu", "pids"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").write_text("")
        # A file where the installation's folder would be: making groups fails.
        (tmp_path / name / "octavo-test").write_text("")
    assert kernel_groups("octavo-test", mount=tmp_path) is None


def test_version_2_writes_what_the_kernel_reads(tmp_path: Path) -> None:
    """On a folder that stands for the kernel's: this machine may have version 1 alone."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    kernel = kernel_groups("octavo-test", mount=tmp_path)
    assert isinstance(kernel, Version2)
    limits = Limits(memory_bytes=MIB, processes=7, cpus=1.5, cpus_guaranteed=0.5)
    group = kernel.make("ann", limits)
    folder = Path(group.joining()[0]).parent
    assert folder == tmp_path / "octavo-test" / "ann"
    written = {file.name: file.read_text() for file in folder.iterdir()}
    assert written == {
        "memory.max": str(MIB),
        "pids.max": "7",
        "cpu.max": "150000 100000",
        "cpu.weight": "50",
    }
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory +cpu +pids"


def test_version_2_reads_what_the_kernel_counts(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    kernel = kernel_groups("octavo-test", mount=tmp_path)
    assert kernel is not None
    group = kernel.make("ann", Limits())
    folder = tmp_path / "octavo-test" / "ann"
    (folder / "memory.current").write_text("5000\n")
    (folder / "memory.stat").write_text("anon 3000\ninactive_file 1500\n")
    (folder / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")
    (folder / "pids.events").write_text("max 3\n")
    (folder / "cpu.stat").write_text("usage_usec 2500000\nnr_periods 9\nnr_throttled 4\n")
    counted = group.counters()
    assert (counted.cpu_s, counted.memory_bytes, counted.memory_kills) == (2.5, 3500, 1)
    assert (counted.refused_processes, counted.periods, counted.throttled) == (3, 9, 4)
    assert group.deny_devices(()) is True
    assert group.deny_devices(((195, 0),)) is False


def test_version_2_takes_in_a_process_and_lets_it_go(
    confined: Confined, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the kernel's own tree of version 2, where it is mounted, with no limits set."""
    mounts = [Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")]
    tree = next((one for one in mounts if (one / "cgroup.controllers").exists()), None)
    if tree is None or not os.access(tree / "cgroup.procs", os.W_OK):
        return
    monkeypatch.setattr("octavo.local.control_groups.version2.HAND_DOWN", "")
    confined.groups = Version2(tree / f"octavo-test-{os.getpid()}")
    try:
        with confined.running("import time; time.sleep(60)", Limits()) as process:
            found = confined.groups.of(process.pid)
            assert found is not None
            assert str(process.pid) in Path(found.joining()[0]).read_text().split()
            assert (found.counters().cpu_s or 0) >= 0
        found.remove()
    finally:
        confined.groups.remove_all()
    assert not Path(found.joining()[0]).exists()


def test_numbers_that_are_none_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "pids.events"
    file.write_text("max max\nother 4\n")
    assert pairs(file) == {"other": 4}
    assert pairs(tmp_path / "gone") == {}
