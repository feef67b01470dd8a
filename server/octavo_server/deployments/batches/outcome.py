"""What a batch leaves when it ends: a signed manifest of its outputs, and edges of the lineage."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from octavo_server.audit.service import Change
from octavo_server.database.rows import Database
from octavo_server.deployments.batches import rules, store
from octavo_server.deployments.batches.domain import Batch, PartitionState
from octavo_server.deployments.batches.ports import Lake, Signer
from octavo_server.lineage.service import LineageService


@dataclass(frozen=True, kw_only=True)
class Signed:
    """The outputs of a batch as they were signed."""

    digest: str
    """SHA-256 of the manifest in the lake."""
    envelope: Mapping[str, Any]
    """DSSE envelope around the statement."""
    data: str
    """SHA-256 over what the partitions were read from."""


class Outcome:
    """Signs what a batch made, and says where it came from."""

    def __init__(
        self, database: Database, lineage: LineageService, lake: Lake, signer: Signer
    ) -> None:
        self._database = database
        self._lineage = lineage
        self._lake = lake
        self._signer = signer

    def signed(self, batch: Batch) -> Signed | None:
        """Write the manifest and its signature beside the outputs; None where there is none.

        Raises what signing and writing raise; doing it again replaces both.
        """
        with self._database.read() as rows:
            every = store.partitions(rows, batch.id)
        done = [one for one in every if one.state is PartitionState.DONE]
        if not done:
            return None
        manifest = rules.manifest(batch, every)
        digest = hashlib.sha256(manifest).hexdigest()
        subjects = {one.output: one.digest for one in done if one.digest is not None}
        subjects["_manifest.json"] = digest
        envelope = self._signer.attest(
            subjects=subjects, predicate_type=rules.PREDICATE, predicate=rules.predicate(batch)
        )
        self._lake.put_manifest(batch, manifest, envelope)
        read = "".join(f"{one.input_digest}\n" for one in done)
        return Signed(
            digest=digest, envelope=envelope, data=hashlib.sha256(read.encode()).hexdigest()
        )

    def link(self, change: Change, batch: Batch, signed: Signed) -> None:
        """Record what a batch read, with which version, and what it wrote."""
        project, node = batch.project, f"batch:{batch.project}/{batch.id}"
        edges = (
            (f"data:{project}/{batch.source}@{signed.data}", node, "read by"),
            (f"model_version:{project}/{batch.model}/{batch.version}", node, "scored"),
            (node, f"data:{project}/{batch.output}@{signed.digest}", "produced"),
        )
        for source, target, relation in edges:
            self._lineage.link(
                change, source=source, target=target, relation=relation, project=project
            )
