"""Records of a model on its way to a version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from octavo_server.registry.versions.service import (
    ArtifactFile,
    Packaging,
)


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A private, read-only copy of files on their way into the store."""

    folder: Path
    """Where the copy lies."""
    files: tuple[ArtifactFile, ...]
    """Its files, by path, with the digests of the bytes that were copied."""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A private copy of a model's files with the digests of what was copied."""

    folder: Path
    """Where the copy lies."""
    files: tuple[ArtifactFile, ...]
    """Its files, by path."""
    packaging: Packaging
    """What they say."""
