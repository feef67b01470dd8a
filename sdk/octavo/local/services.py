"""The processes that `octavo up` keeps running, and how each shows that it is ready."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from octavo.local import resources
from octavo.local.launch import Launch

PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """One long-lived process."""

    name: str
    """Name in messages, of the pid file and of the log."""
    argv: tuple[str, ...]
    """Command line."""
    ready: Callable[[], bool]
    """Whether it does its work now; asked until it does."""
    stops_last: bool
    """Whether others still need it while they stop."""
    limit_s: float = 120.0
    """Seconds that a start may take."""


def services(launch: Launch) -> list[Service]:
    """List the processes in the order in which they are started."""
    config = str(resources.path("hub/jupyterhub_config.py"))
    worker_ready = launch.home.state / "worker.ready"
    worker_ready.unlink(missing_ok=True)
    return [
        Service(
            name="server",
            argv=(sys.executable, "-m", "octavo_server.app"),
            ready=answers(f"{launch.inside(2)}/services/octavo/health"),
            stops_last=True,
        ),
        Service(
            name="tracking",
            argv=(sys.executable, "-m", "octavo_server.tracking"),
            ready=answers(f"{launch.inside(3)}/services/tracking/health"),
            stops_last=True,
        ),
        Service(
            name="hub",
            argv=(sys.executable, "-m", "octavo_hub", "-f", config),
            ready=answers(f"{launch.public_url_inside}/hub/health"),
            stops_last=False,
        ),
        Service(
            name="worker",
            argv=(sys.executable, "-m", "octavo_server.worker"),
            ready=worker_ready.exists,
            stops_last=False,
        ),
    ]


def answers(url: str) -> Callable[[], bool]:
    """Return a probe that holds once ``url`` answers with success."""

    def probe() -> bool:
        try:
            return httpx.get(url, timeout=PROBE_TIMEOUT_S, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return probe
