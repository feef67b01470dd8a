"""JupyterHub's configuration; `octavo up` starts the hub with it."""

from octavo_hub.configuration import configure
from octavo_hub.settings import HubSettings

configure(c, HubSettings())
