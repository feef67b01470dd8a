"""Records of workspaces; money is in millionths of a euro, so that sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

MICRO = 1_000_000
"""Millionths of a euro in one euro."""
WORKSPACE_ENVIRONMENT = "dev"
"""A workspace is for building: it runs in this environment."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a workspace or a run may use, what it costs, who may use it and when it stops."""

    id: str
    """Name of the profile."""
    title: str
    """Name for people."""
    description: str
    """What it is good for, in one sentence."""
    cpu: float
    """CPU cores."""
    memory_gib: float
    """Memory of each process, in GiB."""
    processes: int
    """Most processes and threads at once."""
    gpu: int
    """GPUs; 0 for none."""
    gpu_type: str | None
    """Product name of the GPU, when there is one."""
    price_micro_eur: int
    """Price of an hour, in millionths of a euro."""
    idle_minutes: int
    """Minutes without activity after which a workspace stops."""
    ready_seconds: int
    """Usual time from start to ready, in seconds."""
    audiences: tuple[str, ...]
    """Groups that may use it; empty: every member."""
    environments: tuple[str, ...]
    """Environments it may be used in."""
    pipelines: bool
    """Whether pipeline runs may use it."""


@dataclass(frozen=True, kw_only=True)
class ProfileVersion:
    """One published content of a profile."""

    profile: Profile
    """The content."""
    version: int
    """Counted from 1 for each profile."""
    digest: str
    """``sha256:`` and the SHA-256 of the canonical content."""
    published_at: datetime
    """When (UTC)."""
    withdrawn_at: datetime | None = None
    """When its file was taken away (UTC); None while it is offered."""


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
class Usage:
    """What one session, run or deployment consumed on one UTC day."""

    kind: str
    """session, run or deployment."""
    subject: str
    """Its identifier."""
    day: date
    """The UTC day."""
    person: str
    """Who it is booked on."""
    project: str
    """Project it is booked on."""
    profile: str
    """Profile that gave the price."""
    seconds: float
    """Metered seconds of that day."""
    cost_micro_eur: int
    """Cost of that day, in millionths of a euro."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A project's budget of the current month."""

    limit_micro_eur: int
    """What may be spent in the month, in millionths of a euro."""
    spent_micro_eur: int
    """What was spent so far, in millionths of a euro."""

    @property
    def left_micro_eur(self) -> int:
        """Return what is left; never below 0."""
        return max(0, self.limit_micro_eur - self.spent_micro_eur)


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
