"""A registry of signed versions with all that proves them, on one database and one folder.

- ``open_registry``: services, keys, and ``late`` 1 and 2, whose files lie in the folder
- ``Registry.sign``: keeps one more version, signed with the key of the moment
- ``Registry.facts``: what other areas know, as a test says: ``runs``, ``notebooks``, ``releases``,
  ``lives``
- ``NoBook``: MLflow's registry, which takes everything and keeps nothing
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from octavo_server.adapters.bundle_folder import BundleFiles
from octavo_server.adapters.cyclonedx_bills import CycloneDxBills
from octavo_server.adapters.signing import Signer
from octavo_server.adapters.signing_keys import ModelSigningKey, SigningKeys
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import NotFound
from octavo_server.lineage.service import LineageService
from octavo_server.registry.proof import store as proof_store
from octavo_server.registry.proof.attesting import Attesting
from octavo_server.registry.proof.domain import Live
from octavo_server.registry.proof.keys import KeysService
from octavo_server.registry.proof.service import ProofService
from octavo_server.registry.versions import store
from octavo_server.registry.versions.domain import ArtifactFile, ModelVersion
from octavo_server.registry.versions.rules import manifest_digest
from octavo_server.registry.versions.service import (
    PREDICATE,
    VersionsService,
    statement_predicate,
)
from tests.support.services import NOON, open_audit


class FolderFiles:
    """Files of versions, each at its location below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Every file with the digest of its bytes."""
        folder = self.root / location
        if not folder.is_dir():
            raise NotFound(f"There are no files at {location}.")
        return tuple(
            ArtifactFile(
                path=path.relative_to(folder).as_posix(),
                size=path.stat().st_size,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        )

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copy every file."""
        shutil.copytree(self.root / location, folder, dirs_exist_ok=True)
        return self.manifest(location)


class NoBook:
    """MLflow's registry, which takes everything and keeps nothing."""

    def __getattr__(self, name: str) -> Any:
        """Take any call."""
        return lambda *_, **__: None


@dataclass
class Facts:
    """What other areas know, as a test says."""

    runs: dict[str, str] = field(default_factory=lambda: {"1" * 32: "train of ada"})
    notebooks: dict[str, str] = field(default_factory=dict)
    releases: dict[str, str] = field(default_factory=dict)
    lives: list[Live] = field(default_factory=list)

    def run(self, project: str, run_id: str) -> str | None:
        """A run's name."""
        return self.runs.get(run_id)

    def notebook(self, project: str, sha256: str) -> str | None:
        """Where a notebook version is kept."""
        return self.notebooks.get(sha256)

    def release(self, project: str, pipeline_run: str) -> str | None:
        """The release that a pipeline run executed."""
        return self.releases.get(pipeline_run)

    def live(self, project: str) -> list[Live]:
        """The versions that answer requests in production."""
        return self.lives


@dataclass
class Registry:
    """Everything on one database and one folder."""

    database: Database
    folder: Path
    audit: AuditService
    keys: SigningKeys
    versions: VersionsService
    attesting: Attesting
    proofs: ProofService
    facts: Facts
    lineage: LineageService

    def sign(self, unsigned: ModelVersion, files: Mapping[str, bytes]) -> ModelVersion:
        """Keep a version whose files are these, signed with the key of the moment."""
        location = f"models/{unsigned.version}"
        for path, content in files.items():
            place = self.folder / "store" / location / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        listed = FolderFiles(self.folder / "store").manifest(location)
        made = replace(
            unsigned,
            location=location,
            files=listed,
            digest=manifest_digest(listed),
            key_id=self.keys.key_id,
        )
        envelope = self.keys.attest(
            subjects={one.path: one.sha256 for one in listed},
            predicate_type=PREDICATE,
            predicate=statement_predicate(made),
        )
        made = replace(made, envelope=envelope)
        with self.database.write() as rows:
            store.touch_model(rows, made.project, made.name, made.created_by, NOON)
            store.add_version(rows, made)
        return made


def open_registry(database: Database, folder: Path) -> Registry:
    """Return a registry without versions; the time is noon of 1 March 2026."""
    audit = open_audit(database, folder)

    def revoked() -> Any:
        with database.read() as rows:
            return proof_store.revocations(rows)

    def clock() -> datetime:
        return NOON

    keys = SigningKeys(Signer.open(folder / "signing.key"), folder / "statement-keys", revoked)
    files: Any = FolderFiles(folder / "store")
    book: Any = NoBook()
    nothing: Any = None
    versions = VersionsService(
        database=database,
        audit=audit,
        policy=nothing,
        files=files,
        book=book,
        attestor=keys,
        clock=clock,
    )
    attesting = Attesting(database, audit, versions, keys, CycloneDxBills(), clock)
    models, facts, lineage = (
        ModelSigningKey(folder / "model-signing.key"),
        Facts(),
        LineageService(database),
    )
    proofs = ProofService(
        versions=versions,
        attesting=attesting,
        keys=keys,
        key_list=KeysService(database, audit, keys, models),
        models=models,
        facts=facts,
        folder=BundleFiles(folder / "bundles"),
        lineage=lineage,
        clock=clock,
    )
    return Registry(
        database=database,
        folder=folder,
        audit=audit,
        keys=keys,
        versions=versions,
        attesting=attesting,
        proofs=proofs,
        facts=facts,
        lineage=lineage,
    )
