"""Proves versions: checks, chain, lineage, bills of materials and bundles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from octavo_server.errors import Conflict, NotFound, OctavoError
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.registry.proof import graph as graphs
from octavo_server.registry.proof import rules
from octavo_server.registry.proof.attesting import Attesting
from octavo_server.registry.proof.domain import (
    Attestation,
    BillKind,
    ChainLink,
    Check,
    Live,
    LiveChain,
)
from octavo_server.registry.proof.keys import KeysService, KnownKey
from octavo_server.registry.proof.ports import BundleFolder, ChainFacts, Keys, ModelSigner
from octavo_server.registry.versions.service import ModelVersion, VersionsService

__all__ = ["Attesting", "KeysService", "Proof", "ProofService"]

BILL_FILES = {BillKind.ENVIRONMENT: "sbom", BillKind.MODEL: "mlbom"}
"""How a bill's files are called in a bundle."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What proves a version, as it was checked."""

    version: ModelVersion
    """The version."""
    checks: tuple[Check, ...]
    """What was checked."""
    chain: tuple[ChainLink, ...]
    """The chain, from data on."""
    statement: Mapping[str, Any]
    """The signed statement; empty when its signature doesn't hold."""
    key: KnownKey | None
    """The key that signed it."""
    attestations: tuple[Attestation, ...]
    """The signed bills."""
    checked_at: datetime
    """When."""


class ProofService:
    """Everything that one needs to trust a version."""

    def __init__(
        self,
        *,
        versions: VersionsService,
        attesting: Attesting,
        keys: Keys,
        key_list: KeysService,
        models: ModelSigner,
        facts: ChainFacts,
        folder: BundleFolder,
        lineage: LineageService,
        clock: Callable[[], datetime],
    ) -> None:
        self._versions = versions
        self._attesting = attesting
        self._keys = keys
        self._key_list = key_list
        self._models = models
        self._facts = facts
        self._folder = folder
        self._lineage = lineage
        self._clock = clock

    @property
    def keys(self) -> KeysService:
        """The installation's keys."""
        return self._key_list

    def proof(self, project: str, name: str, version: int) -> Proof:
        """What proves a version, checked now; the bytes are not read. Raises NotFound."""
        found = self._versions.version(project, name, version)
        live = next((one for one in self._facts.live(project) if _is(one, found)), None)
        known = self._known(found, live)
        made = self._attesting.known(found)
        return Proof(
            version=found,
            checks=rules.checks(found, known),
            chain=rules.chain(found, known),
            statement=self._statement(found),
            key=self._key_list.key(found.key_id),
            attestations=tuple(made[kind] for kind in BillKind if kind in made),
            checked_at=self._clock(),
        )

    def chain_figure(self, project: str) -> tuple[list[LiveChain], datetime]:
        """The chain of each version that answers requests in production, and when that was."""
        found = []
        for live in self._facts.live(project):
            try:
                version = self._versions.version(project, live.name, live.version)
            except NotFound:
                found.append(LiveChain(live=live, links=(rules.GONE,)))
                continue
            links = rules.chain(version, self._known(version, live))
            found.append(LiveChain(live=live, links=links))
        ordered = sorted(found, key=lambda one: (one.complete, one.live.deployment))
        return ordered, self._clock()

    def lineage(self, project: str, name: str, version: int, depth: int) -> graphs.DrawnGraph:
        """The graph around a version, with places. Raises NotFound."""
        found = self._versions.version(project, name, version)
        node = f"model_version:{project}/{name}/{version}"
        return graphs.drawn(self._lineage.around(project, node, depth), graphs.details(found))

    def bill(self, project: str, name: str, version: int, kind: BillKind) -> str:
        """A bill of materials, CycloneDX as JSON. Raises NotFound or Conflict."""
        found = self._versions.version(project, name, version)
        return self._attesting.document(found, kind)

    def bundle(self, project: str, name: str, version: int) -> Path:
        """A zip file with a version and all that proves it; the caller removes it.

        Raises NotFound, Conflict when a byte isn't what was signed, or Invalid.
        """
        found = self._versions.version(project, name, version)
        files = {one.path: one.sha256 for one in found.files}
        proof = {
            "statement.dsse.json": _json(found.envelope),
            "model.sig": _json(self._models.signature(f"{project}.{name}", files)),
        }
        for kind, made in self._attesting.of(found).items():
            problems = self._attesting.problems(found, made)
            if problems:
                raise Conflict(problems[0], "Ask a platform admin: it has to be signed anew.")
            proof[f"{BILL_FILES[kind]}.cdx.json"] = self._attesting.document(found, kind).encode()
            proof[f"{BILL_FILES[kind]}.dsse.json"] = _json(made.envelope)
        scratch = self._folder.scratch()
        try:
            self._versions.fetch(project, name, version, scratch)
            return self._folder.write(scratch, sorted(files), proof)
        finally:
            self._folder.remove(scratch)

    def sign_anew(
        self, caller: Caller, project: str, name: str, version: int, reason: str
    ) -> Proof:
        """Sign a version again whose key was revoked. Raises NotFound or Conflict."""
        found = self._versions.version(project, name, version)
        self._attesting.of(self._attesting.sign_anew(caller, found, reason))
        return self.proof(project, name, version)

    def remove(self, bundle: Path) -> None:
        """Remove a bundle that was sent."""
        self._folder.remove(bundle)

    def _known(self, version: ModelVersion, live: Live | None) -> rules.Known:
        project, origin = version.project, version.origin
        notebook = (origin.get("notebook") or {}).get("sha256")
        pipeline_run = origin.get("pipeline_run")
        made = self._attesting.known(version)
        return rules.Known(
            run=self._facts.run(project, version.run_id),
            notebook=self._facts.notebook(project, notebook) if notebook else None,
            release=self._facts.release(project, pipeline_run) if pipeline_run else None,
            problems=self._versions.problems(version),
            bills={
                kind.value: self._attesting.problems(version, one) for kind, one in made.items()
            },
            live=live,
        )

    def _statement(self, version: ModelVersion) -> Mapping[str, Any]:
        try:
            return self._keys.verify(version.envelope)
        except OctavoError:
            return {}


def _is(live: Live, version: ModelVersion) -> bool:
    return (live.name, live.version) == (version.name, version.version)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True).encode()
