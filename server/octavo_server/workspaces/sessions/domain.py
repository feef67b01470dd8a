"""Records of sessions; money is in millionths of a euro, so that sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from octavo_server.workspaces.profiles.domain import ProfileVersion
from octavo_server.workspaces.usage.domain import Budget

WORKSPACE_ENVIRONMENT = "dev"
"""A workspace is for building: it runs in this environment."""


@dataclass(frozen=True, kw_only=True)
class MachineFacts:
    """What the machine has that workspaces run on."""

    cpus: int
    """CPU cores that may be used."""
    memory_gib: float
    """Memory, in GiB."""
    gpus: tuple[str, ...]
    """Product name of each GPU."""
    gpus_taken: int = 0
    """GPUs that running workspaces hold."""


class SessionState(StrEnum):
    """Where a session stands."""

    RUNNING = "running"
    ENDED = "ended"


MOVES: dict[SessionState, frozenset[SessionState]] = {
    SessionState.RUNNING: frozenset({SessionState.ENDED}),
    SessionState.ENDED: frozenset({SessionState.RUNNING}),
}
"""The allowed moves; only what ended as lost can run again."""
LOST = "lost"
"""Why a session ended that nobody had seen for a while."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One life of a person's workspace."""

    id: str
    """Identifier."""
    person: str
    """Whose workspace."""
    project: str
    """Project it is booked on."""
    profile: str
    """Profile it was started with."""
    profile_version: int
    """Version of that profile."""
    state: SessionState
    """Where it stands."""
    started_at: datetime
    """When it was granted (UTC)."""
    metered_until: datetime
    """Until when it has been metered (UTC)."""
    active_at: datetime
    """Last activity of its person (UTC)."""
    ended_at: datetime | None = None
    """When it ended (UTC)."""
    end_reason: str | None = None
    """Why it ended."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A profile as one person sees it in one project."""

    version: ProfileVersion
    """The profile's current version."""
    reasons: tuple[str, ...]
    """Why it can't be started, in sentences; empty when it can."""
    notes: tuple[str, ...]
    """What to know before starting, in sentences."""
    budget: Budget
    """The project's budget."""
    policy_digest: str
    """The policies that decided."""
