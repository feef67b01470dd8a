"""What proof needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from octavo_server.registry.proof.domain import Bill, Live, PublicKey
from octavo_server.registry.versions.service import ModelVersion


class Keys(Protocol):
    """The installation's statement keys."""

    @property
    def key_id(self) -> str:
        """Name of the key that signs."""

    def attest(
        self, *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A signed envelope around a statement about `subjects` (name -> SHA-256)."""

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """The statement that was signed. Raises `SignatureRefused` (a Conflict)."""

    def once_signed(self, envelope: Mapping[str, Any]) -> dict[str, Any]:
        """The statement that a key of ours signed, revoked or not. Raises `SignatureRefused`."""

    def public_keys(self) -> list[PublicKey]:
        """All of them, the first one first."""

    def rotate(self) -> PublicKey:
        """Make a further key, which signs from now on."""


class ModelSigner(Protocol):
    """Signs exported models for other tools."""

    def public(self) -> PublicKey:
        """Its public key."""

    def signature(self, name: str, files: Mapping[str, str]) -> dict[str, Any]:
        """A signature over files (path -> SHA-256). Raises Invalid for what it can't cover."""


class Bills(Protocol):
    """Makes bills of materials."""

    def environment(self, lines: Sequence[str], python: str, at: datetime) -> Bill:
        """The bill of an environment that is listed as pip's requirements."""

    def model(self, version: ModelVersion, environment: Bill, at: datetime) -> Bill:
        """The bill of a model."""


class ChainFacts(Protocol):
    """What other areas know about where a version came from and where it is live."""

    def run(self, project: str, run_id: str) -> str | None:
        """A run's name; None: MLflow has it no more."""

    def notebook(self, project: str, sha256: str) -> str | None:
        """Where a notebook version is kept, in words; None: it isn't."""

    def release(self, project: str, pipeline_run: str) -> str | None:
        """The release that a pipeline run executed, in words; None: none that verifies."""

    def live(self, project: str) -> list[Live]:
        """The versions that answer requests in production."""


class BundleFolder(Protocol):
    """Where bundles are put together before they are sent."""

    def write(self, model: Path, files: Sequence[str], proof: Mapping[str, bytes]) -> Path:
        """A zip file with the named files of a model and what proves them."""

    def scratch(self) -> Path:
        """A new, empty folder of one's own."""

    def remove(self, path: Path) -> None:
        """Remove what `write` or `scratch` made."""
