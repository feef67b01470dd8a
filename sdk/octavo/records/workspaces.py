"""Wire records of workspaces: spawner profiles, their cards, sessions, usage and cost.

Money is in euro, decimal, rounded to 4 places on the wire. Times are UTC. A *profile version* is
one published content of a profile file, named by the SHA-256 of its canonical form. A *session* is
one life of a person's workspace. *Usage* is what a session, a run or a deployment consumed, kept
per UTC day so that "today" and "this month" are exact.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, Request

NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
PERSON = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$"
DIGEST = r"^sha256:[0-9a-f]{64}$"

Environment = Literal["dev", "test", "prod"]
UsageKind = Literal["session", "run", "deployment"]
EndReason = Literal["stopped", "idle", "crashed", "failed", "superseded", "lost"]
Group = Annotated[str, Field(min_length=1, max_length=255)]
Name = Annotated[str, Field(pattern=NAME, max_length=63)]


class ProfileResources(Answer):
    """What a workspace or a run of this profile may use."""

    cpu: float = Field(description="CPU cores.")
    memory_gib: float = Field(description="Memory, in GiB.")
    processes: int = Field(description="Most processes and threads at once.")
    gpu: int = Field(description="GPUs; 0 for none.")
    gpu_type: str | None = Field(description="Product name of the GPU, when there is one.")


class Profile(Answer):
    """One published version of a spawner profile."""

    id: str = Field(description="Name of the profile, for example cpu-small.")
    version: int = Field(description="Version number, counted from 1.")
    digest: str = Field(description="SHA-256 of the version's canonical content.")
    title: str = Field(description="Name for people.")
    description: str = Field(description="What it is good for, in one sentence.")
    resources: ProfileResources = Field(description="What it may use.")
    price_eur_per_hour: float = Field(description="Price, euro an hour; metered by the second.")
    idle_minutes: int = Field(description="Minutes without activity after which it stops.")
    ready_seconds: int = Field(description="Usual time from start to ready, in seconds.")
    audiences: list[str] = Field(description="Groups that may use it; empty means every member.")
    environments: list[Environment] = Field(description="Where it may be used.")
    pipelines: bool = Field(description="Whether pipeline runs may use it.")
    published_at: datetime = Field(description="When this version was published, UTC.")


class ProfileCard(Answer):
    """One profile as a person sees it before starting: may I, for how much, how soon."""

    profile: Profile = Field(description="The profile's current version.")
    available: bool = Field(description="Whether this person may start it in this project now.")
    reasons: list[str] = Field(description="Why not, in sentences; empty when available.")
    notes: list[str] = Field(description="What to know before starting, in sentences.")
    budget_eur: float = Field(description="The project's budget this month, euro.")
    budget_left_eur: float = Field(description="What is left of it, euro; never below 0.")
    hours_left: float | None = Field(description="Hours the rest pays for; null: it costs nothing.")


class ProfileCards(Answer):
    """Every profile's card for one project."""

    project: str = Field(description="Project the cards are for.")
    items: list[ProfileCard] = Field(description="Cards, cheapest first.")
    next_cursor: str | None = Field(None, description="Always null: the list is complete.")


class ProjectOffer(Answer):
    """One project on the spawn page, with its cards."""

    project: str = Field(description="Name of the project.")
    title: str = Field(description="Name for people.")
    description: str = Field(description="What the project is about.")
    role: str = Field(description="The person's role in it.")
    cards: list[ProfileCard] = Field(description="Its profile cards, cheapest first.")


class OffersRequest(Request):
    """Asks what a signed-in person may start. Only the hub asks."""

    person: str = Field(pattern=PERSON, max_length=128, description="Who is signed in.")
    groups: list[Group] = Field(max_length=500, description="The person's groups.")


class Offers(Answer):
    """Everything the spawn page shows."""

    person: str = Field(description="Who it is for.")
    projects: list[ProjectOffer] = Field(description="Projects the person is a member of.")


class SpawnChoice(Request):
    """What a person chose on the spawn page. Only the hub sends it."""

    person: str = Field(pattern=PERSON, max_length=128, description="Whose workspace it is.")
    groups: list[Group] = Field(max_length=500, description="The person's groups.")
    project: Name = Field(description="Project to work in.")
    profile: Name = Field(description="Profile to start.")
    digest: str | None = Field(
        None,
        pattern=DIGEST,
        max_length=71,
        description="Digest of the version the person saw; a different one now is refused.",
    )


class SpawnDecision(Answer):
    """Whether the choice may start, and why."""

    allowed: bool = Field(description="Whether it may start.")
    reasons: list[str] = Field(description="Each reason, in a sentence; empty when allowed.")
    profile: Profile | None = Field(description="The version that would start; null if unknown.")
    policy_digest: str | None = Field(description="Digest of the policy set that decided.")


class Session(Answer):
    """One life of a person's workspace."""

    id: str = Field(description="Id of the session.")
    person: str = Field(description="Whose workspace.")
    project: str = Field(description="Project it is booked on.")
    profile: Profile = Field(description="The profile version it was started with.")
    template: str | None = Field(description="Template the project was made from, if any.")
    started_at: datetime = Field(description="When it was granted, UTC.")
    metered_until: datetime = Field(description="Until when it has been metered, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC; null while it runs.")
    end_reason: EndReason | None = Field(description="Why it ended; null while it runs.")
    seconds: float = Field(description="Metered seconds so far.")
    cost_eur: float = Field(description="Metered cost so far, euro.")
    budget_left_eur: float = Field(description="Left of the project's budget this month, euro.")


class Heartbeat(Request):
    """Says that a workspace was alive until a moment. Only the hub sends it.

    Sending the same or an earlier moment again changes nothing.
    """

    until: datetime = Field(description="Moment up to which it was seen alive, UTC.")
    active_at: datetime | None = Field(None, description="Last activity of its person, UTC.")


class SessionEnd(Request):
    """Says that a workspace has ended. Only the hub sends it."""

    until: datetime = Field(description="Moment up to which it was seen alive, UTC.")
    reason: EndReason = Field(description="Why it ended.")


class CostLine(Answer):
    """Cost of one person, project, profile, kind or day."""

    name: str = Field(description="Person, project, profile, kind or ISO day.")
    hours: float = Field(description="Metered hours.")
    cost_eur: float = Field(description="Cost, euro.")


class CostReport(Answer):
    """What was consumed in a span of days, seen from each side."""

    project: str | None = Field(description="Project the report is about; null for all.")
    since: date = Field(description="First UTC day, included.")
    until: date = Field(description="Last UTC day, included.")
    total_eur: float = Field(description="Whole cost of the span, euro.")
    today_eur: float = Field(description="Cost of the current UTC day, euro.")
    budget_eur: float | None = Field(description="Monthly budget, euro; null for all projects.")
    budget_left_eur: float | None = Field(description="Left of this month, euro; null for all.")
    by_person: list[CostLine] = Field(description="Per person, dearest first.")
    by_project: list[CostLine] = Field(description="Per project, dearest first.")
    by_profile: list[CostLine] = Field(description="Per profile, dearest first.")
    by_kind: list[CostLine] = Field(description="Per kind: session, run, deployment.")
    by_day: list[CostLine] = Field(description="Per UTC day, oldest first.")
