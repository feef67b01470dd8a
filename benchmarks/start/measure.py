"""Measure how Octavo starts: from nothing, again, its workspaces against a bare JupyterHub's.

`make bench-start` runs it. The last line is one JSON object::

    {"cold_s", "warm_s", "spawn_ratio", "rss_mib": {process: MiB}, "rss_total_mib"}

It clones the committed sources into a fresh folder with a fresh state folder, and removes both.
Nothing but the standard library is used here, because it runs before anything is installed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COLD_LIMIT_S = 1800.0
WARM_LIMIT_S = 300.0
SETTLE_S = 15.0


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="octavo-bench-"))
    folder.chmod(0o711)  # people's own accounts pass through it
    try:
        print(json.dumps(measure(folder)))
    finally:
        shutil.rmtree(folder)


def measure(folder: Path) -> dict[str, Any]:
    """Return the figures; prints what it is doing."""
    checkout = folder / "octavo"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(checkout)], check=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OCTAVO_")},
        "OCTAVO_HOME": str(folder / "home"),
        "OCTAVO_PORT": str(free_port()),
    }
    with started(checkout, environment, COLD_LIMIT_S) as cold_s:
        print(f"cold start: {cold_s:.1f} s")
    with started(checkout, environment, WARM_LIMIT_S) as warm_s:
        print(f"warm start: {warm_s:.1f} s")
        time.sleep(SETTLE_S)  # the services' own start-up work ends
        memory = status(checkout, environment)
        print(f"memory at rest: {memory['rss_total_mib']} MiB")
        ratio = spawn_ratio(checkout, environment)
    remove_accounts(checkout, environment)
    return {
        "cold_s": round(cold_s, 1),
        "warm_s": round(warm_s, 1),
        "spawn_ratio": ratio,
        "rss_mib": {process["name"]: process["rss_mib"] for process in memory["processes"]},
        "rss_total_mib": memory["rss_total_mib"],
    }


@contextmanager
def started(checkout: Path, environment: dict[str, str], limit_s: float) -> Iterator[float]:
    """Run `make up` for the block; yields the seconds from the command to ready."""
    ready = Path(environment["OCTAVO_HOME"]) / "state" / "ready"
    begun = time.monotonic()
    up = subprocess.Popen(
        ["make", "--no-print-directory", "up"],
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not ready.exists():
            if up.poll() is not None or time.monotonic() - begun > limit_s:
                sys.exit(f"`make up` was not ready within {limit_s:.0f} s")
            time.sleep(0.05)
        yield time.monotonic() - begun
    finally:
        if up.poll() is None:
            os.killpg(up.pid, signal.SIGINT)
        up.wait()


def status(checkout: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return what `octavo status --json` says."""
    argv = [str(checkout / ".venv/bin/octavo"), "status", "--json"]
    answer: dict[str, Any] = json.loads(subprocess.check_output(argv, env=environment))
    return answer


def spawn_ratio(checkout: Path, environment: dict[str, str]) -> float:
    """Return how much longer Octavo's workspace takes to start than a bare JupyterHub's."""
    argv = [str(checkout / ".venv/bin/python"), str(checkout / "benchmarks/start/spawn.py")]
    done = subprocess.run(argv, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    sys.stdout.write(done.stdout)
    return float(json.loads(done.stdout.splitlines()[-1])["ratio"])


def remove_accounts(checkout: Path, environment: dict[str, str]) -> None:
    """Remove the OS accounts that the measured installation made."""
    code = "import pathlib, sys; from octavo.local.accounts import Accounts; "
    code += "Accounts(pathlib.Path(sys.argv[1])).remove_all()"
    python = str(checkout / ".venv/bin/python")
    subprocess.run([python, "-c", code, environment["OCTAVO_HOME"]], check=True)


def free_port() -> int:
    """Return a port that is free together with the nine after it."""
    for base in range(21_000, 60_000, 10):
        with socket.socket() as probe:
            if all(probe.connect_ex(("127.0.0.1", base + offset)) for offset in range(10)):
                return base
    raise SystemExit("no ten free ports in a row")


if __name__ == "__main__":
    main()
