"""The table of the pages' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from octavo_hub.pages.relay import RelayHandler
from octavo_hub.pages.views import LinkedSpawnHandler, PageHandler, ScriptHandler

STATIC = Path(__file__).parents[1] / "static"
NAME = r"[a-z0-9][a-z0-9-]{0,62}"
CHANGE = r"[A-Za-z0-9_-]{1,64}"

Audience = Literal["admins", "governing", "everybody"]

PAGES: tuple[tuple[str, str, Audience], ...] = (
    (r"/octavo/profiles", "profiles.html", "governing"),
    (r"/octavo/profiles/new", "profile_editor.html", "admins"),
    (rf"/octavo/profiles/changes/({CHANGE})", "profile_change.html", "governing"),
    (rf"/octavo/profiles/({NAME})", "profile.html", "governing"),
    (rf"/octavo/profiles/({NAME})/edit", "profile_editor.html", "admins"),
    (r"/octavo/cost", "cost.html", "admins"),
    (rf"/octavo/cost/({NAME})", "cost.html", "everybody"),
    (r"/octavo/failures", "failures.html", "admins"),
)
"""Address below the hub, template, and who is shown it: governing are admins and reviewers."""


def routes(
    relay: Mapping[str, str], admins: frozenset[str], reviewers: frozenset[str]
) -> list[tuple[Any, ...]]:
    """Return the handlers, to stand before JupyterHub's.

    ``relay`` are the relay's settings; ``admins`` and ``reviewers`` the groups of both roles.
    """
    groups: dict[Audience, frozenset[str] | None] = {
        "admins": admins,
        "governing": admins | reviewers,
        "everybody": None,
    }
    pages = [
        (path, PageHandler, {"template": template, "groups": groups[audience]})
        for path, template, audience in PAGES
    ]
    return [
        (r"/octavo/api/(.*)", RelayHandler, dict(relay)),
        (r"/octavo/static/(.*)", ScriptHandler, {"path": str(STATIC)}),
        *pages,
        (r"/spawn", LinkedSpawnHandler),
        (r"/spawn/([^/]+)", LinkedSpawnHandler),
    ]
