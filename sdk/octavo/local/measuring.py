"""What accounts use, measured from outside: one look at all processes serves every account."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
FRESH_S = 4.0
"""How long one look at all processes serves; a scan of 2,000 processes takes about 0.05 s."""

# Fields of /proc/<pid>/stat, counted after the command's closing bracket.
_STATE, _CPU_FIRST, _CPU_LAST, _THREADS = 0, 11, 15, 17


@dataclass(frozen=True, kw_only=True)
class ProcessUse:
    """One process."""

    pid: int
    """Process id."""
    uid: int
    """Account it runs under."""
    name: str
    """Name of its program, shortened by the kernel to 15 characters."""
    cpu_s: float
    """CPU seconds of itself and of the children it has collected."""
    private_bytes: int
    """Resident memory that isn't shared with files; forks may share part of it."""
    threads: int
    """Its threads."""


@dataclass(frozen=True, kw_only=True)
class AccountUse:
    """All processes of an account together."""

    cpu_s: float = 0.0
    """CPU seconds; what nobody collected before it ended is missing."""
    memory_bytes: int = 0
    """Sum of private memory."""
    threads: int = 0
    """Processes and threads."""
    biggest: ProcessUse | None = None
    """The process with most memory."""


class ProcessTable:
    """The processes of this machine, looked at no more often than needed; for any thread."""

    def __init__(self, proc: Path = PROC, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the folder in which the kernel shows processes."""
        self._proc = proc
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._accounts: dict[int, AccountUse] = {}

    def of(self, uid: int) -> AccountUse:
        """Return what an account uses, at most :data:`FRESH_S` old."""
        with self._lock:
            if self._clock() - self._looked_at >= FRESH_S:
                self._accounts = by_account(processes(self._proc))
                self._looked_at = self._clock()
            return self._accounts.get(uid, AccountUse())


def processes(proc: Path = PROC) -> Iterator[ProcessUse]:
    """Yield the living processes, each seen once; those that end meanwhile are passed over."""
    with os.scandir(proc) as entries:
        for entry in entries:
            if entry.name.isdecimal():
                found = _process(entry)
                if found is not None:
                    yield found


def by_account(found: Iterator[ProcessUse]) -> dict[int, AccountUse]:
    """Sum processes up by account."""
    sums: dict[int, AccountUse] = {}
    for one in found:
        before = sums.get(one.uid, AccountUse())
        biggest = before.biggest
        if biggest is None or one.private_bytes > biggest.private_bytes:
            biggest = one
        sums[one.uid] = AccountUse(
            cpu_s=before.cpu_s + one.cpu_s,
            memory_bytes=before.memory_bytes + one.private_bytes,
            threads=before.threads + one.threads,
            biggest=biggest,
        )
    return sums


def exact_memory(uid: int, proc: Path = PROC) -> int:
    """Return an account's memory with each shared page counted once; slow, for a last check."""
    pids = [one.pid for one in processes(proc) if one.uid == uid]
    return sum(_shared_fairly(proc / str(pid)) for pid in pids)


def _process(entry: os.DirEntry[str]) -> ProcessUse | None:
    try:
        uid = entry.stat().st_uid
        with open(f"{entry.path}/stat", "rb") as file:  # noqa: PTH123 - thousands of times
            name, _, rest = file.read().partition(b"(")[2].rpartition(b")")
        with open(f"{entry.path}/statm", "rb") as file:  # noqa: PTH123 - thousands of times
            _, resident, shared, *_ = file.read().split()
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    fields = rest.split()
    if fields[_STATE] == b"Z":
        return None
    return ProcessUse(
        pid=int(entry.name),
        uid=uid,
        name=name.decode(errors="replace"),
        cpu_s=sum(map(int, fields[_CPU_FIRST:_CPU_LAST])) * TICK_S,
        private_bytes=(int(resident) - int(shared)) * PAGE_BYTES,
        threads=int(fields[_THREADS]),
    )


def _shared_fairly(folder: Path) -> int:
    try:
        lines = (folder / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    kib = {line.split()[0]: line.split()[1] for line in lines[1:]}
    shared_files = int(kib.get("Pss_File:", 0))
    return (int(kib.get("Pss:", 0)) - shared_files) * 1024
