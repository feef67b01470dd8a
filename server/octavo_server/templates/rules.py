"""Reads a template's description and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from octavo_server.errors import Invalid
from octavo_server.permissions import PROJECT_ROLES
from octavo_server.templates.domain import Template


def read_template(folder: Path, document: Any) -> Template:
    """Return the template that ``document`` describes. Raises Invalid naming the wrong field."""
    if not isinstance(document, Mapping):
        raise Invalid(f"{folder.name}/template.yaml: it holds no mapping.", "See docs/admin.")
    members = document.get("members", {})
    for group, role in members.items():
        if role not in PROJECT_ROLES:
            raise Invalid(
                f"{folder.name}/template.yaml: members.{group}: {role!r} is no role.",
                f"Use one of: {', '.join(PROJECT_ROLES)}.",
            )
    return Template(
        name=folder.name,
        title=_text(folder, document, "title"),
        description=_text(folder, document, "description"),
        notebooks=tuple(document.get("notebooks", ())),
        monthly_budget_eur=float(document.get("monthly_budget_eur", 0)),
        members=tuple((str(group), str(role)) for group, role in members.items()),
        folder=folder,
    )


def _text(folder: Path, document: Mapping[str, Any], field: str) -> str:
    value = document.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Invalid(
            f"{folder.name}/template.yaml: {field}: text is needed, got {value!r}.",
            f"Add a line {field}: ...",
        )
    return value.strip()
