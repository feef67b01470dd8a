"""What the machine has for workspaces: less than all, where a container or a reserve says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo.local.control_groups import own
from octavo.local.control_groups.files import groups_of
from octavo_server.adapters.machine import LocalMachine


def test_gpus_are_named_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    assert LocalMachine(tmp_path / "none").facts().gpus == ()
    for bus, model in (("0000:01:00.0", "NVIDIA A100"), ("0000:81:00.0", "NVIDIA L4")):
        (tmp_path / bus).mkdir()
        (tmp_path / bus / "information").write_text(f"Model: \t {model}\nIRQ: 5\n")
    assert LocalMachine(tmp_path).facts().gpus == ("NVIDIA A100", "NVIDIA L4")


def test_the_reserve_is_promised_to_no_workspace(tmp_path: Path) -> None:
    machine = LocalMachine(tmp_path, tmp_path, reserve_cpus=0.5, reserve_memory_gib=0.25)
    whole, left = machine.facts(), machine.for_workspaces()
    assert left.cpus == whole.cpus - 0.5
    assert left.memory_gib == pytest.approx(whole.memory_gib - 0.25)
    none = LocalMachine(tmp_path, tmp_path, reserve_cpus=1e3, reserve_memory_gib=1e6)
    assert (none.for_workspaces().cpus, none.for_workspaces().memory_gib) == (0, 0)


def test_a_containers_limits_count_instead_of_the_machines(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("")
    (tmp_path / "memory.max").write_text(f"{512 * 2**20}\n")
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    facts = LocalMachine(tmp_path / "none", tmp_path).facts()
    assert (facts.memory_gib, facts.cpus) == (0.5, 1)


def test_the_least_limit_on_the_way_up_counts(tmp_path: Path) -> None:
    inner = tmp_path / "memory" / groups_of("self").get("memory", "/").strip("/")
    inner.mkdir(parents=True, exist_ok=True)
    (inner / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("1000\n")
    assert own.memory_limit(tmp_path) == 1000


def test_no_limit_is_none(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert own.memory_limit(tmp_path) is None
    assert own.cpu_limit(tmp_path) is None
