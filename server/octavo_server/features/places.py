"""Where the files behind features lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where lakes, snapshots and installed templates lie."""

    lakes: Path
    """One folder a project."""
    features: Path
    """One folder a project."""
    templates: Path
    """One folder a template."""

    def lake(self, project: str) -> Path:
        """Return the project's lake."""
        return self.lakes / project

    def snapshots(self, project: str) -> Path:
        """Return the project's folder of snapshots."""
        return self.features / project
