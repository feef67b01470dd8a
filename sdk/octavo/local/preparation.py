"""Make a state folder ready: folders, tokens, people, databases, the flights project.

All of it can be run again: what is there already is left as it is.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from octavo.local import process
from octavo.local.errors import ServiceFailed
from octavo.local.launch import Launch
from octavo.local.people import ensure_people
from octavo.local.progress import HEARTBEAT_S, Steps, tail

PROJECT = "flights"
LOG = "prepare.log"


def prepare(launch: Launch, steps: Steps) -> None:
    """Bring the state folder to where the services can start. Raises ServiceFailed."""
    home = launch.home
    with steps.step("Prepare the state folder"):
        home.seal()
        home.make_folders()
        home.make_tokens()
        (home.logs / LOG).unlink(missing_ok=True)
        ensure_people(home.state / "people.json", home.root / "people.txt")
    run_step(launch, steps, "Migrate the database", ["-m", "octavo_server.prepare"])
    run_step(launch, steps, f"Load the {PROJECT} project", ["-m", "octavo_server.load"])
    home.project_mark.touch()


def run_step(launch: Launch, steps: Steps, title: str, arguments: list[str]) -> None:
    """Run one of Octavo's commands to its end. Raises ServiceFailed with its last words."""
    log = launch.home.logs / LOG
    begun = time.monotonic()
    child = process.start([sys.executable, *arguments], launch.environment, log, launch.home.state)
    try:
        wait(child, lambda: steps.heartbeat(title, begun, log))
    finally:
        child.kill()
        child.wait()
    if child.returncode:
        said = tail(log, 1) or [f"it ended with status {child.returncode}"]
        raise ServiceFailed(
            f"The step {title!r} failed: {said[-1]}",
            f"All it said is in {log}; what was prepared before it is kept.",
        )
    steps.done(title, time.monotonic() - begun)


def wait(child: subprocess.Popen[bytes], beat: Callable[[], None]) -> None:
    """Wait for a child, calling ``beat`` every 10 s."""
    while True:
        try:
            child.wait(timeout=HEARTBEAT_S)
        except subprocess.TimeoutExpired:
            beat()
        else:
            return
