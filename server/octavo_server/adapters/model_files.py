"""Files of model versions, wherever they lie: in the store, or in MLflow's artifacts as before."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from octavo_server.adapters.artifact_folder import LARGEST_TEXT, ArtifactFolder, packaging_of
from octavo_server.adapters.model_store import SCHEME
from octavo_server.registry.registration.domain import Staged
from octavo_server.registry.versions.service import ArtifactFile, Packaging


class ModelStore(Protocol):
    """Immutable, content-addressed files."""

    def keep(self, staged: Staged) -> str:
        """Keep staged files and return their address."""

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return every file with the digest of its bytes as they are now."""

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copy every file into ``folder``."""

    def text(self, location: str, path: str, most: int) -> bytes | None:
        """Return a small file."""


class VersionFiles:
    """Reads by address: ``octavo-models:/<digest>`` or ``mlflow-artifacts:/<path>``."""

    def __init__(self, artifacts: ArtifactFolder, store: ModelStore) -> None:
        """Take MLflow's artifacts, and the store of registered models."""
        self._artifacts = artifacts
        self._store = store

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return every file with the digest of its bytes as they are now. Raises NotFound."""
        return self._at(location).manifest(location)

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copy every file into ``folder``; the digests are of the bytes that were copied."""
        return self._at(location).copy(location, folder)

    def packaging(self, location: str) -> Packaging:
        """Return what the model's ``MLmodel`` file says. Raises NotFound or Invalid."""
        if not location.startswith(SCHEME):
            return self._artifacts.packaging(location)
        return packaging_of(lambda name: self._store.text(location, name, LARGEST_TEXT))

    def _at(self, location: str) -> ArtifactFolder | ModelStore:
        return self._store if location.startswith(SCHEME) else self._artifacts
