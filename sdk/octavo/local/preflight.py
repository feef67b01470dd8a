"""What must be true of the machine before anything is started; each failure is one sentence."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from octavo.local import resources
from octavo.local.accounts import Accounts
from octavo.local.errors import PortTaken, ToolMissing, Unreachable
from octavo.local.launch import PORTS, Launch
from octavo.local.sign_in_check import checked_sign_in

# Program or module -> the extra of the package that brings it.
PROGRAMS: Mapping[str, str] = {"traefik": "hub", "jupyterhub-singleuser": "workspace"}
MODULES: Mapping[str, str] = {
    "octavo_server": "server",
    "jupyterhub": "hub",
    "fastapi": "server",
    "mlflow": "server",
    "jupyterlab": "workspace",
    "papermill": "runner",
}


def check_tools(launch: Launch) -> None:
    """Raise ToolMissing when the installation lacks a part that `octavo up` starts."""
    path = launch.environment["PATH"]
    missing = {name: extra for name, extra in PROGRAMS.items() if not shutil.which(name, path=path)}
    missing |= {
        name: extra for name, extra in MODULES.items() if importlib.util.find_spec(name) is None
    }
    if missing:
        name, extra = next(iter(missing.items()))
        raise ToolMissing(
            f"{name} is not installed beside {sys.executable}; it comes with octavo[{extra}].",
            "In a checkout run `make up`; otherwise: pip install 'octavo[all]'",
        )


def check_sign_in(launch: Launch) -> None:
    """Raise SettingWrong for a sign-in setting that is missing, wrong or another provider's."""
    environment = launch.environment
    checked_sign_in(environment.get("OCTAVO_AUTHENTICATOR") or "demo", environment)


def check_extension() -> None:
    """Raise ToolMissing when JupyterLab would start without Octavo's panels."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "octavo-lab"
    if not (folder / "package.json").is_file():
        raise ToolMissing(
            f"The lab extension is not built: {folder}/package.json is missing.",
            "Run `make up` in the checkout, which builds it, or install Octavo's wheel.",
        )


def check_reach(launch: Launch) -> None:
    """Raise Unreachable when people's own accounts could not run what is installed here."""
    source = resources.checkout()
    places = [Path(sys.prefix), Path(sys.executable).resolve(), launch.home.root]
    blocked = Accounts(launch.home.root).unreachable(*places, *([source] if source else []))
    if blocked:
        raise Unreachable(blocked + ".", "Then run `octavo up` again.")


def check_ports(launch: Launch) -> None:
    """Raise PortTaken, naming who has it, unless the five ports are free."""
    for offset, what in PORTS.items():
        port = launch.port + offset
        bind = launch.bind if offset == 0 else "127.0.0.1"
        if not _free(bind, port):
            raise PortTaken(
                f"Port {port}, which Octavo's {what} needs, is in use{_holder(port)}.",
                f"Stop that program, or use other ports: OCTAVO_PORT={_suggest(launch)} octavo up",
            )


def _free(bind: str, port: int) -> bool:
    """Whether a server could listen there now; a closing connection doesn't count as taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    """Name the program that listens on a port, where this account may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""


def _suggest(launch: Launch) -> int:
    """Find the next hundred whose ports are all free."""
    for base in range(launch.port // 100 * 100 + 100, 60_000, 100):
        if all(_free("127.0.0.1", base + offset) for offset in PORTS):
            return base
    return launch.port + 10
