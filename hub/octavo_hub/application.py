"""JupyterHub as Octavo starts it."""

from __future__ import annotations

from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.crypto import CryptKeeper
from jupyterhub.spawner import Spawner
from traitlets import default


class OctavoHub(JupyterHub):  # type: ignore[misc]
    """JupyterHub that loads a spawner, proxy or authenticator only when it is configured.

    Stock JupyterHub imports every installed one at each start, to list them in its help.
    """

    name = "jupyterhub"

    @default("classes")
    def _load_classes(self) -> list[Any]:
        return [Spawner, Authenticator, CryptKeeper]
