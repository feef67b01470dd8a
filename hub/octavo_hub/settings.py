"""The hub's settings, from the same OCTAVO_* variables as every other process."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from octavo.local.cluster import SPAWNER_HELP, SpawnerName


class HubSettings(BaseSettings):
    """What the hub needs of the settings; the platform service refuses unknown ones for all."""

    model_config = SettingsConfigDict(env_prefix="OCTAVO_", frozen=True, extra="ignore")

    home: Path = Field(description="Folder of all state. `octavo up` sets it.")
    bind: str = Field("127.0.0.1", description="Address of the proxy. Default: this machine only.")
    port: int = Field(8000, ge=1, le=65000, description="Public TCP port; four more follow inside.")
    public_url: str = Field("", description="Address people open. Unset: http://127.0.0.1:<port>.")
    server_url: str = Field("", description="Platform service. Unset: http://127.0.0.1:<port + 2>.")
    tracking_url: str = Field("", description="MLflow. Unset: http://127.0.0.1:<port + 3>.")
    authenticator: str = Field(
        "demo",
        description="Who signs people in: demo, oidc, azure, okta, google or github; or another "
        "authenticator that JupyterHub knows by name. Default: demo.",
    )
    home_size_gib: float | None = Field(
        None, gt=0, description="Size of a person's home, in GiB. Unset: no limit but the disk's."
    )
    quota_unknown: Literal["closed", "open"] = Field(
        "closed",
        description="What happens to starts while the books of quotas can't be read: closed "
        "refuses them, open lets them through. Default: closed.",
    )
    platform_away_minutes: int = Field(
        60,
        ge=1,
        le=10080,
        description="Minutes that workspaces run on while the platform service doesn't answer, "
        "where OCTAVO_QUOTA_UNKNOWN is closed; then they are stopped. Default: 60.",
    )
    spawner: SpawnerName = Field("local", description=SPAWNER_HELP)
    subdomains: bool = Field(
        False,
        description="Serve each workspace on a host name of its own below OCTAVO_PUBLIC_URL's. "
        "Needs a name for *.<host> that leads here too. Default: off.",
    )
    probe_seconds: float = Field(
        30.0,
        ge=1,
        le=60,
        description="Seconds between two reports of a workspace about what runs in it; one counts "
        "for 90 seconds. Default: 30.",
    )
    platform_admin_group: str = Field(
        "admins", description="Group whose members see and stop everyone's workspaces."
    )
    platform_reviewer_group: str = Field(
        "reviewers", description="Group whose members review changes of profiles and policies."
    )
    hub_config: Path | None = Field(
        None, description="A further JupyterHub configuration file, read last. Unset: none."
    )

    @property
    def state(self) -> Path:
        """The services' private folder."""
        return self.home / "state"

    @property
    def public(self) -> str:
        """The address people open, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def server(self) -> str:
        """The platform service, from inside."""
        return self.server_url.rstrip("/") or f"http://127.0.0.1:{self.port + 2}"

    @property
    def tracking(self) -> str:
        """MLflow, from inside."""
        return self.tracking_url.rstrip("/") or f"http://127.0.0.1:{self.port + 3}"

    def token(self, service: str) -> str:
        """Return a service's Hub token. Raises FileNotFoundError when `octavo up` made none."""
        return (self.state / "tokens" / service).read_text(encoding="ascii").strip()
