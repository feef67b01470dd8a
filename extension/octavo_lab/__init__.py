"""Octavo in JupyterLab: the built panels and the thin server half that carries their requests."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Say where the built panels lie and under which name JupyterLab loads them."""
    return [{"src": "labextension", "dest": "octavo-lab"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Name the module that holds the server half."""
    return [{"module": "octavo_lab"}]


def _load_jupyter_server_extension(server_app: "ServerApp") -> None:
    """Add the handlers and the dashboard reaper to a starting Jupyter Server."""
    from octavo_lab.app import attach

    attach(server_app)
