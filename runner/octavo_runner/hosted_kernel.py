"""A kernel in the container beside: another user's process, held by a connection.

What the runner may not do to another user's process, the process that started it does
(:mod:`octavo_runner.kernel_host`); it can end nothing but its own.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo_runner.errors import KernelDied
from octavo_runner.kernel import Kernel, Launch, connection_info
from octavo_runner.limits import Bounds
from octavo_runner.metering import Meter, UserMeter
from octavo_runner.wire import Connection

CREDENTIALS = struct.Struct("3i")
LEASH = "leash"


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """How the kernel is started in its container."""

    shared: Path
    """The folder that both containers see, with a short path."""
    scratch: Path
    """The kernel's own folder, at the same path in both containers."""
    work: Path
    """The notebook's working folder in it."""
    environment: Mapping[str, str]
    """All of the kernel's environment variables."""
    bounds: Bounds
    """What the system keeps it to."""


class HostedKernel(Kernel):
    """The connection to a kernel that another container's process starts and ends."""

    def __init__(self, hosting: Hosting, patience_s: float) -> None:
        """Wait for the container and have the kernel started. Raises KernelDied."""
        launch = Launch(argv=(), environment={}, sockets=hosting.shared)
        info = connection_info(launch)
        self._launch = launch
        self._leash, self._user = _awaited(hosting.shared / LEASH, patience_s)
        told = {
            "connection": info,
            "environment": dict(hosting.environment),
            "scratch": str(hosting.scratch),
            "work": str(hosting.work),
            "bounds": {
                "memory_mib": hosting.bounds.memory_mib,
                "disk_mib": hosting.bounds.disk_mib,
            },
        }
        self._leash.sendall(json.dumps(told).encode() + b"\n")
        self.pid = self._told_pid(patience_s)
        self.ended = self._leash.fileno()
        self.wire = Connection(info)
        self.facts: dict[str, Any] = {}

    def alive(self) -> bool:
        """Whether its container still holds the connection."""
        if self.ended < 0:
            return False
        ready, _, _ = select.select([self._leash], [], [], 0)
        return not (ready and not self._peeked())

    def meter(self) -> Meter:
        """Return what measures all processes of the kernel's user.

        Without a user of its own, as where both are processes of one machine, its tree is measured.
        """
        return Meter(self.pid) if self._user == os.getuid() else UserMeter(self._user)

    def interrupt(self) -> None:
        """Have it interrupted, as Ctrl-C would."""
        with suppress(OSError):
            self._leash.sendall(b"interrupt\n")

    def kill(self) -> None:
        """Let go of it: its container ends."""
        if self.ended >= 0:
            self.ended = -1
            self._leash.close()
            self.wire.close()

    def _told_pid(self, patience_s: float) -> int:
        self._leash.settimeout(patience_s)
        try:
            said = self._leash.makefile("rb").readline()
            pid = int(json.loads(said)["pid"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KernelDied("The kernel's container ended before its kernel started.") from error
        self._leash.settimeout(None)
        return pid

    def _peeked(self) -> bytes:
        with suppress(OSError):
            return self._leash.recv(1, socket.MSG_PEEK)
        return b""


def _awaited(place: Path, patience_s: float) -> tuple[socket.socket, int]:
    """Wait for the other container; return the connection and its user's number."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        before = os.umask(0o007)
        door.bind(str(place))
        os.umask(before)
        door.listen(1)
        door.settimeout(patience_s)
        try:
            leash, _ = door.accept()
        except TimeoutError as error:
            raise KernelDied(
                f"The kernel's container didn't start within {patience_s:g} s."
            ) from error
        finally:
            place.unlink()
    found = leash.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    _, user, _ = CREDENTIALS.unpack(found)
    return leash, user
