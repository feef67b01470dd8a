"""Start the processes, wait until all of them work, keep them running, stop every one."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from octavo.local import process
from octavo.local.accounts import Accounts
from octavo.local.errors import ServiceFailed
from octavo.local.launch import Launch
from octavo.local.process import Identity
from octavo.local.progress import HEARTBEAT_S, Steps, tail
from octavo.local.services import Service

GRACE_S = 20.0
"""Seconds that a process gets to end by itself before it is killed."""
RESTARTS = 5
RESTARTS_WITHIN_S = 600.0
"""A process that ends more than 5 times in 10 minutes is not started again."""
POLL_S = 0.1
WATCH_S = 0.5
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(kw_only=True)
class Running:
    """A service and its process of now."""

    service: Service
    process: subprocess.Popen[bytes]
    identity: Identity | None
    begun: float
    restarts: deque[float] = field(default_factory=deque)


class Supervisor:
    """Owns the processes of one installation while `octavo up` runs."""

    def __init__(self, launch: Launch, services: list[Service], steps: Steps) -> None:
        """Take what to run; nothing is started yet."""
        self._launch = launch
        self._services = services
        self._steps = steps
        self._running: dict[str, Running] = {}
        self._stop = threading.Event()

    def catch_signals(self) -> None:
        """From now on Ctrl-C, `octavo down` and a closed terminal ask for an orderly stop."""
        for number in SIGNALS:
            signal.signal(number, lambda *_: self._stop.set())

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def start(self) -> None:
        """Start all and return once all work, or a stop was asked for. Raises ServiceFailed."""
        for service in self._services:
            self._running[service.name] = self._spawn(service)
        waiting = dict(self._running)
        told = time.monotonic()
        while waiting and not self._stop.wait(POLL_S):
            for name, running in list(waiting.items()):
                self._check_start(running)
                if running.service.ready():
                    self._steps.done(f"Start {name}", time.monotonic() - running.begun)
                    del waiting[name]
            if waiting and time.monotonic() - told > HEARTBEAT_S:
                told = time.monotonic()
                for running in waiting.values():
                    log = self._launch.home.logs / f"{running.service.name}.log"
                    self._steps.heartbeat(f"Start {running.service.name}", running.begun, log)

    def watch(self) -> None:
        """Keep the processes running until a stop is asked for. Raises ServiceFailed."""
        while not self._stop.wait(WATCH_S):
            for running in self._running.values():
                if running.process.poll() is not None:
                    self._again(running)

    def stop(self) -> None:
        """End every process, then whatever they left: workspaces, runs and scorers."""
        for last in (False, True):
            wave = [r for r in self._running.values() if r.service.stops_last is last]
            process.end([r.identity for r in wave if r.identity], GRACE_S)
            for running in wave:
                running.process.wait()
        self._running.clear()
        sweep(self._launch)

    def _spawn(self, service: Service) -> Running:
        home = self._launch.home
        child = process.start(
            service.argv, self._launch.environment, home.logs / f"{service.name}.log", home.state
        )
        identity = Identity.of(child.pid)
        if identity:
            identity.save(home.pids / service.name)
        return Running(service=service, process=child, identity=identity, begun=time.monotonic())

    def _check_start(self, running: Running) -> None:
        name, log = running.service.name, self._launch.home.logs / f"{running.service.name}.log"
        last = "".join(f"\n    {line}" for line in tail(log, 8))
        if running.process.poll() is not None:
            raise ServiceFailed(
                f"The {name} ended (status {running.process.returncode}) while starting:{last}\n",
                f"All it said is in {log}.",
            )
        waited = time.monotonic() - running.begun
        if waited > running.service.limit_s:
            raise ServiceFailed(
                f"The {name} was not ready after {waited:.0f} s; its last words:{last}\n",
                f"All it said is in {log}.",
            )

    def _again(self, running: Running) -> None:
        """Start an ended process again, unless it ends too often."""
        name, now = running.service.name, time.monotonic()
        log = self._launch.home.logs / f"{name}.log"
        running.restarts.append(now)
        while running.restarts[0] < now - RESTARTS_WITHIN_S:
            running.restarts.popleft()
        if len(running.restarts) > RESTARTS:
            raise ServiceFailed(
                f"The {name} ended {len(running.restarts)} times within 10 minutes.",
                f"Why is in {log}; Octavo stops so that nothing runs half.",
            )
        status = running.process.returncode
        self._steps.say(f"The {name} ended with status {status} and is started again; see {log}.")
        fresh = self._spawn(running.service)
        fresh.restarts = running.restarts
        self._running[name] = fresh


def sweep(launch: Launch) -> list[Identity]:
    """End everything of this installation that still runs; return what was found.

    Finds processes by the pid files, by the mark in their environment and, where people have
    accounts of their own, by the account.
    """
    home = launch.home
    files = sorted(home.pids.glob("*")) if home.pids.is_dir() else []
    named = [identity for file in files if (identity := Identity.load(file))]
    left = [identity for identity in named if identity.alive()]
    process.end(left, GRACE_S)
    marked = process.marked(launch.instance)
    process.end(marked, GRACE_S)
    accounts = Accounts(home.root)
    accounts.kill_all()
    accounts.remove_traces()
    for file in files:
        file.unlink(missing_ok=True)
    return left + marked
