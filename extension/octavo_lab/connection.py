"""Where the platform is and who this workspace is to it, read from the workspace's environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

API_PATH = "/api/v1/"


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
    )
