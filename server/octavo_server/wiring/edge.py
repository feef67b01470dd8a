"""Bundles for devices, and the devices."""

from __future__ import annotations

from octavo.records.proof import KeyList
from octavo_server.adapters.bundle_folder import BundleFiles
from octavo_server.deployments.edge.service import EdgeService
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.registry.proof import wire
from octavo_server.registry.proof.service import ProofService
from octavo_server.registry.versions.service import VersionsService
from octavo_server.wiring.foundation import Foundation


def build_edge(
    base: Foundation, versions: VersionsService, rollouts: RolloutsService, proofs: ProofService
) -> EdgeService:
    """Return the room."""

    def public_keys() -> bytes:
        listed = KeyList(items=[wire.key(one) for one in proofs.keys.listed()])
        return listed.model_dump_json(indent=2).encode()

    return EdgeService(
        database=base.database,
        audit=base.audit,
        versions=versions,
        rollouts=rollouts,
        keys=base.signer,
        public_keys=public_keys,
        folder=BundleFiles(base.settings.home / "bundles"),
    )
