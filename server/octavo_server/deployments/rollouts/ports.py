"""What rollouts need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from octavo_server.audit.service import Change
from octavo_server.database.rows import Rows
from octavo_server.deployments.rollouts.domain import (
    DeployableModel,
    Deployment,
    Objectives,
    RateLimit,
    Rollout,
)
from octavo_server.deployments.rollouts.judging import Figures
from octavo_server.identity import Caller


class ModelCatalog(Protocol):
    """The registered models, their signed manifests and their files."""

    def describe(self, project: str, name: str, version: int) -> DeployableModel:
        """Return a registered version with its signature checked. Raises NotFound."""

    def alias(self, project: str, name: str, alias: str) -> int | None:
        """Return the version that an alias names now, None where it names none."""

    def unusable(
        self, caller: Caller, project: str, name: str, version: int, environment: str
    ) -> tuple[str, ...]:
        """Say why an environment doesn't take a version; nothing when it does. Raises NotFound."""

    def fetch(self, project: str, name: str, version: int, folder: Path) -> Mapping[str, str]:
        """Write the version's files into ``folder``; return path -> SHA-256 as signed.

        Raises Unavailable when the signature or the stored bytes don't hold.
        """


@dataclass(frozen=True, kw_only=True)
class Placement:
    """On which machines of a cluster a scorer may run; on one machine it means nothing."""

    node_selector: Mapping[str, str] = field(default_factory=dict)
    """Labels of the machines."""
    tolerations: tuple[Mapping[str, str], ...] = ()
    """Taints that it tolerates, as Kubernetes writes them."""
    gpu_type: str | None = None
    """Product name of the GPU."""
    spot: bool = False
    """Whether its machine may be taken away."""


@dataclass(frozen=True, kw_only=True)
class ScorerResources:
    """What a scorer may use."""

    cpus: float
    """CPU cores."""
    memory_mib: int
    """Private memory, MiB."""
    gpus: int = 0
    """GPUs; with any, the model predicts on one."""
    placement: Placement = Placement()
    """Where it may run."""


class ScorerProfiles(Protocol):
    """The spawner profiles, as far as scorers run with them."""

    def resources(self, profile: str) -> ScorerResources | None:
        """Return what the profile grants; None when there is no such profile."""

    def refusal(self, project: str) -> str | None:
        """Say why nothing new may run in a project now, as a sentence; None: it may."""


@dataclass(frozen=True, kw_only=True)
class ScorerOrder:
    """What a scorer is started with."""

    id: str
    """Identifier of the scorer; names its folder."""
    project: str
    """Project."""
    model: str
    """Registered model."""
    version: int
    """Its version."""
    digest: str
    """SHA-256 of the manifest that was approved."""
    resources: ScorerResources
    """What it may use."""
    secret: str = field(repr=False)
    """What callers have to show."""
    deployment: str = ""
    """Deployment that it is a scorer of."""
    latency_p95_ms: float | None = None
    """What the deployment promises, milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Who takes which share of a deployment's requests, by scorer."""

    project: str
    """Project."""
    deployment: str
    """Deployment."""
    stable: str | None
    """The scorer that takes what no other does; None before the first is live."""
    percents: Mapping[str, int]
    """Shares of the others, in percent."""
    latency_p95_ms: float | None = None
    """What the deployment promises, milliseconds."""


class Life(StrEnum):
    """What is seen of a scorer's process."""

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    EXITED = "exited"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A look at a scorer."""

    life: Life
    """What its process does."""
    message: str
    """In words; for an exited one the last thing it said."""
    address: str = ""
    """Where it answers."""
    gpus: tuple[int, ...] = ()
    """GPUs of the machine that were lent to it, as it was started."""


class ScorerHost(Protocol):
    """Runs scorers: local processes, or pods."""

    @property
    def start_limit_s(self) -> float:
        """Seconds after which a scorer that isn't ready is ended and started again."""

    def start(self, order: ScorerOrder) -> Observation:
        """Start a scorer; returns before it is ready. Raises Unavailable when it can't."""

    def look(self, scorer: str) -> Observation:
        """Return how the scorer is."""

    def stop(self, scorer: str) -> None:
        """End the scorer and remove what it left; nothing happens when it is absent."""

    def known(self) -> frozenset[str]:
        """Return the scorers that this host runs."""

    def share(self, shares: Shares) -> None:
        """Tell how requests are shared, after each look; Octavo's router decides by itself."""


class Measurements(Protocol):
    """What versions did with the requests that they got."""

    def figures(self, project: str, name: str, since: datetime) -> Mapping[int, Figures]:
        """Return what each version did since a time."""

    def scores(
        self, project: str, name: str, since: datetime, limit: int
    ) -> Mapping[int, Sequence[float]]:
        """Return the scores of each version's newest requests since a time."""


class Approvals(Protocol):
    """What the requests say about rollouts: who agreed to which digest, and until when."""

    def objection(self, rows: Rows, rollout: Rollout, now: datetime) -> str | None:
        """Say why nothing of a rollout may take effect now; None when it may."""

    def use(self, change: Change, rollout: Rollout, message: str) -> Agreed:
        """Use up the rollout's approval. Raises Conflict when it doesn't hold any more."""

    def accepted_drift(self, rows: Rows, rollout: Rollout) -> float | None:
        """Return the difference from the live version's scores (PSI) that was approved.

        It is that of the evidence; None where nobody approved such a comparison.
        """

    def give_up(self, change: Change, rollout: Rollout, message: str) -> None:
        """End the request of a rollout that came to nothing."""

    def digest(self, rows: Rows, deployment: Deployment, version: int) -> str:
        """Return the digest under which a version may run in a deployment; empty: none may."""


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """What was agreed to."""

    objectives: Objectives
    """What the deployment promises."""
    profile: str
    """Spawner profile of its scorers."""
    owner: str
    """Who answers for the deployment."""
    rate_limit: RateLimit | None
    """What one consumer may send."""
