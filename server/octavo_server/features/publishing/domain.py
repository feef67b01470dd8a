"""Records of declarations, their plans and changes, and what the engine makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.features.catalog.domain import View

Severity = Literal["error", "warning", "info"]
Kind = Literal["entity", "source", "push_source", "view", "service", "transformation"]
What = Literal["added", "changed", "removed"]
ReaderKind = Literal["model", "deployment", "release", "pipeline", "schedule", "notebook"]


class ChangeState(StrEnum):
    """Where a change stands."""

    PLANNED = "planned"
    APPROVED = "approved"
    APPLYING = "applying"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    FAILED = "failed"


MOVES: Final[dict[ChangeState, frozenset[ChangeState]]] = {
    ChangeState.PLANNED: frozenset(
        {ChangeState.APPROVED, ChangeState.REJECTED, ChangeState.WITHDRAWN}
    ),
    ChangeState.APPROVED: frozenset(
        {ChangeState.APPLYING, ChangeState.CANCELLED, ChangeState.FAILED}
    ),
    ChangeState.APPLYING: frozenset(
        {
            ChangeState.APPLYING,  # its worker died and another one starts over
            ChangeState.APPLIED,
            ChangeState.CANCELLED,
            ChangeState.FAILED,
        }
    ),
    ChangeState.APPLIED: frozenset(),
    ChangeState.REJECTED: frozenset(),
    ChangeState.WITHDRAWN: frozenset(),
    ChangeState.CANCELLED: frozenset(),
    ChangeState.FAILED: frozenset(),
}
"""The allowed moves."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the engine shall build a snapshot from: a declaration, or an installed repository."""

    project: str
    """The project."""
    lake: Path
    """The project's lake."""
    features: Path
    """The project's folder of snapshots."""
    repository: Path | None = None
    """Folder of the Feast repository: code, so only an installed one."""
    declaration: FeatureDeclaration | None = None
    """What to build where no repository is given."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What the engine built; not yet current."""

    snapshot: str
    """Id of the snapshot that lies in the project's folder."""
    views: tuple[View, ...]
    """Its views with statistics."""
    leaks: tuple[str, ...]
    """Sentences about values that were used before they were known."""
    declaration: FeatureDeclaration
    """What it was built from."""
    loaded: Mapping[str, int] = field(default_factory=dict)
    """Rows of each view whose newest values were loaded into the online store."""
    load_seconds: float = 0.0
    """Seconds that took."""

    @property
    def loaded_rows(self) -> int:
        """Rows that were loaded, all views together."""
        return sum(self.loaded.values())


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that speaks against a declaration, or that a reviewer should know."""

    severity: Severity
    """An error keeps it from being proposed."""
    where: str
    """What it is about."""
    message: str
    """What was found, as a sentence."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What looking at the lake found."""

    findings: tuple[Finding, ...]
    """What was found."""
    leaks: tuple[str, ...]
    """Sentences about values that were used before they were known."""
    rows: Mapping[str, int]
    """View -> rows behind it."""


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field that differs."""

    field: str
    """Which one."""
    before: str | None
    """What it was; None: it is new."""
    after: str | None
    """What it becomes; None: it goes."""
    breaks: bool = False
    """Whether readers of what was there can break."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that a change adds, changes or removes."""

    kind: Kind
    """What it is."""
    name: str
    """Its name."""
    what: What
    """What happens to it."""
    fields: tuple[FieldChange, ...] = ()
    """What differs, field by field."""
    breaks: bool = False
    """Whether readers of what was there can break."""
    diff: str = ""
    """Of a transformation's code: the difference as unified text."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Something outside the registry that reads features."""

    kind: ReaderKind
    """What it is."""
    name: str
    """Its name for people."""
    person: str
    """Who answers for it; may be empty."""
    columns: frozenset[str] | None
    """Feature columns it names; None: it isn't known which it reads."""
    names: frozenset[str] = frozenset()
    """Views, services and transformations that it names."""
    through: str = ""
    """What makes it a reader: the model, release or pipeline behind it."""


@dataclass(frozen=True, kw_only=True)
class Impact:
    """A reader that a change reaches."""

    kind: ReaderKind
    """What it is."""
    name: str
    """Its name for people."""
    person: str
    """Who answers for it; may be empty."""
    breaks: bool
    """True: it would break; False: its values would change, or may."""
    why: str
    """What of the change reaches it."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What loading the online store will take."""

    rows: int
    """Rows of all views that are loaded anew."""
    views: tuple[str, ...]
    """Those views."""
    seconds: float | None
    """Expected seconds; None: nothing was measured yet."""
    eur: float | None
    """Expected euro."""
    basis: str
    """What the expectation is based on."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the policies say."""

    allowed: bool
    """Whether they let it through."""
    reasons: tuple[str, ...]
    """Each rule that spoke, in words."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a declaration would change, whom it reaches and what it costs."""

    base_snapshot: str | None
    """What is current; None: nothing yet."""
    digest: str
    """SHA-256 over the declaration and its base."""
    same: bool
    """Whether there is nothing to apply."""
    differences: tuple[Difference, ...]
    """What changes."""
    impact: tuple[Impact, ...]
    """Who is reached."""
    cost: Cost
    """What loading the online store takes."""
    leaks: tuple[str, ...]
    """Values used before they were known."""
    findings: tuple[Finding, ...]
    """Errors first."""
    policy: Verdict
    """What the policies say now."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """What a published snapshot was built from, and what that took."""

    project: str
    """The project."""
    snapshot: str
    """The snapshot."""
    declaration: FeatureDeclaration
    """What it declares."""
    loaded_rows: int
    """Rows whose newest values were loaded."""
    load_seconds: float
    """Seconds that took."""
    at: datetime
    """When (UTC)."""


@dataclass(frozen=True, kw_only=True)
class FeatureChange:
    """A proposed change, and what became of it."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    state: ChangeState
    """Where it stands."""
    author: str
    """Who proposed it."""
    reason: str
    """Why."""
    created_at: datetime
    """When (UTC)."""
    base_snapshot: str | None
    """The snapshot it changes."""
    digest: str
    """What a review names."""
    added: int
    """Things it adds."""
    changed: int
    """Things it changes."""
    removed: int
    """Things it removes."""
    breaks: int
    """Readers that would break."""
    reviewer: str | None = None
    """Who decided."""
    review_reason: str | None = None
    """What they said."""
    reviewed_at: datetime | None = None
    """When (UTC)."""
    worker: str | None = None
    """Worker process that applies it."""
    step: str = ""
    """What of applying was done last."""
    done: int = 0
    """Steps done."""
    steps: int = 0
    """Steps in all."""
    started_at: datetime | None = None
    """When applying began (UTC)."""
    cancelled_by: str | None = None
    """Who asked to stop applying it."""
    snapshot: str | None = None
    """What it became."""
    message: str = ""
    """Why it failed, or who stopped it."""
    ended_at: datetime | None = None
    """When it ended (UTC)."""
