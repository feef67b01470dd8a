"""What versions need from outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from octavo_server.registry.versions.differences import BookEntry
from octavo_server.registry.versions.domain import (
    ArtifactFile,
    Packaging,
)


class ModelFiles(Protocol):
    """The stored files of logged models."""

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Every file with the digest of its bytes as they are now. Raises NotFound."""

    def packaging(self, location: str) -> Packaging:
        """What the model's `MLmodel` file says. Raises NotFound or Invalid."""

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copies every file into `folder`; returns the digests of the bytes that were copied."""


class VersionBook(Protocol):
    """MLflow's model registry."""

    def create_version(
        self, name: str, *, source: str, run_id: str, model_id: str, tags: Mapping[str, str]
    ) -> int:
        """Makes the next version; makes the registered model where there is none."""

    def delete_version(self, name: str, version: int) -> None:
        """Removes a version."""

    def next_version(self, name: str) -> int:
        """The number that the next version gets."""

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Points an alias to a version."""

    def tag_version(self, name: str, version: int, key: str, value: str) -> None:
        """Sets a tag of a version."""

    def untag_version(self, name: str, version: int, key: str) -> None:
        """Removes a tag of a version; one that isn't there is no error."""

    def tag_run(self, run_id: str, key: str, value: str) -> None:
        """Sets a tag of a run."""

    def keep_model(self, model_id: str, mark: str) -> None:
        """Marks a logged model as registered; its files can't be changed from then on."""


class Book(VersionBook, Protocol):
    """MLflow's model registry, as one looks at all of it."""

    def entries(self) -> dict[str, BookEntry]:
        """Every registered model by its name in MLflow."""

    def remove_alias(self, name: str, alias: str) -> None:
        """Removes an alias; one that isn't there is no error."""


class Attestor(Protocol):
    """Signs statements and checks signatures."""

    @property
    def key_id(self) -> str:
        """Name of the key."""

    def attest(
        self, *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A signed envelope around a statement about `subjects` (name -> SHA-256)."""

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """The statement that was signed. Raises `SignatureRefused` (a Conflict)."""
