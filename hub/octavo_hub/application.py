"""JupyterHub as Octavo starts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.crypto import CryptKeeper
from jupyterhub.spawner import Spawner
from traitlets import Float, List, Unicode, default

from octavo_hub.hub_database import commit_lightly, find_people_lightly
from octavo_hub.keeper import Keeper
from octavo_hub.pages.routes import routes
from octavo_hub.platform import Platform


class OctavoHub(JupyterHub):  # type: ignore[misc]
    """JupyterHub with Octavo's pages, that keeps workspaces and platform of one mind.

    It loads a spawner, proxy or authenticator only when it is configured; stock JupyterHub
    imports every installed one at each start, to list them in its help.
    """

    name = "jupyterhub"
    handlers: list[Any]

    platform_url = Unicode(help="Platform service, from inside. No default.").tag(config=True)
    platform_token_file = Unicode(help="File with the Hub token of `spawner`.").tag(config=True)
    platform_away_limit = Float(
        0.0,
        help="Seconds that workspaces may run while the platform doesn't answer. Default 0: as "
        "long as they like.",
    ).tag(config=True)

    open_url = Unicode(help="Address people open. Unset: the one they ask.").tag(config=True)
    admin_groups = List(
        Unicode(), help="Groups that see the pages of profiles, cost and failures. Unset: nobody."
    ).tag(config=True)
    reviewer_groups = List(
        Unicode(), help="Groups that see profiles and review their changes. Unset: nobody."
    ).tag(config=True)

    @default("classes")
    def _load_classes(self) -> list[Any]:
        return [Spawner, Authenticator, CryptKeeper]

    def init_handlers(self) -> None:
        """Put Octavo's pages before JupyterHub's own: its spawn page is replaced."""
        super().init_handlers()
        relay = {
            "platform_url": self.platform_url,
            "token_file": self.platform_token_file,
            "open_url": self.open_url,
        }
        own = routes(relay, frozenset(self.admin_groups), frozenset(self.reviewer_groups))
        self.handlers = self.add_url_prefix(self.hub_prefix, own) + self.handlers

    def init_db(self) -> None:
        """Open JupyterHub's database."""
        commit_lightly()
        find_people_lightly()
        super().init_db()

    def init_tornado_settings(self) -> None:
        """Give every spawner the one keeper."""
        super().init_tornado_settings()
        self.keeper = Keeper(
            self,
            Platform(self.platform_url, Path(self.platform_token_file)),
            away_limit_s=self.platform_away_limit or None,
        )
        self.tornado_settings["octavo_keeper"] = self.keeper

    async def start(self) -> None:
        """Start the hub, then what it does for all workspaces."""
        await super().start()
        self.keeper.run()

    async def cleanup(self) -> None:
        """Stop, and let what waits or starts go on when the hub is back."""
        self.keeper.close()
        await super().cleanup()
