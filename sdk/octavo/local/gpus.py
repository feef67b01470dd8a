"""This machine's GPUs: what NVIDIA's driver says of them, and how one is lent to a workspace.

GPUs are numbered from 0 by their place on the bus, as ``CUDA_DEVICE_ORDER=PCI_BUS_ID``
numbers them. A workspace is told its numbers in ``CUDA_VISIBLE_DEVICES``; the device files of the
others are kept from it by the kernel where the machine has the means.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/gpus")
DEVICES = Path("/dev")
QUERY = ("--query-gpu=index,utilization.gpu", "--format=csv,noheader,nounits")
ANSWER_S = 5.0
FRESH_S = 15.0
"""How long one reading of the GPUs' use serves for all workspaces."""


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU."""

    number: int
    """Its place in the order of the bus, from 0."""
    name: str
    """Product name."""
    minor: int
    """Number of its device file, /dev/nvidia<minor>."""


def gpus(driver: Path = DRIVER) -> tuple[Gpu, ...]:
    """Return the machine's GPUs as the driver's folder lists them; none without a driver."""
    found = [_fields(file) for file in sorted(driver.glob("*/information"))]
    return tuple(
        Gpu(
            number=number,
            name=fields.get("Model", "unknown"),
            minor=int(fields["Device Minor"]) if "Device Minor" in fields else number,
        )
        for number, fields in enumerate(found)
    )


def lease_environment(numbers: Collection[int]) -> dict[str, str]:
    """Return the variables that show a workspace its GPUs, and no others."""
    listed = ",".join(map(str, sorted(numbers)))
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": listed}


def kept_devices(
    numbers: Collection[int], driver: Path = DRIVER, devices: Path = DEVICES
) -> tuple[Path, ...]:
    """Return the device files of the GPUs that a workspace did not get.

    With no GPU at all that is every one of the driver's, also those that all GPUs share.
    """
    every = sorted(devices.glob("nvidia*"))
    if not numbers:
        return tuple(file for file in every if not file.is_dir())
    others = {f"nvidia{gpu.minor}" for gpu in gpus(driver) if gpu.number not in numbers}
    return tuple(file for file in every if file.name in others)


def device_numbers(files: Collection[Path]) -> tuple[tuple[int, int], ...]:
    """Return major and minor of those files that are character devices."""
    found = [file.stat() for file in files]
    return tuple(
        (os.major(one.st_rdev), os.minor(one.st_rdev)) for one in found if stat.S_ISCHR(one.st_mode)
    )


class GpuUse:
    """How busy each GPU is, asked of the driver's own program; one answer serves all."""

    def __init__(
        self, program: str = "nvidia-smi", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the program to ask, looked up on the path."""
        self._program = shutil.which(program)
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._percent: Mapping[int, float] = {}

    def of(self, numbers: Collection[int]) -> float | None:
        """Return the mean use of these GPUs now, in percent; None when that isn't known."""
        if not numbers or self._program is None:
            return None
        with self._lock:
            if self._clock() - self._read_at >= FRESH_S:
                self._percent, self._read_at = self._ask(self._program), self._clock()
            percent = self._percent
        known = [percent[one] for one in numbers if one in percent]
        return sum(known) / len(known) if len(known) == len(numbers) else None

    def _ask(self, program: str) -> Mapping[int, float]:
        try:
            done = subprocess.run(
                [program, *QUERY], capture_output=True, text=True, timeout=ANSWER_S, check=True
            )
            rows = [line.split(",") for line in done.stdout.splitlines() if line.strip()]
            return {int(number): float(percent) for number, percent in rows}
        except (OSError, subprocess.SubprocessError, ValueError):
            # A driver that hangs or says "[N/A]": unknown is no use of 0.
            return {}


def _fields(file: Path) -> dict[str, str]:
    lines = [line.partition(":") for line in file.read_text(encoding="utf-8").splitlines()]
    return {name.strip(): value.strip() for name, _, value in lines}
