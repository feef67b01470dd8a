"""The file-driven traefik proxy, which never outlives the hub."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy

from octavo.local.confinement import die_with_parent


class OctavoProxy(TraefikFileProviderProxy):  # type: ignore[misc]
    """traefik from PyPI's binary, started as a child that dies with the hub."""

    async def start(self) -> None:
        """Start traefik with fresh routes; a killed hub's leftover file holds an old password."""
        await asyncio.to_thread(Path(self.dynamic_config_file).unlink, missing_ok=True)
        await super().start()

    def _start_traefik(self) -> None:
        beside = Path(sys.executable).parent / "traefik"
        self.traefik_process = subprocess.Popen(
            [
                str(beside) if beside.exists() else "traefik",
                "--configfile",
                str(Path(self.static_config_file).resolve()),
            ],
            env={**os.environ, **self.traefik_env},
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - only calls prctl
        )
