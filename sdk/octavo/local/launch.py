"""What `octavo up` was asked for: state folder, addresses, the environment of its processes."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from octavo.local.errors import SettingWrong
from octavo.local.home import Home
from octavo.local.process import MARK

DEFAULT_PORT = 8000
LAST_PORT = 65_000
PORTS = {0: "proxy", 1: "hub", 2: "server", 3: "tracking", 4: "proxy's own API"}
"""What listens on each port, counted from the public one."""

# Left over from the program that Octavo is started from, e.g. a terminal in another JupyterLab.
FOREIGN = ("JUPYTERHUB_", "JPY_", "CONFIGPROXY_", "MLFLOW_", "_MLFLOW_")
FOREIGN_NAMES = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", MARK}


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One start of Octavo on this machine."""

    home: Home
    """State folder."""
    port: int
    """Public TCP port; the four after it are used inside."""
    bind: str
    """Address that the public port listens on."""
    public_url: str
    """Address people open, without a slash at its end."""
    environment: Mapping[str, str]
    """Environment that every process of Octavo starts with."""
    isolated: bool
    """Whether people get OS accounts of their own: it is started as root."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Launch:
        """Read the launch from the environment. Raises SettingWrong for a value it can't use."""
        home = Home.locate(environment)
        port = _port(environment.get("OCTAVO_PORT") or str(DEFAULT_PORT))
        bind = environment.get("OCTAVO_BIND") or "127.0.0.1"
        public = environment.get("OCTAVO_PUBLIC_URL") or f"http://127.0.0.1:{port}"
        return cls(
            home=home,
            port=port,
            bind=bind,
            public_url=public.rstrip("/"),
            environment=_environment(environment, home, port, bind),
            isolated=os.geteuid() == 0,
        )

    @property
    def instance(self) -> str:
        """Mark of everything this installation starts: made from the state folder's path."""
        return instance_of(self.home)

    @property
    def public_url_inside(self) -> str:
        """Return the proxy's address on this machine, whatever name people open it under."""
        host = "127.0.0.1" if self.bind in ("", "0.0.0.0", "::") else self.bind  # noqa: S104
        return f"http://{host}:{self.port}"

    def inside(self, offset: int) -> str:
        """Return the inner address of the process at the port ``offset`` after the public one."""
        return f"http://127.0.0.1:{self.port + offset}"


def instance_of(home: Home) -> str:
    """Return the mark of the installation in this state folder."""
    return hashlib.sha256(str(home.root.resolve()).encode()).hexdigest()[:16]


def _environment(given: Mapping[str, str], home: Home, port: int, bind: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in given.items()
        if not name.startswith(FOREIGN) and name not in FOREIGN_NAMES
    }
    scripts = str(Path(sys.executable).parent)
    return kept | {
        MARK: instance_of(home),
        "OCTAVO_HOME": str(home.root),
        "OCTAVO_PORT": str(port),
        "OCTAVO_BIND": bind,
        "PATH": os.pathsep.join([scripts, given.get("PATH") or os.defpath]),
        "PYTHONUNBUFFERED": "1",
        # Each thread's own heap is memory that a small service never gives back.
        "MALLOC_ARENA_MAX": "2",
    }


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= LAST_PORT:
        return int(text)
    raise SettingWrong(
        f"OCTAVO_PORT is {text!r}; it must be a number from 1 to {LAST_PORT}.",
        "Set it to a free port, for example OCTAVO_PORT=8000.",
    )
