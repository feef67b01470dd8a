"""Records of proof; times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PublicKey:
    """The public half of a signing key."""

    key_id: str
    """Its stable name."""
    algorithm: str
    """ed25519 or ecdsa-p256."""
    use: str
    """statements or model-signing."""
    pem: str
    """The key, PEM."""
    active: bool
    """True: it signs; false: it only verifies."""


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """Why a key is trusted no more."""

    key_id: str
    """The key."""
    at: datetime
    """When."""
    by: str
    """Who."""
    reason: str
    """Why."""


class BillKind(StrEnum):
    """What a bill of materials lists."""

    ENVIRONMENT = "environment"
    MODEL = "model"


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A bill of materials."""

    digest: str
    """SHA-256 of the document's bytes."""
    document: str
    """CycloneDX, JSON."""
    components: int
    """Components that it lists."""


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """A signed statement that a bill belongs to a version."""

    kind: BillKind
    """Which bill."""
    digest: str
    """Digest of its document."""
    envelope: Mapping[str, Any]
    """The signed statement."""
    made_at: datetime
    """When it was signed."""
    components: int = 0
    """Components of the bill, filled in when read."""


class LinkState(StrEnum):
    """How a link of the chain stands."""

    COMPLETE = "complete"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class ChainLink:
    """One link of the chain from data to deployment."""

    key: str
    """Stable name."""
    label: str
    """What it is."""
    state: LinkState
    """How it stands."""
    detail: str
    """What is known, or what to do."""
    node: str | None = None
    """Its node in the lineage graph."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was checked."""

    key: str
    """Stable name."""
    label: str
    """What it is."""
    ok: bool
    """Whether it holds."""
    detail: str
    """What was found."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """A version that answers requests in production."""

    deployment: str
    """The deployment."""
    environment: str
    """Where it is live."""
    name: str
    """The model."""
    version: int
    """The version."""
    approved: str | None
    """Who approved it, and when, a sentence; None: nobody did."""


@dataclass(frozen=True, kw_only=True)
class LiveChain:
    """The chain of a live version."""

    live: Live
    """What is live."""
    links: tuple[ChainLink, ...]
    """Its chain."""

    @property
    def missing(self) -> list[str]:
        """Labels of what nobody recorded."""
        return [one.label for one in self.links if one.state is LinkState.MISSING]

    @property
    def broken(self) -> list[str]:
        """Labels of what doesn't hold."""
        return [one.label for one in self.links if one.state is LinkState.BROKEN]

    @property
    def complete(self) -> bool:
        """True when every link is there and holds."""
        return all(one.state is LinkState.COMPLETE for one in self.links)
