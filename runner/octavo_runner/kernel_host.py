"""The main process of a pod's container for the kernel: starts it when the runner says how.

The runner is in the container beside, as another user, and listens on a Unix socket in a folder
that both see. Its first line says how to start the kernel; further lines ask for an interrupt. The
end of the connection means that the run is over, or its runner gone: then everything ends.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from octavo_runner.limits import MIB

PATIENCE_S = 300.0
"""Seconds to wait for the runner's container."""
LOOK_S = 0.05
ROOM = 2**30
"""Private memory that interpreters reserve beside what they use, bytes."""
SHARED_UMASK = 0o007
"""What the kernel makes is for its group, in which the runner is."""


def main() -> int:
    """Serve one kernel; the exit status is 0 unless the runner never came."""
    leash = _connected(Path(os.environ["OCTAVO_LEASH"]), PATIENCE_S)
    if leash is None:
        sys.stderr.write(f"The runner didn't come within {PATIENCE_S:g} s.\n")
        return 1
    lines = leash.makefile("rb")
    told = json.loads(lines.readline() or b"null")
    if told is None:
        return 0
    kernel = _started(told)
    leash.sendall(json.dumps({"pid": kernel.pid}).encode() + b"\n")
    try:
        _serve(kernel, leash)
    finally:
        _end_all(kernel)
    return 0


def _connected(place: Path, patience_s: float) -> socket.socket | None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        leash = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            leash.connect(str(place))
        except OSError:
            leash.close()
            select.select([], [], [], LOOK_S)
        else:
            return leash
    return None


def _started(told: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    os.umask(SHARED_UMASK)
    file = Path(told["scratch"]) / ".kernel.json"
    file.write_text(json.dumps(told["connection"]))
    bounds = told["bounds"]

    def bound() -> None:
        for which, most in (
            (resource.RLIMIT_DATA, bounds.get("memory_mib")),
            (resource.RLIMIT_FSIZE, bounds.get("disk_mib")),
        ):
            if most is not None:
                room = ROOM if which == resource.RLIMIT_DATA else 0
                resource.setrlimit(which, (most * MIB + room, most * MIB + room))

    return subprocess.Popen(
        [
            sys.executable, "-m", "ipykernel_launcher", "-f", str(file),
            "--HistoryManager.hist_file=:memory:",
        ],
        env={**told["environment"], "HOME": told["scratch"]},
        cwd=told["work"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=bound,  # noqa: PLW1509 - this process has one thread
    )  # fmt: skip


def _serve(kernel: subprocess.Popen[bytes], leash: socket.socket) -> None:
    """Do what the runner asks until the kernel or the connection ends."""
    ended = os.pidfd_open(kernel.pid)
    while True:
        ready, _, _ = select.select([leash.fileno(), ended], [], [])
        if ended in ready:
            return
        asked = leash.recv(64)
        if not asked:
            return
        if b"interrupt" in asked:
            with suppress(ProcessLookupError):
                os.killpg(kernel.pid, signal.SIGINT)


def _end_all(kernel: subprocess.Popen[bytes]) -> None:
    """Kill the kernel's group; what left it ends with the container."""
    with suppress(ProcessLookupError):
        os.killpg(kernel.pid, signal.SIGKILL)
    kernel.wait()


if __name__ == "__main__":
    sys.exit(main())
