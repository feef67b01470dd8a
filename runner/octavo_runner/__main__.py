"""The runner's child process: starts a kernel, says so, waits for one order, and runs it.

Standard input has two lines of JSON: how to start the kernel, and the order. Its end means that
the parent is gone: then kernel and runner end too. A later line ``{"stop": reason}`` ends the run.
Standard output says ``ready`` once. The exit status is 0 when all cells ran, 1 when they didn't
(the log says why), 3 when there was no order to run.
"""

from __future__ import annotations

import json
import os
import resource
import select
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from octavo.local.confinement import Account, Limits
from octavo_runner.errors import KernelDied, Refused, Stopped
from octavo_runner.kernel import Kernel, Launch
from octavo_runner.limits import MIB
from octavo_runner.metering import end_descendants
from octavo_runner.order import RunOrder
from octavo_runner.run import Places, Run

ROOM = 2**30
"""Private memory that interpreters reserve beside what they use, bytes."""
START_S = 60.0
NO_ORDER = 3


class Orders:
    """The lines that the parent sends, read without ever waiting for one."""

    def __init__(self, descriptor: int = 0) -> None:
        self.descriptor = descriptor
        self._rest = b""
        self._lines: list[str] = []
        self.gone = False
        self._reason: str | None = None

    def line(self, *also: int) -> str | None:
        """Wait for the next line; None when the parent is gone or ``also`` became readable."""
        while not self._lines and not self.gone:
            ready, _, _ = select.select([self.descriptor, *also], [], [])
            if self.descriptor not in ready:
                return None
            self._read()
        return self._lines.pop(0) if self._lines else None

    def ended(self) -> bool:
        """Whether the parent is gone; what it sent is kept."""
        while not self.gone and select.select([self.descriptor], [], [], 0)[0]:
            self._read()
        return self.gone and not self._lines

    def stop(self) -> str | None:
        """Return why the run is to end, once it is."""
        while self._reason is None and select.select([self.descriptor], [], [], 0)[0]:
            self._read()
            if self.gone:
                self._reason = "The platform's process ended."
            for line in self._lines:
                with suppress(ValueError, KeyError, TypeError):
                    self._reason = str(json.loads(line)["stop"])
            self._lines.clear()
        return self._reason

    def _read(self) -> None:
        piece = os.read(self.descriptor, 1 << 20)
        self.gone = not piece
        *lines, self._rest = (self._rest + piece).split(b"\n")
        self._lines += [line.decode("utf-8", "replace") for line in lines]


def main() -> int:
    """Wait for an order and run it."""
    orders = Orders()
    first = orders.line()
    if first is None:
        return NO_ORDER
    start = json.loads(first)
    kernel = Kernel(_launch(start))
    try:
        return _serve(start, kernel, orders)
    finally:
        kernel.kill()
        end_descendants(os.getpid())


def _serve(start: Mapping[str, Any], kernel: Kernel, orders: Orders) -> int:
    try:
        kernel.wait_ready(START_S, lambda: _still_wanted(orders))
    except (KernelDied, Stopped) as error:
        sys.stderr.write(f"{error.message}\n")
        return NO_ORDER
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    line = orders.line(kernel.ended)
    if line is None:
        return NO_ORDER
    try:
        order = RunOrder.from_json(line)
    except Refused as error:
        sys.stderr.write(f"{error.message}\n")
        return NO_ORDER
    _bound(kernel.pid, order)
    home = Path(start["home"])
    places = Places(own=Path(start["own"]), work=home / "files", scratch=home)
    run = Run(order, kernel, places, orders.stop, (orders.descriptor,))
    return 0 if run.go() else 1


def _still_wanted(orders: Orders) -> None:
    if orders.ended():
        raise Stopped("The platform's process ended.")


def _launch(start: Mapping[str, Any]) -> Launch:
    home, own = Path(start["home"]), Path(start["own"])
    account = Account(home=home, **start["account"])
    sockets = Path(start["sockets"])
    for folder in (sockets, home / "files"):
        folder.mkdir(mode=0o700, exist_ok=True)
        if account.own:
            os.chown(folder, account.uid, account.gid)
    return Launch(
        argv=[
            start["python"], "-m", "ipykernel_launcher", "-f", "{connection_file}",
            "--HistoryManager.hist_file=:memory:",
        ],
        environment={**start["environment"], **account.environment()},
        sockets=sockets,
        errors=own / "kernel.log",
        owner=(account.uid, account.gid) if account.own else None,
        process=account.popen_kwargs(Limits(processes=start["processes"])),
    )  # fmt: skip


def _bound(pid: int, order: RunOrder) -> None:
    """Set the limits that the system keeps; a started kernel takes them as well as a new one."""
    if order.bounds.memory_mib is not None:
        most = order.bounds.memory_mib * MIB + ROOM
        with suppress(PermissionError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))
    if order.bounds.disk_mib is not None:
        largest = order.bounds.disk_mib * MIB
        with suppress(PermissionError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, largest))
    every = sorted(os.sched_getaffinity(0))
    chosen = {every[(pid + step) % len(every)] for step in range(min(order.threads, len(every)))}
    for task in (Path("/proc") / str(pid) / "task").iterdir():
        with suppress(OSError):
            os.sched_setaffinity(int(task.name), chosen)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to do: an interpreter that tidies up would only be waited for.
    os._exit(status)
