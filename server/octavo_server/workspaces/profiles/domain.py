"""Records of spawner profiles; money is in millionths of a euro, so that sums are exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

MICRO = 1_000_000
"""Millionths of a euro in one euro."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that a workspace can be started from where workspaces are pods."""

    name: str
    """Name of the choice."""
    title: str
    """Name for people."""
    image: str
    """Repository and digest."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """The price from a day on."""

    since: date
    """First UTC day it holds."""
    micro_eur: int
    """Price of an hour, in millionths of a euro."""


@dataclass(frozen=True, kw_only=True)
class Toleration:
    """A taint of nodes that the workspace tolerates, as Kubernetes writes it."""

    key: str
    """Key of the taint."""
    operator: Literal["Exists", "Equal"] = "Exists"
    """How the taint is compared."""
    value: str | None = None
    """Value of the taint, for Equal."""
    effect: str | None = None
    """Effect; None: any."""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A further volume of a workspace."""

    name: str
    """Name of the volume."""
    mount: str
    """Folder it is mounted at."""
    claim: str | None = None
    """An existing claim; None: a volume of its own."""
    size_gib: float | None = None
    """Size of a volume of its own, in GiB."""
    read_only: bool = False
    """Whether it can't be written to."""


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
    """Most CPU cores."""
    cpu_guarantee: float
    """CPU cores it is sure to get."""
    memory_gib: float
    """Most memory, in GiB."""
    memory_guarantee_gib: float
    """Memory it is sure to get, in GiB."""
    processes: int
    """Most processes and threads at once."""
    gpu: int
    """GPUs; 0 for none."""
    gpu_type: str | None
    """Product name of the GPU, when there is one."""
    images: tuple[Image, ...] = ()
    """Images to choose from, the usual one first; none where the machine's own is used."""
    rates: tuple[Rate, ...]
    """The rate card, oldest first; never empty."""
    idle_minutes: int
    """Minutes without activity after which a workspace stops."""
    gpu_idle_minutes: int | None = None
    """Minutes without GPU use, and without a running cell, after which it stops."""
    extension_minutes: int = 0
    """Minutes that the one extension gives; 0: there is none."""
    longest_hours: float
    """Hours after which it stops in any case."""
    ready_seconds: int
    """Usual time from start to ready, in seconds."""
    capacity: Literal["on-demand", "spot"] = "on-demand"
    """Whether its node may be taken away."""
    node_selector: Mapping[str, str]
    """Labels of the nodes it runs on."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints of nodes that it tolerates."""
    volumes: tuple[Volume, ...] = ()
    """Further volumes."""
    environment: Mapping[str, str]
    """Environment variables it adds."""
    labels: Mapping[str, str]
    """Chargeback labels."""
    audiences: tuple[str, ...]
    """Groups that may use it; empty: every member."""
    environments: tuple[str, ...]
    """Environments it may be used in."""
    pipelines: bool
    """Whether pipeline runs may use it."""

    def price_on(self, day: date) -> int:
        """Return the price of an hour on a UTC day, in millionths of a euro.

        Before the first rate's day that first rate holds.
        """
        held = [rate for rate in self.rates if rate.since <= day]
        return (held[-1] if held else self.rates[0]).micro_eur


class VersionState(StrEnum):
    """Where a published version stands."""

    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    ROLLED_BACK = "rolled_back"


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
    state: VersionState = VersionState.PUBLISHED
    """Where it stands."""
    author: str = "service:install"
    """Who proposed it."""
    reviewer: str | None = None
    """Who approved it; None: it was installed with Octavo."""
    reason: str = ""
    """Why it was made."""
    text: str = ""
    """Its document as YAML."""
    ended_at: datetime | None = None
    """Until when it was offered (UTC); None while it is."""
    redirect_to: str | None = None
    """Profile that people are led to since it was retired."""
    message: str = ""
    """What people are told since it was retired."""

    @property
    def offered(self) -> bool:
        """Whether it may be started now."""
        return self.state is VersionState.PUBLISHED


class ChangeKind(StrEnum):
    """What a change is to do."""

    PUBLISH = "publish"
    RETIRE = "retire"
    ROLL_BACK = "roll_back"


class ChangeState(StrEnum):
    """Where a change stands."""

    DRAFT = "draft"
    VALIDATED = "validated"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


MOVES: dict[ChangeState, frozenset[ChangeState]] = {
    ChangeState.DRAFT: frozenset({ChangeState.DRAFT, ChangeState.VALIDATED, ChangeState.WITHDRAWN}),
    ChangeState.VALIDATED: frozenset(ChangeState),
    ChangeState.PUBLISHED: frozenset(),
    ChangeState.REJECTED: frozenset(),
    ChangeState.WITHDRAWN: frozenset(),
}
"""The allowed moves; what is validated waits for a second person."""
OPEN_STATES = frozenset(state for state, moves in MOVES.items() if moves)
"""States in which a change can still become something."""


@dataclass(frozen=True, kw_only=True)
class ProfileChange:
    """A proposed change of a profile, and what became of it."""

    id: str
    """Identifier."""
    kind: ChangeKind
    """What is to happen."""
    profile: str
    """Which profile."""
    state: ChangeState
    """Where it stands."""
    text: str
    """The document as YAML; empty for retire."""
    digest: str
    """SHA-256 of what is reviewed."""
    base_version: int | None
    """Version it changes; None: a new profile."""
    to_version: int | None = None
    """For roll_back: the version whose content comes back."""
    version: int | None = None
    """Version it made, or retired; None: none yet."""
    diff: str = ""
    """Unified difference to the base version, both written the canonical way."""
    findings: tuple[Mapping[str, Any], ...] = ()
    """Faults and remarks when it was last checked, as JSON."""
    redirect_to: str | None = None
    """For retire: where people are led."""
    message: str = ""
    """For retire: what people are told."""
    author: str
    """Who proposed it."""
    reason: str
    """Why."""
    created_at: datetime
    """When (UTC)."""
    reviewer: str | None = None
    """Who decided."""
    review_reason: str | None = None
    """Why so."""
    reviewed_at: datetime | None = None
    """When (UTC)."""
