"""`octavo up --background`: start it apart from the terminal, return once everything works."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from octavo.local.errors import ServiceFailed
from octavo.local.home import disk_errors
from octavo.local.launch import Launch
from octavo.local.up import running_supervisor

LIMIT_S = 900.0
POLL_S = 0.1


def start(launch: Launch, write: Callable[[str], object]) -> None:
    """Start Octavo and pass on what it prints until it is ready. Raises ServiceFailed."""
    home = launch.home
    home.check_format()
    with disk_errors(home.root):
        home.make_folders()
    log = home.logs / "up.log"
    log.unlink(missing_ok=True)
    if running_supervisor(home) is None:
        home.ready_mark.unlink(missing_ok=True)  # a killed start leaves its own
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "octavo.cli.main", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    with log.open(encoding="utf-8") as stream:
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            ended, ready = child.poll() is not None, home.ready_mark.exists()
            for line in stream:
                write(line.rstrip("\n"))
            if ended:
                raise ServiceFailed("Octavo did not start.", f"All it said is in {log}.")
            if ready and "Stop with" in log.read_text(encoding="utf-8"):
                return
            time.sleep(POLL_S)
    child.terminate()
    raise ServiceFailed(f"Octavo was not ready after {LIMIT_S:.0f} s.", f"See {log}.")
