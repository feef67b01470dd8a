"""One operating-system account and how a process is confined to it.

A process started with :meth:`Account.popen_kwargs` runs under the account's ids, in its home, with
no further groups, can't gain rights (``no_new_privs``), keeps within its :class:`Limits`, and dies
with the thread that started it. Limits of a process hold for each one alone; what holds for all of
them together are :mod:`octavo.local.control_groups`, which it joins on request.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.local.own_view import can_hide, hide

EVALUATION_MODE = (
    "Evaluation mode: Octavo was not started as root, so all workspaces, runs and scorers share "
    "one account. People are not isolated from each other or from the platform's own files."
)
SHARED_TEMPORARY = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))  # noqa: S108 - swept, not used

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_KILL_WAIT_S = 10.0
_FIRST_PERSON = 1000

# Loaded here, because nothing may be imported or looked up between fork and exec.
_prctl = ctypes.CDLL(None, use_errno=True).prctl


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one process tree may use, as far as the machine can hold it to that."""

    memory_bytes: int | None = None
    """Most private memory, in bytes: of each process, and of all in a control group."""
    processes: int | None = None
    """Most processes and threads together; None: no limit. Not in evaluation mode."""
    cpus: float | None = None
    """CPU cores they may be scheduled on, rounded up; as it is in a control group; None: all."""
    cpus_guaranteed: float | None = None
    """CPU cores they are sure to get when the machine is busy; only in a control group."""
    open_files: int = 8192
    """Most open files of each process."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account that a process can be started under."""

    name: str
    """Login name."""
    uid: int
    """User id."""
    gid: int
    """Id of the account's own group."""
    home: Path
    """Private folder, mode 0700."""
    own: bool = True
    """False in evaluation mode, where the account is the one that Octavo itself runs under."""

    @property
    def temporary(self) -> Path:
        """The account's own folder for temporary files."""
        return self.home / ".tmp"

    def environment(self) -> dict[str, str]:
        """Return the variables that tell a program who it is and where its home is."""
        self.make_temporary()
        return {
            "HOME": str(self.home),
            "LOGNAME": self.name,
            "SHELL": "/bin/bash",
            "TMPDIR": str(self.temporary),
            "USER": self.name,
        }

    def make_temporary(self) -> None:
        """Make the folder for temporary files; a home that takes none goes without."""
        try:
            self.temporary.mkdir(mode=0o700)
            if self.own and os.geteuid() == 0:
                os.chown(self.temporary, self.uid, self.gid, follow_symlinks=False)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise

    def popen_kwargs(
        self,
        limits: Limits | None = None,
        *,
        death_signal: int = signal.SIGKILL,
        dies_with_parent: bool = True,
        joins: Sequence[str] = (),
        hides_others: bool = False,
        hides_files: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Return arguments for subprocess.Popen that start a process confined to this account.

        ``death_signal`` is what it gets when the *thread* that started it ends (Linux binds it to
        the thread): a short-lived thread passes ``dies_with_parent=False``. ``joins`` are the
        files of a control group, ``hides_others`` keeps other accounts' processes out of its sight
        where the machine allows it, and ``hides_files`` with them.
        """
        return {
            "cwd": str(self.home),
            "umask": 0o077,
            "start_new_session": True,
            "preexec_fn": _confine(
                self,
                limits or Limits(),
                death_signal if dies_with_parent else 0,
                tuple(joins),
                tuple(map(os.fsencode, hides_files))
                if hides_others and self.own and can_hide()
                else None,
            ),
        }

    def processes(self) -> list[int]:
        """Return the ids of the account's living processes; empty in evaluation mode."""
        if not self.own:
            return []
        return [int(entry.name) for entry in Path("/proc").iterdir() if self._runs(entry)]

    def kill_all(self) -> None:
        """Kill every process of the account, and return once none is left.

        Does nothing in evaluation mode, where the account is the starter's own. Raises
        TimeoutError when a process survives for 10 s.
        """
        if self.own and self.uid < _FIRST_PERSON:
            raise ValueError(f"{self.name} has uid {self.uid}, an account of the system itself")
        deadline = time.monotonic() + _KILL_WAIT_S
        while left := self.processes():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: processes {left} survive SIGKILL for 10 s")
            # From inside the account, kill(-1) reaches them all at once, even while they fork.
            argv = [sys.executable, "-ISc", "import os; os.kill(-1, 9)"]
            subprocess.run(
                argv, check=False, cwd="/", user=self.uid, group=self.gid, extra_groups=[]
            )
            time.sleep(0.01)

    def sweep(self, folder: Path) -> None:
        """Remove what the account left directly inside a folder that all accounts may write to."""
        for entry in folder.iterdir() if folder.is_dir() else ():
            # Other programs come and go here: what is gone by now was not the account's.
            with contextlib.suppress(FileNotFoundError):
                if entry.lstat().st_uid != self.uid:
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink(missing_ok=True)

    def _runs(self, entry: Path) -> bool:
        try:
            return (
                entry.name.isdigit()
                and entry.stat().st_uid == self.uid
                and "\nState:\tZ" not in (entry / "status").read_text()
            )
        except (FileNotFoundError, ProcessLookupError):
            return False


def give(folder: Path, uid: int, gid: int) -> None:
    """Make ``folder`` and all in it belong to an account; links are changed, never followed."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(place) / name, uid, gid, follow_symlinks=False)
    os.chown(folder, uid, gid, follow_symlinks=False)


def die_with_parent(death_signal: int = signal.SIGKILL) -> Callable[[], None]:
    """Return a ``preexec_fn`` that sends the child a signal when its starting thread ends."""
    parent = os.getpid()

    def bind() -> None:
        _prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind


def _confine(
    account: Account,
    limits: Limits,
    death_signal: int,
    joins: tuple[str, ...],
    hides: tuple[bytes, ...] | None,
) -> Callable[[], None]:
    """Build what the child does between fork and exec: what needs rights comes first."""
    capped = _caps(account, limits, counted=bool(joins))
    cpus = _cpus(limits.cpus, account.uid)
    bind = die_with_parent(death_signal) if death_signal else None

    def confine() -> None:
        for file in joins:
            _join(file)
        if hides is not None:
            hide(hides)
        if account.own:
            os.setgroups([])
            os.setresgid(account.gid, account.gid, account.gid)
            os.setresuid(account.uid, account.uid, account.uid)
        for kind, value in capped:
            resource.setrlimit(kind, (value, value))
        os.sched_setaffinity(0, cpus)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if bind:
            bind()

    return confine


def _caps(account: Account, limits: Limits, *, counted: bool) -> list[tuple[int, int]]:
    settings = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, limits.open_files)]
    if limits.memory_bytes is not None:
        # Private writable memory; the address space would also count what is only reserved.
        settings.append((resource.RLIMIT_DATA, limits.memory_bytes))
    # A control group counts its processes itself, and counts whom it refuses too.
    if limits.processes is not None and account.own and not counted:
        settings.append((resource.RLIMIT_NPROC, limits.processes))
    return [(kind, _within(kind, value)) for kind, value in settings]


def _join(file: str) -> None:
    """Put this process into a control group; 0 means whoever writes."""
    handle = os.open(file, os.O_WRONLY)
    os.write(handle, b"0")
    os.close(handle)


def _within(kind: int, value: int) -> int:
    """Return ``value``, at most the limit that the starter itself is under."""
    hard = resource.getrlimit(kind)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _cpus(count: float | None, seed: int) -> set[int]:
    """Choose that many of the machine's CPUs; different accounts start at different ones."""
    every = sorted(os.sched_getaffinity(0))
    if count is None:
        return set(every)
    first = seed % len(every)
    return set((every[first:] + every[:first])[: math.ceil(count)])
