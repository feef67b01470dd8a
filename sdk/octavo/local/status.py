"""What runs of an installation, since when, and how much memory it takes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from octavo.local.home import MIB, Home
from octavo.local.process import Identity
from octavo.local.up import running_supervisor


@dataclass(frozen=True, kw_only=True)
class ProcessStatus:
    """One running process."""

    name: str
    """The service, or ``service/program`` for a process that a service started."""
    pid: int
    """Process id."""
    rss_mib: float
    """Resident memory in MiB."""
    up_s: float
    """Seconds since it was started."""


def running(home: Home) -> list[ProcessStatus]:
    """List the supervisor, the services and what they started; empty when nothing runs."""
    identities = {
        file.name: identity
        for file in (sorted(home.pids.glob("*")) if home.pids.is_dir() else [])
        if (identity := Identity.load(file)) and identity.alive()
    }
    supervisor = running_supervisor(home)
    own = [_status("supervisor", psutil.Process(supervisor.pid))] if supervisor else []
    found = [status for name, identity in identities.items() for status in _tree(name, identity)]
    return own + found


def _tree(name: str, identity: Identity) -> list[ProcessStatus]:
    try:
        process = psutil.Process(identity.pid)
        children = process.children(recursive=True)
        return [
            _status(name, process),
            *(_status(f"{name}/{child.name()}", child) for child in children),
        ]
    except psutil.NoSuchProcess:
        return []


def _status(name: str, process: psutil.Process) -> ProcessStatus:
    return ProcessStatus(
        name=name,
        pid=process.pid,
        rss_mib=round(process.memory_info().rss / MIB, 1),
        up_s=round(time.time() - process.create_time(), 1),
    )
