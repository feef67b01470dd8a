"""Where the platform is and who this workspace is to it, read from the workspace's environment."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from traitlets.log import get_logger

API_PATH = "/api/v1/"
PROBE_SECONDS = 30.0
PROBE_RANGE = (1.0, 60.0)
"""A probe counts for 90 s: a longer pause than a minute could make a running cell unknown."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The workspace's way to the platform."""

    url: str
    """Public address of the platform service, no slash at its end; empty when none is named."""
    token: str = field(repr=False)
    """The workspace's token: it stays in this process and is never sent to the browser."""
    project: str
    """Project that was picked when the workspace was started; empty when none was."""
    profile: str
    """Spawner profile of the workspace; empty outside a Hub."""
    session: str
    """The platform's id of this workspace session; empty outside a Hub."""
    user: str
    """Hub name of the workspace's owner; empty outside a Hub."""
    dashboards: str
    """Folder of the dashboards' notebooks, relative to the server's root folder."""
    probe_seconds: float = PROBE_SECONDS
    """Seconds between two probes of what goes on in the workspace."""

    @property
    def api_url(self) -> str:
        """The address that every proxied path is appended to."""
        return self.url + API_PATH

    def workspace(self) -> dict[str, str]:
        """What the browser may know: all but the token."""
        return {
            "url": self.url,
            "project": self.project,
            "profile": self.profile,
            "session": self.session,
            "user": self.user,
            "dashboards": self.dashboards,
        }


def from_environment(environ: Mapping[str, str] = os.environ) -> Connection:
    """Read the connection from OCTAVO_* and, in a Hub workspace, JUPYTERHUB_* variables."""
    return Connection(
        url=environ.get("OCTAVO_URL", "").rstrip("/"),
        token=environ.get("OCTAVO_TOKEN") or environ.get("JUPYTERHUB_API_TOKEN", ""),
        project=environ.get("OCTAVO_PROJECT", ""),
        profile=environ.get("OCTAVO_PROFILE", ""),
        session=environ.get("OCTAVO_SESSION", ""),
        user=environ.get("JUPYTERHUB_USER", ""),
        dashboards=environ.get("OCTAVO_DASHBOARDS", ""),
        probe_seconds=_probe_seconds(environ.get("OCTAVO_PROBE_SECONDS", "")),
    )


def _probe_seconds(text: str) -> float:
    """Read the seconds between probes; what is no such number is said and replaced."""
    low, high = PROBE_RANGE
    try:
        seconds = float(text) if text else PROBE_SECONDS
    except ValueError:
        seconds = math.nan
    if low <= seconds <= high:
        return seconds
    get_logger().warning(
        "OCTAVO_PROBE_SECONDS is %r; it takes %g to %g seconds. %g is used.",
        text,
        low,
        high,
        PROBE_SECONDS,
    )
    return PROBE_SECONDS
