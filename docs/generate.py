"""Write the reference pages that follow from the code: settings, permissions, routes.

    make reference

A test compares the pages with what this would write, so they can't lag behind the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from octavo.local.cluster import Cluster
from octavo.local.sign_in import SignIn
from octavo_hub.settings import HubSettings
from octavo_server.openapi import document
from octavo_server.permissions import PERMISSIONS
from octavo_server.settings import Settings

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Written by `make reference`; change the code, not this page. -->\n"
METHODS = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {
        "settings.md": settings_page(),
        "permissions.md": permissions_page(),
        "routes.md": routes_page(document()),
    }


def settings_page() -> str:
    """Return the page of all OCTAVO_* variables."""
    rows: dict[str, str] = {}
    for owner in (Settings, HubSettings, SignIn, Cluster):
        for name, text in _settings_of(owner):
            rows.setdefault(name, text)
    return _page(
        "Settings",
        "Every setting is an environment variable. The service refuses to start with an "
        "`OCTAVO_*` variable that is not in this table.",
        ("variable", "meaning"),
        sorted(rows.items()),
    )


def _settings_of(owner: type[BaseModel]) -> Iterable[tuple[str, str]]:
    for name, field in owner.model_fields.items():
        about = (field.description or "").replace("<", "&lt;")
        yield f"`OCTAVO_{name.upper()}`", about


def permissions_page() -> str:
    """Return the page of all verbs."""
    rows = [
        (
            f"`{verb}`",
            permission.meaning,
            "platform" if permission.platform else "project",
            ", ".join(sorted(permission.roles)),
        )
        for verb, permission in sorted(PERMISSIONS.items())
    ]
    return _page(
        "Permissions",
        "Each route needs one verb. A project's verbs are held by roles in that project; a "
        "platform admin is admin in every project. `service` is Octavo's own services, `run` a "
        "production run inside its project, `anyone` every signed-in person.",
        ("verb", "lets one", "held in", "roles"),
        rows,
    )


def routes_page(openapi: dict[str, Any]) -> str:
    """Return the page of all routes."""
    rows = [
        (method.upper(), f"`{path}`", (operation.get("description") or "").split("\n")[0])
        for path, operations in sorted(openapi["paths"].items())
        for method, operation in operations.items()
        if method in METHODS
    ]
    return _page(
        "Routes",
        "The HTTP API of the platform service. Send a Hub token as `Authorization: Bearer "
        "<token>`. Every refusal has one shape: `error`, `message`, `remedy`, `request_id`.",
        ("method", "path", "what it does"),
        rows,
    )


def _page(title: str, about: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"# {title}", "", MADE, about, ""]
    lines.append("| " + " | ".join(header) + " |")
    lines.append("|" + " --- |" * len(header))
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
