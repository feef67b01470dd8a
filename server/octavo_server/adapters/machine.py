"""What this machine has: CPUs and memory from the kernel, GPUs from NVIDIA's driver."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from pathlib import Path

from octavo.local.control_groups.own import MOUNT, cpu_limit, memory_limit
from octavo.local.gpus import DRIVER, gpus
from octavo_server.workspaces.sessions.domain import MachineFacts

GIB = 1024**3


class LocalMachine:
    """The machine that this process runs on, as far as it may be used."""

    def __init__(
        self,
        driver: Path = DRIVER,
        groups: Path = MOUNT,
        *,
        reserve_cpus: float = 0.0,
        reserve_memory_gib: float = 0.0,
    ) -> None:
        """Take the GPU driver's folder, the control groups' mount, and what Octavo itself needs."""
        self._driver = driver
        self._groups = groups
        self._reserve_cpus = reserve_cpus
        self._reserve_memory_gib = reserve_memory_gib

    @functools.cache  # noqa: B019 - one machine for the life of the process
    def facts(self) -> MachineFacts:
        """Return what the machine has, read once: hardware doesn't change under a process.

        Inside a container, or a service with limits, that is what these leave.
        """
        cpus, memory = len(os.sched_getaffinity(0)), _physical_memory()
        return MachineFacts(
            cpus=min(cpus, max(1, int(cpu_limit(self._groups) or cpus))),
            memory_gib=min(memory, memory_limit(self._groups) or memory) / GIB,
            gpus=tuple(one.name for one in gpus(self._driver)),
        )

    def for_workspaces(self) -> MachineFacts:
        """Return what workspaces may have of it: all but the reserve for Octavo itself."""
        whole = self.facts()
        return replace(
            whole,
            cpus=max(0, whole.cpus - self._reserve_cpus),
            memory_gib=max(0.0, whole.memory_gib - self._reserve_memory_gib),
        )


def _physical_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
