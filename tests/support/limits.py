"""Programs that run into a workspace's limits, and an account to run them under.

- `HUNGRY`: several processes that each take memory and hold it until all have
- `FORKS`: starts processes until it is refused
- `BUSY`: several processes that use up so many CPU seconds each
- `kernel_limits`: whether the kernel limits whole workspaces here
- `Confined`: one account with the machine's control groups, where it has any
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from octavo.local.accounts import Account
from octavo.local.confinement import Limits
from octavo.local.control_groups import Group, KernelGroups, kernel_groups

HUNGRY = """
import os, select, signal
ready, tell = os.pipe()
wait, go = os.pipe()
children = []
for _ in range({processes}):
    child = os.fork()
    if child == 0:
        os.close(go)
        held = b"x" * ({mib} * 2**20)
        os.write(tell, b"1")
        os.read(wait, 1)
        os._exit(0)
    children.append(child)

def over(child):
    return open(f"/proc/{{child}}/stat").read().rpartition(")")[2].split()[0] == "Z"

told = 0
while told + sum(map(over, children)) < len(children):
    if select.select([ready], [], [], 0.05)[0]:
        told += len(os.read(ready, 16))
os.close(go)
killed = sum(os.waitpid(child, 0)[1] == signal.SIGKILL for child in children)
print(killed, "ended by the kernel")
"""
FORKS = """
import os, signal
children = []
try:
    for _ in range({tries}):
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except OSError as refused:
    print(len(children), refused)
else:
    print(len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
BUSY = """
import os, time
for _ in range({processes} - 1):
    if os.fork() == 0:
        break
while time.process_time() < {cpu_s}:
    pass
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
"""


def kernel_limits() -> bool:
    """Whether the kernel limits whole workspaces here."""
    groups = kernel_groups(f"octavo-probe-{os.getpid()}")
    if groups is not None:
        groups.remove_all()
    return groups is not None


class Confined:
    """An account whose processes are started in its control group."""

    def __init__(self, account: Account, groups: KernelGroups | None) -> None:
        self.account = account
        self.groups = groups
        self.group: Group | None = None

    @property
    def made(self) -> Group:
        """The group, once something was run in it."""
        assert self.group is not None
        return self.group

    def run(self, script: str, limits: Limits, **popen: Any) -> str:
        """Run a Python script to its end, and return what it said."""
        with self.running(script, limits, **popen) as process:
            out, err = process.communicate(timeout=60)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, script, out, err)
        return out.strip()

    @contextmanager
    def running(self, script: str, limits: Limits, **popen: Any) -> Iterator[subprocess.Popen[str]]:
        """Start a Python script, and end what is left of it after the block."""
        if self.groups is not None:
            self.group = self.groups.make(self.account.name, limits)
        joins = self.group.joining() if self.group else ()
        process = subprocess.Popen(
            [sys.executable, "-IS", "-c", script],
            env={"PATH": "/usr/bin:/bin"} | self.account.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **self.account.popen_kwargs(limits, joins=joins, hides_others=True, **popen),
        )
        try:
            with process:
                yield process
                process.kill()
        finally:
            self.account.kill_all()
