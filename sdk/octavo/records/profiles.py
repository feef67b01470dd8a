"""Wire records of spawner profiles: their content, their versions, and how they change.

A *profile* is what a workspace or a run may use, what it costs and who may use it. Its *document*
is a YAML file. A *change* proposes a new document, retirement or rolling back; once another person
has approved it, it makes a *version*, named by the SHA-256 of the canonical content. Money is in
euro, decimal. Times are UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Reason, Request, Visible

NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
LONGEST_DOCUMENT = 65_536
"""Characters that a profile's document may have."""
MOST_VERSIONS = 1_000_000
"""No profile has as many versions."""

Environment = Literal["dev", "test", "prod"]
Capacity = Literal["on-demand", "spot"]
VersionState = Literal["published", "superseded", "retired", "rolled_back"]
ChangeKind = Literal["publish", "retire", "roll_back"]
ChangeState = Literal["draft", "validated", "published", "rejected", "withdrawn"]
ProfileName = Annotated[str, Field(pattern=NAME, max_length=63)]
Text = Annotated[str, Field(max_length=LONGEST_DOCUMENT)]


class ProfileResources(Answer):
    """What a workspace or a run of this profile may use, and what it is sure to get."""

    cpu: float = Field(description="Most CPU cores.")
    cpu_guarantee: float = Field(description="CPU cores it is sure to get.")
    memory_gib: float = Field(description="Most memory, in GiB.")
    memory_guarantee_gib: float = Field(description="Memory it is sure to get, in GiB.")
    processes: int = Field(description="Most processes and threads at once.")
    gpu: int = Field(description="GPUs; 0 for none.")
    gpu_type: str | None = Field(description="Product name of the GPU, when there is one.")


class ProfileImage(Answer):
    """An image that a workspace can be started from where workspaces are pods."""

    name: str = Field(description="Name of the choice.")
    title: str = Field(description="Name for people.")
    image: str = Field(description="Repository and digest: registry/name@sha256:...")


class Rate(Answer):
    """The price from a day on."""

    since: date = Field(description="First UTC day it holds.")
    eur_per_hour: float = Field(description="Price, euro an hour; metered by the second.")


class Toleration(Answer):
    """A taint of nodes that the workspace tolerates, as Kubernetes writes it."""

    key: str = Field(description="Key of the taint.")
    operator: Literal["Exists", "Equal"] = Field(description="How the taint is compared.")
    value: str | None = Field(description="Value of the taint, for Equal.")
    effect: str | None = Field(description="Effect; null: any.")


class Volume(Answer):
    """A further volume of a workspace."""

    name: str = Field(description="Name of the volume.")
    mount: str = Field(description="Folder it is mounted at.")
    claim: str | None = Field(description="An existing claim; null: a volume of its own.")
    size_gib: float | None = Field(description="Size of a volume of its own, in GiB.")
    read_only: bool = Field(description="Whether it can't be written to.")


class Profile(Answer):
    """One published version of a spawner profile."""

    id: str = Field(description="Name of the profile, for example cpu-small.")
    version: int = Field(description="Version number, counted from 1.")
    digest: str = Field(description="SHA-256 of the version's canonical content.")
    title: str = Field(description="Name for people.")
    description: str = Field(description="What it is good for, in one sentence.")
    resources: ProfileResources = Field(description="What it may use.")
    images: list[ProfileImage] = Field(description="Images to choose from; the first is usual.")
    rates: list[Rate] = Field(description="The rate card, oldest first.")
    price_eur_per_hour: float = Field(description="Today's price, euro an hour.")
    idle_minutes: int = Field(description="Minutes without activity after which it stops.")
    gpu_idle_minutes: int | None = Field(
        description="Minutes without GPU use, and without a running cell, after which it stops; "
        "null: no such rule."
    )
    extension_minutes: int = Field(description="Minutes that the one extension gives; 0: none.")
    longest_hours: float = Field(description="Hours after which it stops in any case.")
    ready_seconds: int = Field(description="Usual time from start to ready, in seconds.")
    capacity: Capacity = Field(description="on-demand, or spot: cheaper, may be taken away.")
    node_selector: dict[str, str] = Field(description="Labels of the nodes it runs on.")
    tolerations: list[Toleration] = Field(description="Taints of nodes that it tolerates.")
    volumes: list[Volume] = Field(description="Further volumes.")
    environment: dict[str, str] = Field(description="Environment variables it adds.")
    labels: dict[str, str] = Field(description="Chargeback labels.")
    audiences: list[str] = Field(description="Groups that may use it; empty means every member.")
    environments: list[Environment] = Field(description="Where it may be used.")
    pipelines: bool = Field(description="Whether pipeline runs may use it.")
    published_at: datetime = Field(description="When this version was published, UTC.")


class Finding(Answer):
    """One fault of a document, or one remark on it."""

    severity: Literal["error", "warning"] = Field(description="An error keeps it from publishing.")
    file: str = Field(description="File, or the name under which the document was sent.")
    line: int | None = Field(description="Line in the document, from 1; null: the whole of it.")
    field: str = Field(description="Field, for example resources.gpu.count; empty: the whole.")
    value: str = Field(description="The value found, shortened.")
    limit: str = Field(description="What is allowed there; empty where nothing can be said.")
    message: str = Field(description="The fault as a sentence.")


class DocumentRequest(Request):
    """A document to be checked, as YAML or as filled in by a form. Exactly one of both."""

    text: Text | None = Field(None, description="The document as YAML.")
    document: dict[str, Any] | None = Field(None, description="The document as a form has it.")
    file: str = Field("profile.yaml", max_length=255, description="Name for findings.")


class DocumentCheck(Answer):
    """What checking a document found. Nothing was changed."""

    valid: bool = Field(description="Whether it could be published.")
    text: str = Field(description="The document as YAML; written anew where a form sent it.")
    document: dict[str, Any] | None = Field(description="The document parsed; null: no YAML.")
    findings: list[Finding] = Field(description="Faults and remarks, in the order of lines.")
    profile: str | None = Field(description="Id of the profile, when there is one.")
    base_version: int | None = Field(description="Version it would follow; null: a new profile.")
    diff: str = Field(description="Unified difference to that version's document; empty: none.")
    fits: list[str] = Field(description="Node pools, or the machine, that it fits on.")


class ChangeRequest(Request):
    """Proposes a change of a profile."""

    kind: ChangeKind = Field("publish", description="What is to happen.")
    profile: ProfileName = Field(description="Which profile.")
    text: Text | None = Field(None, description="The new document as YAML, for publish.")
    version: int | None = Field(
        None, ge=1, le=MOST_VERSIONS, description="Version to go back to, for roll_back."
    )
    redirect_to: ProfileName | None = Field(
        None, description="Profile that people are led to, for retire."
    )
    message: Annotated[str, Field(max_length=300), Visible] = Field(
        "", description="What people are told, for retire."
    )
    reason: Reason = Field(description="Why, as a sentence that the reviewer reads.")
    draft: bool = Field(False, description="True: keep it as a draft even with faults.")
    base_version: int | None = Field(
        None,
        ge=1,
        le=MOST_VERSIONS,
        description="Version it was made for; refused if a newer one is there.",
    )


class ChangeEdit(Request):
    """Changes a draft of one's own."""

    text: Text = Field(description="The document as YAML.")
    reason: Reason = Field(description="Why.")
    draft: bool = Field(False, description="True: keep it as a draft even with faults.")
    base_version: int | None = Field(
        None,
        ge=1,
        le=MOST_VERSIONS,
        description="The newer version it was carried over to; null: as it was.",
    )


class ProfileChange(Answer):
    """A proposed change of a profile, and what became of it."""

    id: str = Field(description="Id of the change.")
    kind: ChangeKind = Field(description="What is to happen.")
    profile: str = Field(description="Which profile.")
    state: ChangeState = Field(description="Where it stands.")
    text: str = Field(description="The document as YAML; empty for retire.")
    digest: str = Field(description="SHA-256 of what is reviewed; the review names it.")
    base_version: int | None = Field(description="Version it changes; null: a new profile.")
    to_version: int | None = Field(None, description="For roll_back: the version gone back to.")
    version: int | None = Field(description="Version it made or retired; null: none yet.")
    diff: str = Field(description="Unified difference to the base version's document.")
    findings: list[Finding] = Field(description="Faults and remarks.")
    redirect_to: str | None = Field(description="For retire: where people are led.")
    message: str = Field(description="For retire: what people are told.")
    author: str = Field(description="Who proposed it.")
    reason: str = Field(description="Why.")
    created_at: datetime = Field(description="When, UTC.")
    reviewer: str | None = Field(description="Who decided.")
    review_reason: str | None = Field(description="Why so.")
    reviewed_at: datetime | None = Field(description="When, UTC.")
    may_review: bool = Field(description="Whether the caller may decide about it.")
    why_not: str = Field(description="Why the caller may not; empty when they may.")


class ProfileChanges(Answer):
    """Changes, newest first."""

    items: list[ProfileChange] = Field(description="The changes.")
    next_cursor: str | None = Field(None, description="Where the next page begins.")


class ProfileVersion(Answer):
    """One version in a profile's history."""

    profile: Profile = Field(description="Its content.")
    state: VersionState = Field(description="Where it stands.")
    text: str = Field(description="Its document as YAML.")
    author: str = Field(description="Who proposed it.")
    reviewer: str | None = Field(description="Who approved it; null: installed with Octavo.")
    reason: str = Field(description="Why it was made.")
    ended_at: datetime | None = Field(description="Until when it was offered, UTC.")
    redirect_to: str | None = Field(description="Where people are led since it was retired.")
    message: str = Field(description="What people are told since it was retired.")


class ProfileSummary(Answer):
    """One profile in the admin's list."""

    id: str = Field(description="Name of the profile.")
    title: str = Field(description="Name for people.")
    state: VersionState = Field(description="Where its newest version stands.")
    version: int = Field(description="Newest version.")
    price_eur_per_hour: float = Field(description="Today's price, euro an hour.")
    users_now: int = Field(description="Workspaces, queued ones included, that use it now.")
    changed_at: datetime = Field(description="When it was last changed, UTC.")
    changed_by: str = Field(description="Who changed it last.")
    pending: int = Field(description="Changes of it that wait for review, drafts included.")


class ProfileSummaries(Answer):
    """All profiles, retired ones included."""

    items: list[ProfileSummary] = Field(description="The profiles, by id.")
    next_cursor: str | None = Field(None, description="Always null: the list is complete.")


class ProfileUser(Answer):
    """Something that uses a profile."""

    kind: Literal["session", "pipeline", "schedule", "deployment", "redirect"] = Field(
        description="What uses it."
    )
    name: str = Field(description="Which one.")
    project: str = Field(description="Its project; empty for none.")
    person: str = Field(description="Whose it is; empty where nobody's.")


class ProfileUsers(Answer):
    """Who uses a profile: to be read before it is retired."""

    profile: str = Field(description="Which profile.")
    items: list[ProfileUser] = Field(description="All that use it now.")
    people_30_days: int = Field(description="People who started it in the last 30 days.")
    hours_30_days: float = Field(description="Hours it ran in the last 30 days.")


class ProfileDetail(Answer):
    """One profile with its history."""

    summary: ProfileSummary = Field(description="Where it stands.")
    versions: list[ProfileVersion] = Field(description="Newest first.")
    changes: list[ProfileChange] = Field(description="Newest first, at most 50.")
