"""Turns proof into what goes over the wire."""

from __future__ import annotations

from octavo.records import proof as wire
from octavo_server.registry.proof.domain import Attestation, LiveChain
from octavo_server.registry.proof.graph import DrawnGraph
from octavo_server.registry.proof.keys import KnownKey
from octavo_server.registry.proof.service import Proof

__all__ = ["figure", "graph", "key", "proof"]

PREDICATE = "urn:octavo:statement:bill-of-materials:v1"


def key(known: KnownKey) -> wire.SigningKey:
    """Return a public key."""
    gone = known.revocation
    return wire.SigningKey.model_validate(
        {
            "key_id": known.key.key_id,
            "algorithm": known.key.algorithm,
            "use": known.key.use,
            "public_pem": known.key.pem,
            "active": known.key.active and gone is None,
            "revoked_at": gone.at if gone else None,
            "revoked_by": gone.by if gone else None,
            "revoked_reason": gone.reason if gone else None,
        }
    )


def proof(found: Proof) -> wire.VersionProof:
    """Return what proves a version."""
    version = found.version
    return wire.VersionProof(
        name=version.name,
        version=version.version,
        digest=version.digest,
        ok=all(one.ok for one in found.checks),
        complete=all(one.state.value == "complete" for one in found.chain),
        checks=[wire.ProofCheck.model_validate(one) for one in found.checks],
        chain=[
            wire.ChainLink(
                key=one.key,
                label=one.label,
                state=one.state.value,
                detail=one.detail,
                node=one.node,
            )
            for one in found.chain
        ],
        statement=dict(found.statement),
        envelope=dict(version.envelope),
        key=key(found.key) if found.key else None,
        attestations=[_attestation(one) for one in found.attestations],
        checked_at=found.checked_at,
    )


def _attestation(one: Attestation) -> wire.Attestation:
    return wire.Attestation(
        kind=one.kind.value,
        predicate_type=PREDICATE,
        sha256=one.digest,
        components=one.components,
        made_at=one.made_at,
    )


def figure(chains: list[LiveChain], checked_at: object) -> wire.ChainFigure:
    """Return how many live versions have a complete chain."""
    complete = sum(one.complete for one in chains)
    return wire.ChainFigure.model_validate(
        {
            "percent": round(100 * complete / len(chains), 1) if chains else None,
            "complete": complete,
            "production": len(chains),
            "versions": [_chain(one) for one in chains],
            "checked_at": checked_at,
        }
    )


def _chain(one: LiveChain) -> wire.VersionChain:
    return wire.VersionChain(
        name=one.live.name,
        version=one.live.version,
        deployment=one.live.deployment,
        environment=one.live.environment,
        complete=one.complete,
        missing=one.missing,
        broken=one.broken,
    )


def graph(found: DrawnGraph) -> wire.VersionLineage:
    """Return a graph that is ready to be drawn."""
    return wire.VersionLineage.model_validate(found)
