"""How much the GPUs that are leased to this workspace are used, as nvidia-smi says."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping

PROGRAM = "nvidia-smi"
ANSWER_S = 10.0
"""How long the driver may take; it is slow when nothing keeps it loaded."""
NONE_LEASED = frozenset({"", "-1", "none", "void", "NoDevFiles"})


def leased(environ: Mapping[str, str]) -> str | None:
    """Return the leased devices as nvidia-smi's --id takes them; empty: all it sees; None: none."""
    for name in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"):
        devices = environ.get(name)
        if devices is not None:
            return None if devices in NONE_LEASED else devices.replace("all", "")
    return ""


def mean_percent(text: str) -> float | None:
    """Return the mean of the lines' numbers; None where a device doesn't say.

    ``text`` has one line a device: whole percent, or ``[N/A]`` as for a slice of a device.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        used = [float(line) for line in lines]
    except ValueError:
        return None
    return sum(used) / len(used) if used else None


class Gpus:
    """Asks the driver about the leased devices; costs nothing where there are none."""

    def __init__(self, environ: Mapping[str, str], program: str | None = None) -> None:
        self._devices = leased(environ)
        self._program = program or shutil.which(PROGRAM)

    async def percent(self) -> float | None:
        """Return the mean use of the leased devices; None: unknown, or none leased."""
        if self._devices is None or self._program is None:
            return None
        chosen = [f"--id={self._devices}"] if self._devices else []
        query = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        try:
            asked = await asyncio.create_subprocess_exec(
                self._program,
                *query,
                *chosen,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return None
        try:
            out, _ = await asyncio.wait_for(asked.communicate(), ANSWER_S)
        except TimeoutError:
            asked.kill()
            await asked.wait()
            return None
        return mean_percent(out.decode(errors="replace")) if asked.returncode == 0 else None
