"""Records of sessions; money is in millionths of a euro, so that sums are exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

WORKSPACE_ENVIRONMENT = "dev"
"""A workspace is for building: it runs in this environment."""


@dataclass(frozen=True, kw_only=True)
class MachineFacts:
    """What the machine has that workspaces run on."""

    cpus: float
    """CPU cores that may be used."""
    memory_gib: float
    """Memory, in GiB."""
    gpus: tuple[str, ...]
    """Product name of each GPU, by number."""


class SessionState(StrEnum):
    """Where a session stands."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"


OPEN = (SessionState.QUEUED, SessionState.STARTING, SessionState.RUNNING)
"""The states of a session that its person has now."""
HOLDING = (SessionState.STARTING, SessionState.RUNNING)
"""The states in which it holds what it was granted, and is metered."""
MOVES: dict[SessionState, frozenset[SessionState]] = {
    SessionState.QUEUED: frozenset({SessionState.STARTING, SessionState.ENDED}),
    SessionState.STARTING: frozenset({SessionState.RUNNING, SessionState.ENDED}),
    SessionState.RUNNING: frozenset({SessionState.ENDED}),
    SessionState.ENDED: frozenset({SessionState.RUNNING}),
}
"""The allowed moves; only what ended as lost can run again."""
LOST = "lost"
"""Why a session ended that nobody had seen for a while."""

Activity = Literal["cell", "terminal", "gpu", "idle", "unknown"]
"""What keeps a workspace from being idle, as its last probe said."""


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A limit that a workspace ran into, and lives on; or what else its person must know."""

    kind: str
    """``limit`` or ``home``."""
    message: str
    """The sentence."""
    at: datetime
    """When it was told (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a start failed, or a workspace died."""

    kind: str
    """Its class."""
    message: str
    """The sentence that people see."""
    raw: str = ""
    """What the back end said."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One life of a person's workspace, from the moment it was asked for."""

    id: str
    """Identifier."""
    person: str
    """Whose workspace."""
    groups: tuple[str, ...] = ()
    """The person's groups at the start."""
    project: str
    """Project it is booked on; fixed at the start."""
    team: str = ""
    """Group it is booked on; fixed at the start."""
    profile: str
    """Profile it was started with."""
    profile_version: int
    """Version of that profile."""
    image: str | None = None
    """Name of the chosen image; None: the profile has none."""
    state: SessionState
    """Where it stands."""
    gpus: tuple[int, ...] = ()
    """Numbers of the GPUs that are leased to it; none where pods get theirs from the cluster."""
    pool: str = ""
    """Node pool that it counts against; empty while it is queued."""
    requested_at: datetime
    """When it was asked for (UTC)."""
    started_at: datetime | None = None
    """When it was granted (UTC)."""
    ready_at: datetime | None = None
    """When JupyterLab answered (UTC)."""
    metered_until: datetime | None = None
    """Until when it has been metered (UTC)."""
    ended_at: datetime | None = None
    """When it ended (UTC)."""
    end_reason: str | None = None
    """Why it ended."""
    stop_at: datetime | None = None
    """When it must stop by order (UTC)."""
    stop_reason: str | None = None
    """Why it must stop."""
    extended_until: datetime | None = None
    """Until when its one extension lasts (UTC); None: not asked for."""
    probed_at: datetime | None = None
    """When the newest probe was taken (UTC)."""
    activity: Activity = "unknown"
    """What the newest probe saw."""
    active_at: datetime | None = None
    """Last time that something happened in it (UTC)."""
    gpu_at: datetime | None = None
    """Last time that its GPU was used (UTC)."""
    gpu_seen_at: datetime | None = None
    """When the use of its GPUs was last seen at all (UTC)."""
    rescue: bool = False
    """Whether it was opened beside a home that is full."""
    incidents: tuple[Incident, ...] = ()
    """What its person must know, newest last."""
    failure: Failure | None = None
    """Why it failed or died, where something did."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What a workspace says of itself."""

    at: datetime
    """When it was taken (UTC)."""
    busy_kernels: int
    """Kernels that run a cell."""
    active_terminals: int
    """Terminals with output or a running program since the last one."""
    gpu_percent: float | None
    """Use of its GPUs; None: unknown or none."""
    activity_at: datetime | None
    """Last time a person or a kernel did something (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person chose to start."""

    project: str
    """Project to work in."""
    profile: str
    """Profile to start."""
    digest: str | None = None
    """Digest of the version the person saw; None when they saw none."""
    image: str | None = None
    """One of the profile's images; None: the first."""
    further: Mapping[str, str] = field(default_factory=dict)
    """Options that no page of Octavo's sends."""


@dataclass(frozen=True, kw_only=True)
class Admission:
    """How starts are let in."""

    concurrent_starts: int = 10
    """Most workspaces that are starting at the same time."""
