"""`octavo up` and `octavo down`: from nothing to a working Octavo, and back."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from octavo.local import preflight
from octavo.local.control_groups import make_room
from octavo.local.errors import AlreadyRunning, CannotStart
from octavo.local.home import Home, disk_errors
from octavo.local.launch import Launch
from octavo.local.preparation import prepare
from octavo.local.process import Identity
from octavo.local.progress import Steps
from octavo.local.services import services
from octavo.local.supervisor import Supervisor, sweep
from octavo.local.welcome import welcome

DOWN_LIMIT_S = 60.0


def up(launch: Launch, steps: Steps) -> None:
    """Run Octavo until Ctrl-C or `octavo down`. Raises CannotStart."""
    home = launch.home
    home.check_format()
    home.check_room()
    preflight.check_tools(launch)
    preflight.check_sign_in(launch)
    preflight.check_extension()
    preflight.check_reach(launch)
    with disk_errors(home.root):
        home.make_folders()
        with held(home):
            run(launch, steps)


def run(launch: Launch, steps: Steps) -> None:
    """Prepare, start, watch; whatever happens, nothing is left running."""
    home = launch.home
    home.ready_mark.unlink(missing_ok=True)  # a killed start leaves its own
    if sweep(launch):
        steps.say("Processes that an earlier start had left behind were ended.")
    preflight.check_ports(launch)
    for number in (signal.SIGTERM, signal.SIGHUP):  # `octavo down` stops a preparation too
        signal.signal(number, signal.default_int_handler)
    try:
        prepare(launch, steps)
    except KeyboardInterrupt:
        steps.say("\nStopped before it was ready; what was prepared is kept.")
        return
    finally:
        sweep(launch)  # what a step that broke off had started itself
    if launch.isolated:
        make_room()  # so that workspaces beside the services can have limits of their own
    supervisor = Supervisor(launch, services(launch), steps)
    supervisor.catch_signals()
    try:
        supervisor.start()
        if not supervisor.stopping:
            home.ready_mark.write_text(launch.public_url, "utf-8")
            steps.say(welcome(launch, steps.total()))
        supervisor.watch()
    finally:
        home.ready_mark.unlink(missing_ok=True)
        begun = time.monotonic()
        steps.say("\nStopping Octavo")
        supervisor.stop()
        steps.done("Stop every process", time.monotonic() - begun)


def down(launch: Launch, steps: Steps) -> None:
    """Stop a running Octavo, or end what a killed one left. Raises CannotStart."""
    home = launch.home
    supervisor = running_supervisor(home)
    if supervisor:
        with steps.step("Stop Octavo"):
            os.kill(supervisor.pid, signal.SIGTERM)
            _wait_until_gone(supervisor)
        return
    left = sweep(launch) if home.pids.is_dir() else []
    home.ready_mark.unlink(missing_ok=True)
    steps.say(
        f"Ended {len(left)} processes that an earlier start had left behind."
        if left
        else f"Octavo is not running from {home.root}."
    )


def running_supervisor(home: Home) -> Identity | None:
    """Return the `octavo up` that holds the state folder, None if there is none."""
    identity = Identity.load(home.supervisor_file)
    return identity if identity and identity.alive() else None


def _wait_until_gone(supervisor: Identity) -> None:
    deadline = time.monotonic() + DOWN_LIMIT_S
    while supervisor.alive():
        if time.monotonic() > deadline:
            raise CannotStart(
                f"`octavo up` (process {supervisor.pid}) has not stopped within "
                f"{DOWN_LIMIT_S:.0f} s.",
                f"Kill it (kill -9 {supervisor.pid}) and run `octavo down` again.",
            )
        time.sleep(0.1)


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Hold the state folder; the kernel lets go of it even when this process is killed."""
    with (home.state / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = running_supervisor(home)
            who = f" (process {holder.pid})" if holder else ""
            raise AlreadyRunning(
                f"Octavo already runs from {home.root}{who}.",
                "Open it, or stop it first with `octavo down`.",
            ) from None
        identity = Identity.of(os.getpid())
        if identity:
            identity.save(home.supervisor_file)
        try:
            yield
        finally:
            home.supervisor_file.unlink(missing_ok=True)
