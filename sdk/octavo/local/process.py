"""A started process, recognised again later by its id and the moment it started.

Process ids are used again. What says that a living process is the one that was started is its start
time (in the kernel's ticks since boot) together with the boot's own id.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from octavo.local.confinement import die_with_parent

MARK = "_OCTAVO_INSTANCE"
"""Environment variable by which whatever an installation started is found again.

It does not begin with OCTAVO_, because services refuse settings they don't know.
"""

LARGEST_LOG_BYTES = 16 * 1024 * 1024
"""A log over this size is set aside at the next start; one older part is kept."""

_START_TIME = 19  # index in /proc/<pid>/stat, counted after the command's closing bracket
_STATE = 0


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which process this is, for good."""

    pid: int
    """Process id; also the id of its process group and session."""
    started: int
    """Start time in clock ticks since the machine booted."""
    boot: str
    """The boot that the start time counts from."""

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Return the identity of a living process, None if there is none."""
        fields = _stat(pid)
        if fields is None or fields[_STATE] == "Z":
            return None
        return cls(pid=pid, started=int(fields[_START_TIME]), boot=_boot())

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return Identity.of(self.pid) == self

    def save(self, file: Path) -> None:
        """Write the pid file, whole."""
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")
        draft.replace(file)

    @classmethod
    def load(cls, file: Path) -> Identity | None:
        """Read a pid file; None when it is missing or unreadable."""
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def start(
    argv: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, its output appended to ``log``.

    It gets SIGTERM when the thread that started it ends, so call it from the main thread: then not
    even a killed supervisor leaves it behind.
    """
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        return subprocess.Popen(
            list(argv),
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl, no lock
        )


def end(identities: Iterable[Identity], grace_s: float) -> list[Identity]:
    """Ask processes to end, wait, kill those that don't; return the ones that had to be killed."""
    asked = [identity for identity in identities if identity.alive()]
    for identity in asked:
        _send(identity, signal.SIGTERM)
    stubborn = _wait(asked, grace_s)
    for identity in stubborn:
        _send(identity, signal.SIGKILL)
    _wait(stubborn, 5.0)
    return stubborn


def marked(instance: str) -> list[Identity]:
    """Find the living processes whose environment carries this installation's mark."""
    needle = f"{MARK}={instance}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        identity = Identity.of(int(entry.name)) if needle in environment else None
        if identity:
            found.append(identity)
    return found


def _send(identity: Identity, number: int) -> None:
    """Signal the process, and its whole group where it leads one."""
    try:
        if os.getpgid(identity.pid) == identity.pid:
            os.killpg(identity.pid, number)
        else:
            os.kill(identity.pid, number)
    except ProcessLookupError:
        return


def _wait(identities: list[Identity], limit_s: float) -> list[Identity]:
    deadline = time.monotonic() + limit_s
    left = identities
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [identity for identity in left if identity.alive()]
    return left


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/<pid>/stat after the command, which may hold any character."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
