"""Changes of a project's feature registry: planned, reviewed by another person, applied.

Times are UTC, money is in euro.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, Reason, Request
from octavo.records.feature_declarations import FeatureDeclaration
from octavo.records.features import SnapshotId

ChangeState = Literal[
    "planned",
    "approved",
    "applying",
    "applied",
    "rejected",
    "withdrawn",
    "cancelled",
    "failed",
]
Kind = Literal["entity", "source", "push_source", "view", "service", "transformation"]


class FeaturePlanRequest(Request):
    """Asks what a declaration would change; nothing is kept."""

    declaration: FeatureDeclaration = Field(description="The whole declaration.")


class FeatureChangeRequest(Request):
    """Offers a declaration for review by another person."""

    declaration: FeatureDeclaration = Field(description="The whole declaration.")
    reason: Reason = Field(description="Why, as a sentence that the reviewer reads.")
    base_snapshot: SnapshotId | None = Field(
        default=None,
        description="The snapshot it was made from; the request is refused when another one is "
        "current. None: whichever is current.",
    )


class FeatureFieldChange(Answer):
    """One field that differs."""

    field: str = Field(description="Which one, e.g. ttl_seconds or column carrier_delay_mean_3h.")
    before: str | None = Field(description="What it was; None: it is new.")
    after: str | None = Field(description="What it becomes; None: it goes.")
    breaks: bool = Field(description="Whether readers of what was there can break.")


class FeatureDifference(Answer):
    """One thing that a change adds, changes or removes."""

    kind: Kind = Field(description="What it is.")
    name: str = Field(description="Its name.")
    what: Literal["added", "changed", "removed"] = Field(description="What happens to it.")
    fields: list[FeatureFieldChange] = Field(description="What differs, field by field.")
    breaks: bool = Field(description="Whether readers of what was there can break.")
    diff: str = Field(
        default="", description="Of a transformation's code: the difference as unified text."
    )


class FeatureImpact(Answer):
    """Something outside the registry that reads what is changed."""

    kind: Literal["model", "deployment", "release", "pipeline", "schedule", "notebook"] = Field(
        description="What it is."
    )
    name: str = Field(description="Its name for people.")
    person: str = Field(description="Who answers for it; may be empty.")
    breaks: bool = Field(description="True: it would break; False: its values would change.")
    why: str = Field(description="What of the change reaches it, as a sentence.")


class FeatureCost(Answer):
    """What loading the online store will take."""

    rows: int = Field(description="Rows of all views that are loaded anew.")
    views: list[str] = Field(description="Those views.")
    seconds: float | None = Field(description="Expected seconds; None: nothing was measured yet.")
    eur: float | None = Field(description="Expected euro at the platform's price.")
    basis: str = Field(description="What the expectation is based on, as a sentence.")


class FeatureFinding(Answer):
    """Something to correct, or to know before one approves."""

    severity: Literal["error", "warning", "info"] = Field(
        description="error: it can't be proposed; warning: look at it; info: to know."
    )
    where: str = Field(description="What it is about, e.g. view carrier_delay.")
    message: str = Field(description="What was found, and what to do.")


class FeaturePolicy(Answer):
    """What the policies say about it."""

    allowed: bool = Field(description="Whether they let it through.")
    reasons: list[str] = Field(description="Each rule that spoke, in words.")


class FeaturePlan(Answer):
    """What a declaration would change, whom it reaches and what it costs."""

    base_snapshot: SnapshotId | None = Field(description="What is current; None: nothing yet.")
    digest: SnapshotId = Field(
        description="SHA-256 of the declaration, its base and its data; a review names it."
    )
    same: bool = Field(description="Whether there is nothing to apply.")
    differences: list[FeatureDifference] = Field(description="What changes, breaking ones first.")
    impact: list[FeatureImpact] = Field(description="Who is reached, what breaks first.")
    cost: FeatureCost = Field(description="What loading the online store takes.")
    leaks: list[str] = Field(description="Values used before they were known, as sentences.")
    findings: list[FeatureFinding] = Field(description="Errors first.")
    policy: FeaturePolicy = Field(description="What the policies say now.")


class FeatureProgress(Answer):
    """How far applying is."""

    step: str = Field(description="What is done now or was done last.")
    done: int = Field(description="Steps done.")
    steps: int = Field(description="Steps in all.")
    started_at: datetime = Field(description="When applying began.")


class FeatureChange(Answer):
    """A proposed change of the registry, and what became of it."""

    id: str = Field(description="Its id.")
    project: str = Field(description="Its project.")
    state: ChangeState = Field(description="Where it stands.")
    author: str = Field(description="Who proposed it.")
    reason: str = Field(description="Why.")
    created_at: datetime = Field(description="When it was proposed.")
    base_snapshot: SnapshotId | None = Field(description="The snapshot it changes.")
    digest: SnapshotId = Field(description="What a review names.")
    added: int = Field(description="Things it adds.")
    changed: int = Field(description="Things it changes.")
    removed: int = Field(description="Things it removes.")
    breaks: int = Field(description="Models, deployments, schedules, ... that would break.")
    stale: bool = Field(description="True: another snapshot became current; propose it anew.")
    reviewer: str | None = Field(description="Who decided; never its author.")
    review_reason: str | None = Field(description="What the reviewer said.")
    reviewed_at: datetime | None = Field(description="When it was decided.")
    progress: FeatureProgress | None = Field(description="While it is applied, and after.")
    cancel_asked: bool = Field(description="Whether somebody asked to stop applying it.")
    snapshot: SnapshotId | None = Field(description="What it became; once applied.")
    message: str = Field(description="Why it failed, or who stopped it; else empty.")
    ended_at: datetime | None = Field(description="When it ended.")
    why_not_review: str = Field(description="Why the caller may not decide; empty: they may.")


class FeatureChangeDetail(FeatureChange):
    """A change with all that is reviewed."""

    plan: FeaturePlan = Field(description="As it was when it was proposed.")
    declaration: FeatureDeclaration = Field(description="What becomes the registry.")


class FeatureChangePage(Answer):
    """Changes, newest first."""

    items: list[FeatureChange] = Field(description="The changes.")
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; None ends.")


class CurrentDeclaration(Answer):
    """What the current snapshot declares."""

    snapshot: SnapshotId | None = Field(description="The current snapshot; None: nothing yet.")
    declaration: FeatureDeclaration | None = Field(description="What it declares.")


class LakeColumn(Answer):
    """One column of a table of the lake."""

    name: str = Field(description="Its name.")
    type: str = Field(description="Its type as Parquet names it.")
    dtype: str | None = Field(description="Feast's type for it; None: it can't be a feature.")


class LakeTable(Answer):
    """A table of the lake that a view can be made of."""

    path: Annotated[str, Field(max_length=500)] = Field(description="Place inside the lake.")
    rows: int = Field(description="Its rows.")
    columns: list[LakeColumn] = Field(description="Its columns.")


class LakeTables(Answer):
    """The lake's tables, by path."""

    items: list[LakeTable] = Field(description="The tables.")
