"""Reads templates from their folder; they are files that ship with Octavo, not rows."""

from __future__ import annotations

from pathlib import Path

import yaml

from octavo_server.templates import rules
from octavo_server.templates.domain import Template


class TemplateFolder:
    """All templates below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> frozenset[str]:
        """Return the names of all templates."""
        return frozenset(path.parent.name for path in self._root.glob("*/template.yaml"))

    def every(self) -> list[Template]:
        """Return all templates, sorted by title. Raises Invalid for a wrong one."""
        found = [self.get(name) for name in self.names()]
        return sorted(found, key=lambda one: one.title)

    def get(self, name: str) -> Template:
        """Return one template; ``name`` must be one of :meth:`names`."""
        folder = self._root / name
        return rules.read_template(folder, yaml.safe_load((folder / "template.yaml").read_text()))
