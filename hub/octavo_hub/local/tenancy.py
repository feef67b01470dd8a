"""One workspace on this machine: its account, its control group, its limits, what it uses."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any

from octavo.local.accounts import Account
from octavo.local.confinement import Limits
from octavo.local.control_groups import Counters, Group
from octavo.local.gpus import device_numbers, kept_devices
from octavo.local.measuring import AccountUse
from octavo.records.workspaces import Session, Usage
from octavo_hub.failure import Failure
from octavo_hub.local import homes
from octavo_hub.local.amounts import GIB
from octavo_hub.local.host import Host
from octavo_hub.local.incidents import incidents
from octavo_hub.local.watch import Watched
from octavo_hub.workspace import limits_of


class Tenancy:
    """What a session has of the machine, from its start to its end."""

    def __init__(self, host: Host, account: Account, session: Session) -> None:
        """Take the machine, the person's account and the session; nothing is made yet."""
        self.host = host
        self.account = account
        self.session = session
        self.limits = limits_of(session.profile)
        self._group: Group | None = None
        self._told = Counters()
        self._cpu_s = 0.0
        self.excess: Failure | None = None

    # ---- begin and end

    def prepare(self) -> dict[str, Any]:
        """Make room for the workspace, alone in its account; return Popen's arguments for it.

        What an earlier start left behind goes first. Runs in a thread of its own.
        """
        self.clear()
        kept = kept_devices(self.session.gpus)
        if self.host.groups is not None:
            self._group = self.host.groups.make(self.account.name, self.limits)
            self._group.deny_devices(device_numbers(kept))
        self.host.records.keep(self.account.name, self.session)
        return self.account.popen_kwargs(
            self.limits,
            death_signal=signal.SIGTERM,
            joins=self._group.joining() if self._group is not None else (),
            hides_others=True,
            hides_files=tuple(str(file) for file in kept),
        )

    def clear(self) -> None:
        """End whatever the account runs, and remove what it had of the machine."""
        self.host.watch.remove(self.session.id)
        self.account.kill_all()
        if self._group is None and self.host.groups is not None:
            # Of an earlier start of the same account, which may have had other limits.
            with contextlib.suppress(OSError):
                self.host.groups.make(self.account.name, Limits()).remove()
        elif self._group is not None:
            self._group.remove()
        self._group = None
        homes.clear(self.account, self.host.installation)
        self.host.records.forget(self.account.name)

    def found_again(self, pid: int) -> None:
        """Take up a workspace that outlived its hub."""
        if self.host.groups is not None and self._group is None:
            self._group = self.host.groups.of(pid)
            self._told = self._group.counters() if self._group is not None else Counters()

    def watch(self, pid: int, end: Callable[[], None]) -> None:
        """Have its memory looked after, where the kernel doesn't; ``end`` ends the workspace."""
        if self._group is None and self.limits.memory_bytes is not None:
            self.host.watch.add(
                self.session.id,
                Watched(
                    limit_bytes=self.limits.memory_bytes,
                    use=lambda: self._of_processes(pid),
                    end=lambda failure: self._end(failure, end),
                ),
            )

    def _end(self, failure: Failure, end: Callable[[], None]) -> None:
        self.excess = failure
        end()

    # ---- while it runs

    def used(self, pid: int) -> Usage:
        """Return what it has used; CPU time never goes back. Runs in a thread of its own."""
        self.host.records.seen(self.account.name)
        cpu_s, memory_bytes = self._measured(pid)
        self._cpu_s = max(self._cpu_s, cpu_s)
        return Usage(
            cpu_seconds=self._cpu_s,
            memory_gib=memory_bytes / GIB,
            gpu_percent=self.host.gpu_use.of(self.session.gpus),
        )

    def _measured(self, pid: int) -> tuple[float, int]:
        counted = self._group.counters() if self._group is not None else Counters()
        if counted.cpu_s is not None and counted.memory_bytes is not None:
            return counted.cpu_s, counted.memory_bytes
        use = self._of_processes(pid)
        return use.cpu_s, use.memory_bytes

    def _of_processes(self, pid: int) -> AccountUse:
        table = self.host.table
        return table.of(self.account.uid) if self.account.own else table.below(pid)

    def notes(self) -> list[Failure]:
        """Return which limits it ran into since the last look."""
        if self._group is None:
            return []
        before, self._told = self._told, self._group.counters()
        return incidents(before, self._told, self.limits)

    def memory_kills(self) -> int:
        """Return how many of its processes the kernel ended for want of memory so far."""
        return self._group.counters().memory_kills if self._group is not None else 0

    def kill(self, pid: int) -> None:
        """End all its processes at once. Runs in a thread of its own."""
        if self.account.own:
            self.account.kill_all()
            return
        for one in self._of_processes(pid).pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
