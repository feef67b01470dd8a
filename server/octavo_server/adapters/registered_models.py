"""Finds out which registered version a model address means, and what pins it."""

from __future__ import annotations

import re

from octavo_server.errors import Invalid, NotFound
from octavo_server.registry.versions.service import VersionsService

ADDRESS = re.compile(
    r"models:/(?P<project>[a-z0-9-]+)\.(?P<name>[\w-]+)(?:/(?P<version>\d{1,9})|@(?P<alias>[\w.-]+))"
)


class RegisteredModels:
    """Model addresses as notebooks write them, such as ``models:/flights.late/3``."""

    def __init__(self, versions: VersionsService) -> None:
        self._versions = versions

    def pin(self, project: str, address: str) -> tuple[str, str]:
        """Return ``name/version`` and the digest of the version's files.

        Raises Invalid for an address that names no version of this project, NotFound for one that
        isn't registered.
        """
        found = ADDRESS.fullmatch(address)
        if found is None or found["project"] != project:
            raise Invalid(
                f"parameters: {address[:120]!r} is no model version of the project {project}.",
                f"Write models:/{project}.<name>/<version>.",
            )
        name = found["name"]
        number = int(found["version"]) if found["version"] else self._aliased(project, found)
        version = self._versions.version(project, name, number)
        return f"{name}/{number}", version.digest

    def _aliased(self, project: str, found: re.Match[str]) -> int:
        model, _ = self._versions.model(project, found["name"])
        if found["alias"] not in model.aliases:
            raise NotFound(
                f"The model {found['name']!r} has no alias {found['alias']!r}.",
                f"It has {', '.join(sorted(model.aliases)) or 'none'}.",
            )
        return model.aliases[found["alias"]]
