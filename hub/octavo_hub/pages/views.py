"""The handlers of the pages: each serves its template; what it shows comes through the relay."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.pages import SpawnHandler
from tornado.web import HTTPError, StaticFileHandler, authenticated

LINK_FIELDS = ("project", "profile")
"""What a link to the spawn page may choose beforehand."""


class PageHandler(BaseHandler):  # type: ignore[misc]
    """One page; those for admins are shown to the groups that administer or review."""

    def initialize(self, template: str, groups: frozenset[str] | None) -> None:
        """Take the page's template, and the groups it is for; None: everybody signed in."""
        self._template = template
        self._groups = groups

    @property
    def content_security_policy(self) -> str:
        """Scripts and styles come from the hub alone; JupyterHub's own page has inline ones."""
        inline = "'self' 'unsafe-inline'"
        return (
            f"{super().content_security_policy}; default-src 'self'; script-src {inline}; "
            f"style-src {inline}; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
            "form-action 'self'"
        )

    @authenticated
    async def get(self, subject: str = "") -> None:
        """Show the page. Raises HTTPError 403 for a person it isn't for."""
        user = self.current_user
        if self._groups is not None and not in_any(user, self._groups):
            names = " or ".join(sorted(self._groups))
            raise HTTPError(
                403,
                f"This page is for members of {names}, and {user.name} is in none of them. "
                "Ask your platform admin.",
            )
        here = self.request.path.removeprefix(self.hub.base_url)
        section = "/".join(here.split("/")[:2])
        self.finish(await self.render_template(self._template, subject=subject, here=section))


class LinkedSpawnHandler(SpawnHandler):  # type: ignore[misc]
    """The spawn page, where a link chooses a card but never starts it.

    JupyterHub's own would start a workspace, and so spend money, at a click on any link.
    """

    def initialize(self) -> None:
        """Begin with nothing chosen."""
        self._chosen: dict[str, Any] = {}

    def get(self, user_name: str | None = None, server_name: str = "") -> Any:
        """Show the page; its script puts the focus on the card that the link names."""
        arguments = self.request.query_arguments
        found = {name: self.get_query_argument(name, "") for name in LINK_FIELDS}
        self._chosen = {**found, "linked": any(found.values())}
        for name in list(arguments):
            if name != "next":
                del arguments[name]
        return super().get(user_name, server_name)

    def post(self, user_name: str | None = None, server_name: str = "") -> Any:
        """Start what was chosen; a page that refuses it opens with the same choice.

        Where the person's workspace waits, starts, runs or stops already, lead there.
        """
        self._chosen = {name: self.get_body_argument(name, "") for name in LINK_FIELDS}
        user = self.current_user
        if user is not None and user_name in {None, user.name} and user.spawner.active:
            return self.redirect(self._get_pending_url(user, server_name))
        return super().post(user_name, server_name)

    async def spawn_single_user(
        self, user: Any, server_name: str = "", display_name: str = "", options: Any = None
    ) -> None:
        """Start it, unless another click began a start while this one's choice was checked."""
        spawner = user.spawners[server_name]
        if spawner.active:
            return
        try:
            await super().spawn_single_user(user, server_name, display_name, options=options)
        except RuntimeError:
            # JupyterHub's word for a start that was begun while it asked the identity provider.
            if not spawner.pending:
                raise

    @property
    def linked(self) -> str:
        """The profile that a link names; empty for a choice that was posted, or none."""
        return str(self._chosen["profile"]) if self._chosen.get("linked") else ""

    @property
    def template_namespace(self) -> dict[str, Any]:
        """Add what was chosen, and where the cards' forms go: not back to a link's query."""
        own = {"chosen": self._chosen, "spawn_url": self._spawn_url()}
        return {**super().template_namespace, **own}

    def _spawn_url(self) -> str:
        following = self.get_argument("next", "")
        query = f"?{urlencode({'next': following})}" if following else ""
        return f"{self.request.path}{query}"


class ScriptHandler(StaticFileHandler):
    """The pages' scripts and styles; always asked for anew, so an update is seen at once."""

    def set_extra_headers(self, path: str) -> None:
        """Let the browser keep a file, but ask whether it is still the newest."""
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Content-Type-Options", "nosniff")


def in_any(user: Any, groups: frozenset[str]) -> bool:
    """Whether a Hub user belongs to one of the groups; nobody does when nobody is signed in."""
    return user is not None and not groups.isdisjoint(group.name for group in user.groups)
