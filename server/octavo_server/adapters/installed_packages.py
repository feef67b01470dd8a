"""What is installed in the environment that runs execute in: on one machine, this one."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence


class InstalledPackages:
    """Reads the distributions' metadata; imports none of them."""

    def python(self) -> str:
        """Return the interpreter's version."""
        return platform.python_version()

    def versions(self, names: Sequence[str]) -> Mapping[str, str | None]:
        """Return the version of each distribution; None where it isn't installed."""
        return {name: _version(name) for name in names}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
