"""The file-driven traefik proxy, which never outlives the hub."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy

from octavo.local.confinement import die_with_parent


class OctavoProxy(TraefikFileProviderProxy):
    """traefik from PyPI's binary, started as a child that dies with the hub."""

    def _start_traefik(self) -> None:
        beside = Path(sys.executable).parent / "traefik"
        self.traefik_process = subprocess.Popen(
            [
                str(beside) if beside.exists() else "traefik",
                "--configfile",
                str(Path(self.static_config_file).resolve()),
            ],
            env={**os.environ, **self.traefik_env},
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
