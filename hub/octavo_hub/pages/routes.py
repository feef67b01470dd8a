"""The table of the pages' addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from octavo_hub.pages.relay import RelayHandler
from octavo_hub.pages.views import LinkedSpawnHandler, PageHandler, ScriptHandler

STATIC = Path(__file__).parents[1] / "static"
NAME = r"[a-z0-9][a-z0-9-]{0,62}"
CHANGE = r"[A-Za-z0-9_-]{1,64}"

PAGES: tuple[tuple[str, str, bool], ...] = (
    (r"/octavo/profiles", "profiles.html", True),
    (r"/octavo/profiles/new", "profile_editor.html", True),
    (rf"/octavo/profiles/changes/({CHANGE})", "profile_change.html", True),
    (rf"/octavo/profiles/({NAME})", "profile.html", True),
    (rf"/octavo/profiles/({NAME})/edit", "profile_editor.html", True),
    (r"/octavo/cost", "cost.html", True),
    (rf"/octavo/cost/({NAME})", "cost.html", False),
    (r"/octavo/failures", "failures.html", True),
)
"""Address below the hub, template, and whether it is for admins and reviewers alone."""


def routes(platform_url: str, token_file: str, groups: frozenset[str]) -> list[tuple[Any, ...]]:
    """Return the handlers, to stand before JupyterHub's; ``groups`` administer or review."""
    relay = {"platform_url": platform_url, "token_file": token_file}
    pages = [
        (path, PageHandler, {"template": template, "groups": groups if inner else None})
        for path, template, inner in PAGES
    ]
    return [
        (r"/octavo/api/(.*)", RelayHandler, relay),
        (r"/octavo/static/(.*)", ScriptHandler, {"path": str(STATIC)}),
        *pages,
        (r"/spawn", LinkedSpawnHandler),
        (r"/spawn/([^/]+)", LinkedSpawnHandler),
    ]
