"""A Jupyter Server with JupyterLab, with Octavo's server half or without it, and what it weighs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from tests.support.ports import free_ports

PATIENCE_S = 90.0
SCIENTIST = {"Authorization": "Bearer scientist"}
MIB = 1024 * 1024
WITHOUT = "--ServerApp.jpserver_extensions={'octavo_lab': False, 'jupyterlab': True}"


@dataclass(frozen=True, kw_only=True)
class LabServer:
    """One that runs."""

    url: str
    """Where it answers, without a slash at its end."""
    process: psutil.Process
    """Its process."""

    def rss_mib(self) -> float:
        """Return the memory that it keeps, the least of a few looks."""
        looks = []
        for _ in range(5):
            looks.append(self.process.memory_info().rss / MIB)
            time.sleep(0.2)
        return min(looks)


@contextmanager
def lab_server(folder: Path, platform: str, *, octavo: bool) -> Iterator[LabServer]:
    """Run one for the block, for a person called `scientist` of the project flights."""
    port = free_ports()
    address = f"http://127.0.0.1:{port}"
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
    ]  # fmt: skip
    with (folder / "lab.log").open("wb") as log:
        child = subprocess.Popen(
            command if octavo else [*command, WITHOUT],
            cwd=work,
            env=environment(folder, platform),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            await_answer(f"{address}/api", child, folder / "lab.log")
            yield LabServer(url=address, process=psutil.Process(child.pid))
        finally:
            child.terminate()
            child.wait(PATIENCE_S)


def environment(folder: Path, platform: str) -> dict[str, str]:
    """Return an environment in which Jupyter keeps all it writes in the folder."""
    own = {
        f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")
    } | {
        f"JUPYTERLAB_{name}_DIR": str(folder / name.lower()) for name in ("SETTINGS", "WORKSPACES")
    }
    named = {"OCTAVO_URL": platform, "OCTAVO_TOKEN": "scientist", "OCTAVO_PROJECT": "flights"}
    kept = {name: value for name, value in os.environ.items() if "JUPYTER" not in name}
    return kept | own | named


def await_answer(
    address: str, child: subprocess.Popen[bytes], log: Path, patience_s: float = PATIENCE_S
) -> None:
    """Wait until it answers. Raises RuntimeError with its last words when it doesn't."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if httpx.get(address, headers=SCIENTIST, timeout=5.0).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    ended = child.poll()
    how = f"within {patience_s:.0f} s" if ended is None else f"any more: it ended with {ended}"
    raise RuntimeError(f"{address} does not answer {how}. {log.read_text()[-2000:]}".rstrip())
