"""When a person last did something that changed something.

Jupyter Server counts every request as activity, and an open JupyterLab asks for its kernels and
terminals every few seconds by itself: a workspace would never be idle while its tab is open.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tornado.web import Application, RequestHandler

DOING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BY_ITSELF = "/lab/api/workspaces"
"""Where JupyterLab keeps its layout, and the panels which notices were seen: no person needed."""


class Presence:
    """Remembers the last request that changed something."""

    def __init__(self) -> None:
        self.last: datetime | None = None

    def watch(self, web_app: Application) -> None:
        """Look at every finished request of the server, then log it as before."""
        log: Callable[[RequestHandler], Any] = web_app.settings["log_function"]

        def see(handler: RequestHandler) -> None:
            self.see(handler)
            log(handler)

        web_app.settings["log_function"] = see

    def see(self, handler: RequestHandler) -> None:
        """Take a finished request; refused ones, and those of no person, don't count."""
        silent = not getattr(handler, "_track_activity", True) or BY_ITSELF in handler.request.path
        if handler.request.method in DOING and handler.get_status() < 400 and not silent:
            self.last = datetime.now(UTC)
