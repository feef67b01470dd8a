"""One runner process with its kernel, its account and its folders; it runs one order, or none.

The runner belongs to the services, its kernel to a run account: a notebook can reach neither the
log of its run nor the output notebook. The runner ends when its standard input does, so it outlives
nobody.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path

from octavo.local.accounts import Account, Accounts
from octavo.local.process import MARK as INSTANCE
from octavo_server.adapters import run_folder
from octavo_server.errors import Unavailable

MARK = "OCTAVO_EXECUTION"
CHILD = "octavo_runner"
LAST_WORDS = ".runner.log"
LONGEST_SOCKET = 100
"""Unix socket paths end at 107 bytes; a kernel adds a few."""
READY_S = 90.0
PROCESSES = 1024
FIXED = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "1",
}
"""Environment of every kernel; what differs from run to run is set later."""
PASSED = ("PYTHONPATH", INSTANCE)


class RunUnit:
    """A runner and its kernel, started and not used yet."""

    def __init__(self, accounts: Accounts, folder: Path, most: int) -> None:
        """Start the runner. Raises AccountError when no account is free."""
        self.id = uuid.uuid4().hex[:12]
        self.place = folder / f"u-{self.id}"
        self._held = ExitStack()
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.place.mkdir(mode=0o711)
        self._own = self.place / run_folder.OWN
        self._own.mkdir(mode=0o700)
        self.home = self.place / "home"
        try:
            lease = accounts.lease("run", self.home, wait_s=60.0, most=most)
            self.account: Account = self._held.enter_context(lease)
            self._sockets = self._short(self.home / ".k")
            self.process = self._started()
        except BaseException:
            self._held.close()
            shutil.rmtree(self.place, ignore_errors=True)
            raise
        self._ready = False

    def wait_ready(self, patience_s: float = READY_S) -> None:
        """Return once the kernel answers. Raises Unavailable when it doesn't."""
        assert self.process.stdout is not None  # noqa: S101 - it was opened as a pipe
        if self._ready:
            return
        ready, _, _ = select.select([self.process.stdout], [], [], patience_s)
        if not ready or self.process.stdout.readline() != b"ready\n":
            why = "ended before it was ready" if ready else f"didn't start within {patience_s:g} s"
            raise Unavailable(
                f"The kernel of a run {why}.{self.last_words()}",
                "See whether the machine has memory left; then start the run again.",
            )
        self._ready = True

    def usable(self) -> bool:
        """Whether runner and kernel wait for an order."""
        return self.process.poll() is None

    def send(self, line: str) -> None:
        """Send a line: the order, or later the wish to stop."""
        assert self.process.stdin is not None  # noqa: S101 - it was opened as a pipe
        with suppress(BrokenPipeError):
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()

    def wait(self, seconds: float) -> bool:
        """Wait at most that long for the end; True: it is over."""
        if self.process.poll() is not None:
            return True
        descriptor = os.pidfd_open(self.process.pid)
        try:
            select.select([descriptor], [], [], seconds)
        finally:
            os.close(descriptor)
        return self.process.poll() is not None

    def last_words(self) -> str:
        """What runner and kernel last said outside any cell, as the end of a sentence."""
        for name in (LAST_WORDS, "kernel.log"):
            words = run_folder.read(self.place, f"{run_folder.OWN}/{name}", 2**24)
            lines = (words or b"").decode(errors="replace").strip().splitlines()
            if lines:
                return f" Its last words: {lines[-1][:300]}"
        return ""

    def end(self) -> None:
        """End every process of it; what it left stays."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        if not self.account.own:
            sweep(self.id)
        self._held.close()

    def remove(self) -> None:
        """End it and remove its folders."""
        self.end()
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _started(self) -> subprocess.Popen[bytes]:
        # With the installation's mark, one that was starting as its worker was killed is found.
        passed = {name: os.environ[name] for name in PASSED if name in os.environ}
        environment = {**FIXED, **passed, MARK: self.id}
        with (self._own / LAST_WORDS).open("wb") as words:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", CHILD],
                env=environment,
                cwd=self.place,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                start_new_session=True,
            )
        account = self.account
        start = {
            "home": str(self.home),
            "own": str(self._own),
            "sockets": str(self._sockets),
            "python": sys.executable,
            "environment": environment,
            "processes": PROCESSES,
            "account": {
                "name": account.name,
                "uid": account.uid,
                "gid": account.gid,
                "own": account.own,
            },
        }
        self.process = process
        self.send(json.dumps(start))
        return process

    def _short(self, wanted: Path) -> Path:
        if len(str(wanted)) <= LONGEST_SOCKET:
            return wanted
        return Path(tempfile.mkdtemp(prefix="k", dir="/tmp"))


def sweep(mark: str) -> int:
    """End every process whose environment has this mark; return how many."""
    ended = 0
    wanted = f"{MARK}={mark}".encode()
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline:
        found = [pid for pid in _pids() if _marked(pid, wanted)]
        for pid in found:
            with suppress(OSError):
                os.kill(pid, 9)
                ended += 1
        if not found:
            break
    return ended


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _marked(pid: int, wanted: bytes) -> bool:
    with suppress(OSError):
        # A process that ended has no environment any more.
        return wanted in (Path("/proc") / str(pid) / "environ").read_bytes().split(b"\0")
    return False
