"""What this machine has: CPUs and memory from the kernel, GPUs from NVIDIA's driver."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from octavo_server.workspaces.sessions.domain import MachineFacts

NVIDIA = Path("/proc/driver/nvidia/gpus")
GIB = 1024**3


class LocalMachine:
    """The machine that this process runs on."""

    def __init__(self, nvidia: Path = NVIDIA) -> None:
        """Read GPUs from the driver's folder; without one there is no GPU."""
        self._nvidia = nvidia

    @functools.cache  # noqa: B019 - one machine for the life of the process
    def facts(self) -> MachineFacts:
        """Return what the machine has, read once: hardware doesn't change under a process."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
        return MachineFacts(
            cpus=len(os.sched_getaffinity(0)), memory_gib=memory, gpus=tuple(self._gpus())
        )

    def _gpus(self) -> list[str]:
        return [
            line.partition(":")[2].strip()
            for file in sorted(self._nvidia.glob("*/information"))
            for line in file.read_text(encoding="utf-8").splitlines()
            if line.startswith("Model:")
        ]
