"""What accounts use, measured from outside: one look at all processes serves every account."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
FRESH_S = 4.0
"""How long one look at all processes serves; a scan of 2,000 processes takes about 0.05 s."""

# Fields of /proc/<pid>/stat, counted after the command's closing bracket.
_STATE, _PARENT, _CPU_FIRST, _CPU_LAST, _THREADS = 0, 1, 11, 15, 17


@dataclass(frozen=True, kw_only=True)
class ProcessUse:
    """One process."""

    pid: int
    """Process id."""
    uid: int
    """Account it runs under."""
    parent: int
    """Process that started it, or 1 once that has ended."""
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
    pids: tuple[int, ...] = ()
    """Its processes."""


class ProcessTable:
    """The processes of this machine, looked at no more often than needed; for any thread."""

    def __init__(self, proc: Path = PROC, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the folder in which the kernel shows processes."""
        self._proc = proc
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._seen: tuple[ProcessUse, ...] = ()
        self._accounts: dict[int, AccountUse] = {}

    def of(self, uid: int) -> AccountUse:
        """Return what an account uses, at most :data:`FRESH_S` old."""
        with self._lock:
            self._look()
            return self._accounts.get(uid, AccountUse())

    def below(self, pid: int) -> AccountUse:
        """Return what a process and all that it started use: for accounts that aren't apart."""
        with self._lock:
            self._look()
            return summed(family(pid, self._seen))

    def _look(self) -> None:
        if self._clock() - self._looked_at >= FRESH_S:
            self._seen = tuple(processes(self._proc))
            self._accounts = by_account(self._seen)
            self._looked_at = self._clock()


def processes(proc: Path = PROC) -> Iterator[ProcessUse]:
    """Yield the living processes, each seen once; those that end meanwhile are passed over."""
    with os.scandir(proc) as entries:
        for entry in entries:
            if entry.name.isdecimal():
                found = _process(entry)
                if found is not None:
                    yield found


def by_account(found: Iterable[ProcessUse]) -> dict[int, AccountUse]:
    """Sum processes up by account."""
    sorted_out: dict[int, list[ProcessUse]] = {}
    for one in found:
        sorted_out.setdefault(one.uid, []).append(one)
    return {uid: summed(ones) for uid, ones in sorted_out.items()}


def summed(found: Sequence[ProcessUse]) -> AccountUse:
    """Sum processes up."""
    return AccountUse(
        cpu_s=sum(one.cpu_s for one in found),
        memory_bytes=sum(one.private_bytes for one in found),
        threads=sum(one.threads for one in found),
        biggest=max(found, key=lambda one: one.private_bytes, default=None),
        pids=tuple(one.pid for one in found),
    )


def family(pid: int, found: Iterable[ProcessUse]) -> list[ProcessUse]:
    """Return a process with its living descendants, as far as their parents still live."""
    children: dict[int, list[ProcessUse]] = {}
    own = []
    for one in found:
        children.setdefault(one.parent, []).append(one)
        if one.pid == pid:
            own.append(one)
    for one in own:  # grows while it is walked
        own.extend(children.get(one.pid, ()))
    return own


def exact_memory(pids: Iterable[int], proc: Path = PROC) -> int:
    """Return the memory of processes with each shared page counted once; slow."""
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
        parent=int(fields[_PARENT]),
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
