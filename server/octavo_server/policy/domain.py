"""Records of policy as code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PolicyState(StrEnum):
    """Where a version of the policies stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"
    REJECTED = "rejected"


MOVES: dict[PolicyState, frozenset[PolicyState]] = {
    PolicyState.PROPOSED: frozenset({PolicyState.ACTIVE, PolicyState.REJECTED}),
    PolicyState.ACTIVE: frozenset({PolicyState.RETIRED}),
    PolicyState.RETIRED: frozenset(),
    PolicyState.REJECTED: frozenset(),
}
"""The allowed moves."""


@dataclass(frozen=True, kw_only=True)
class PolicyVersion:
    """One version of all policies."""

    id: str
    """Identifier."""
    digest: str
    """SHA-256 of the text, in hex."""
    text: str
    """Cedar policies."""
    state: PolicyState
    """Where it stands."""
    author: str
    """Who proposed it."""
    reason: str
    """Why."""
    created_at: datetime
    """When it was proposed (UTC)."""
    reviewer: str | None = None
    """Who decided."""
    review_reason: str | None = None
    """What the reviewer said."""
    reviewed_at: datetime | None = None
    """When it was decided (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the engine says."""

    allowed: bool
    """Whether the gate opens."""
    reasons: tuple[str, ...]
    """Sentences: what spoke for a permit, or against."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision at a gate, with the policies that made it."""

    action: str
    """The gate."""
    allowed: bool
    """Whether it opened."""
    reasons: tuple[str, ...]
    """Sentences: what spoke for it, or against."""
    policy_digest: str
    """SHA-256 of the policies in force."""
