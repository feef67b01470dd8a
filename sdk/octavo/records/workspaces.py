"""Wire records of workspaces: profile cards, starts and their queue, sessions and what stops them.

Money is in euro, decimal, rounded to 4 places on the wire. Times are UTC. A *session* is one life
of a person's workspace, from the moment it was asked for. A *probe* is what the workspace says of
itself; a *heartbeat* is what its spawner saw from outside.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from octavo.records.base import Answer, Reason, Request
from octavo.records.profiles import Environment, Profile, ProfileImage, ProfileResources

__all__ = [
    "Environment", "Profile", "ProfileImage", "ProfileResources",  # seen from here by the hub
]  # fmt: skip

NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
PERSON = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$"
DIGEST = r"^sha256:[0-9a-f]{64}$"

SessionState = Literal["queued", "starting", "running", "ended"]
EndReason = Literal[
    "stopped", "idle", "gpu_idle", "crashed", "failed", "superseded", "lost", "cancelled",
    "quota", "budget", "longest_life", "handed_off", "orphaned", "platform_away",
]  # fmt: skip
Activity = Literal["cell", "terminal", "gpu", "idle", "unknown"]
FailureKind = Literal[
    "no_capacity", "image_pull", "quota", "volume", "home_full", "out_of_memory", "evicted",
    "preempted", "node_lost", "network", "timeout", "bad_profile", "crashed", "account", "refused",
    "cluster", "installation", "limit", "unknown",
]  # fmt: skip
Group = Annotated[str, Field(min_length=1, max_length=255)]
Name = Annotated[str, Field(pattern=NAME, max_length=63)]
Chosen = Annotated[str, Field(max_length=200)]
"""What a person sent as a choice; any text: one that can't be is refused in words, on the trail."""


class QuotaLeft(Answer):
    """What is left of one quota, seen by one person in one project."""

    resource: Literal["core_hours", "gib_hours", "gpu_hours"] = Field(
        description="What is counted."
    )
    scope: Literal["person", "group", "project"] = Field(description="Whose quota it is.")
    name: str = Field(description="The person, the groups joined by a comma, or the project.")
    limit: float = Field(description="Hours allowed in the window.")
    used: float = Field(description="Hours used in the window.")
    left: float = Field(description="Hours left; never below 0.")
    window_days: int = Field(description="The window: the last so many days.")


class Fit(Answer):
    """The nearest profile that can be started instead."""

    profile: str = Field(description="Its id.")
    title: str = Field(description="Its name for people.")
    digest: str = Field(description="Its digest, to start it with one click.")
    reason: str = Field(description="How it differs, in a sentence.")


class ProfileCard(Answer):
    """One profile as a person sees it before starting: may I, for how much, how soon."""

    profile: Profile = Field(
        description="The profile's current version; for whom it isn't, without images, placement, "
        "volumes, environment and labels."
    )
    available: bool = Field(description="Whether this person may ask for it in this project now.")
    reasons: list[str] = Field(description="Why not, in sentences; empty when available.")
    notes: list[str] = Field(description="What to know before starting, in sentences.")
    budget_eur: float = Field(description="The project's budget this month, euro.")
    budget_left_eur: float = Field(description="What is left of it, euro; never below 0.")
    hours_left: float = Field(description="Hours that budget, quotas and its longest life allow.")
    quotas: list[QuotaLeft] = Field(description="Quotas that apply, tightest first.")
    free_now: int | None = Field(description="How many more fit now; null: not limited.")
    expected_wait_s: float = Field(description="Expected wait before it starts; 0: at once.")
    idle_rule: str = Field(description="When it stops by itself, in words.")
    nearest: Fit | None = Field(description="For one that isn't available: what to start instead.")


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
    linked: str = Field(
        default="", max_length=200, description="Profile that a link names; empty: none."
    )


class Offers(Answer):
    """Everything the spawn page shows."""

    person: str = Field(description="Who it is for.")
    projects: list[ProjectOffer] = Field(description="Projects the person is a member of.")
    leads_to: str = Field(
        description="Profile that the link leads to, another one where it was retired; empty: none."
    )
    link_note: str = Field(description="Why it leads there, or nowhere; empty: nothing to say.")


class SpawnChoice(Request):
    """What a person chose on the spawn page. Only the hub sends it."""

    person: str = Field(pattern=PERSON, max_length=128, description="Whose workspace it is.")
    groups: list[Group] = Field(max_length=500, description="The person's groups.")
    project: Chosen = Field(description="Project to work in; empty: none was chosen.")
    profile: Chosen = Field(description="Profile to start; empty: none was chosen.")
    image: Chosen | None = Field(None, description="One of the profile's images; unset: the first.")
    digest: Chosen | None = Field(
        None, description="Digest of the version the person saw; a different one now is refused."
    )
    further: dict[str, str] = Field(
        default_factory=dict,
        max_length=50,
        description="Options that no page of Octavo's sends; any of them is refused by name.",
    )


class SpawnDecision(Answer):
    """Whether the choice may start, and why."""

    allowed: bool = Field(description="Whether it may start, or wait for its turn.")
    reasons: list[str] = Field(description="Each reason, in a sentence; empty when allowed.")
    nearest: Fit | None = Field(description="When refused: what to start instead.")
    profile: Profile | None = Field(description="The version that would start; null if unknown.")
    policy_digest: str | None = Field(description="Digest of the policy set that decided.")


class Notice(Answer):
    """Something a person should know while they work."""

    kind: Literal[
        "quota", "budget", "idle", "gpu_idle", "longest_life", "retired", "limit", "home"
    ] = Field(description="What it is about.")
    level: Literal["info", "warning", "error"] = Field(description="How pressing it is.")
    percent: int | None = Field(description="80, 95 or 100 for quota and budget; else null.")
    message: str = Field(description="The sentence.")
    key: str = Field(description="Same key: same notice, shown once.")


class Session(Answer):
    """One life of a person's workspace."""

    id: str = Field(description="Id of the session.")
    person: str = Field(description="Whose workspace.")
    project: str = Field(description="Project it is booked on.")
    profile: Profile = Field(description="The profile version it was started with.")
    image: str | None = Field(description="Name of the chosen image; null: the profile has none.")
    template: str | None = Field(description="Template the project was made from, if any.")
    state: SessionState = Field(description="Where it stands.")
    position: int | None = Field(description="Place in the queue, from 1; null: not queued.")
    expected_wait_s: float | None = Field(description="Expected wait; null: not queued.")
    waits_for: str = Field(description="What it waits for, in a sentence; empty: nothing.")
    gpus: list[int] = Field(description="Numbers of the GPUs that are leased to it.")
    requested_at: datetime = Field(description="When it was asked for, UTC.")
    started_at: datetime | None = Field(description="When it was granted, UTC; null: queued.")
    metered_until: datetime | None = Field(description="Until when it has been metered, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC; null while it lives.")
    end_reason: EndReason | None = Field(description="Why it ended; null while it lives.")
    seconds: float = Field(description="Metered seconds so far.")
    cost_eur: float = Field(description="Metered cost so far, euro.")
    budget_left_eur: float = Field(description="Left of the project's budget this month, euro.")
    idle_stop_at: datetime | None = Field(
        description="When it stops if nothing happens, UTC; null: something happens, or unknown."
    )
    ends_at: datetime | None = Field(description="When its longest life is over, UTC.")
    stop_at: datetime | None = Field(description="When it must stop, UTC; null: no order.")
    stop_reason: EndReason | None = Field(description="Why it must stop.")
    extension_minutes_left: int = Field(description="What the one extension still gives; 0: none.")
    notices: list[Notice] = Field(description="What its person should know, most pressing first.")
    hand_off_to: list[Fit] = Field(description="Profiles without the GPU it has, cheapest first.")
    activity: Activity = Field(
        "unknown", description="What keeps it from being idle by its newest fresh probe, if any."
    )
    extended_until: datetime | None = Field(
        None, description="Until when its extension keeps it, UTC; null: not extended."
    )
    quotas: list[QuotaLeft] = Field([], description="Quotas that apply, tightest first.")
    rescue: bool = Field(False, description="Whether it was opened beside a home that is full.")


class StopOrder(Answer):
    """A session that its hub must stop now."""

    session: str = Field(description="Id of the session.")
    person: str = Field(description="Whose workspace.")
    reason: EndReason = Field(description="Why it must stop.")


class QueuedTurns(Answer):
    """All starts that wait and all stops that are due, in one answer for the hub."""

    items: list[Session] = Field(description="Sessions that are queued or starting, oldest first.")
    stops: list[StopOrder] = Field(description="Sessions to stop now.")


class Usage(Request):
    """What a workspace has used since it started, seen from outside by its spawner."""

    cpu_seconds: float | None = Field(None, ge=0, description="CPU time so far; null: unknown.")
    memory_gib: float | None = Field(None, ge=0, description="Memory now, in GiB; null: unknown.")
    gpu_percent: float | None = Field(
        None, ge=0, le=100, description="Use of its GPUs now, mean; null: unknown or none."
    )


class SessionFailure(Request):
    """Why a start failed, or a workspace died. Only the hub sends it."""

    kind: FailureKind = Field(description="The failure's class.")
    message: str = Field(max_length=2000, description="The sentence that people see.")
    raw: str = Field("", max_length=20_000, description="What the back end said, for admins.")


class SessionBeat(Request):
    """Says that a workspace was alive until a moment.

    Sending the same or an earlier moment again changes nothing.
    """

    session: str = Field(max_length=64, description="Id of the session.")
    until: AwareDatetime = Field(description="Moment up to which it was seen alive, UTC.")
    usage: Usage | None = Field(None, description="What it has used; null: not known.")
    incidents: list[SessionFailure] = Field(
        default_factory=list,
        max_length=10,
        description="Limits that it ran into since the last heartbeat, and lives on.",
    )


class Heartbeats(Request):
    """The heartbeats of many sessions in one request. Only the hub sends them."""

    items: list[SessionBeat] = Field(max_length=5000, description="One a session.")


class Beaten(Answer):
    """What became of one heartbeat."""

    session: str = Field(description="Id of the session.")
    state: SessionState | None = Field(description="Where it stands; null: there is no such one.")


class HeartbeatsTaken(Answer):
    """What became of many heartbeats."""

    items: list[Beaten] = Field(description="One a heartbeat, in their order.")


class OpenSession(Answer):
    """Who has an open session: the hub closes servers that belong to none."""

    session: str = Field(description="Id of the session.")
    person: str = Field(description="Whose.")
    project: str = Field(description="Project it is booked on.")
    profile: str = Field(description="Its profile.")
    state: SessionState = Field(description="Where it stands.")


class OpenSessions(Answer):
    """All open sessions."""

    items: list[OpenSession] = Field(description="Queued, starting and running ones, oldest first.")


class SessionStarted(Request):
    """Says that a workspace answers. Only the hub sends it."""

    at: AwareDatetime = Field(description="When it was ready, UTC.")
    rescue: bool = Field(False, description="Whether it was opened beside a home that is full.")
    notice: str = Field("", max_length=2000, description="What its person must know; empty: none.")


class SessionEnd(Request):
    """Says that a workspace has ended. Only the hub sends it."""

    until: AwareDatetime = Field(description="Moment up to which it was seen alive, UTC.")
    reason: EndReason = Field(description="Why it ended.")
    failure: SessionFailure | None = Field(None, description="What failed, where something did.")


class Probe(Request):
    """What a workspace says of itself: taken inside it, sent with its own token."""

    at: AwareDatetime = Field(description="When it was taken, UTC.")
    busy_kernels: int = Field(ge=0, le=10_000, description="Kernels that run a cell.")
    kernels: int = Field(ge=0, le=10_000, description="Kernels in all.")
    active_terminals: int = Field(
        ge=0, le=10_000, description="Terminals with output or a running program since last time."
    )
    gpu_percent: float | None = Field(
        None, ge=0, le=100, description="Use of its GPUs; null: unknown or none."
    )
    activity_at: AwareDatetime | None = Field(
        None, description="Last time a person or a kernel did something, UTC."
    )


class ExtensionRequest(Request):
    """Asks for the one extension."""

    reason: Reason = Field(description="Why, as a sentence.")


class StopRequest(Request):
    """Asks for the end of one's own workspace."""

    reason: Literal["stopped", "handed_off"] = Field("stopped", description="Why.")


class Orphan(Request):
    """A server that runs without a session, found and closed. Only the hub sends it."""

    person: str | None = Field(None, pattern=PERSON, max_length=128, description="Whose, if known.")
    profile: Name | None = Field(None, description="Its profile, if known.")
    project: Name | None = Field(None, description="Its project, if known.")
    where: str = Field(max_length=300, description="What was found, for example a pod's name.")
    since: AwareDatetime = Field(description="Since when it ran without a session, UTC.")
    until: AwareDatetime = Field(description="When it was closed, UTC.")


class StartFailures(Answer):
    """How starts failed in a span of time."""

    since: datetime = Field(description="Beginning of the span, UTC.")
    starts: int = Field(description="Starts in the span.")
    by_kind: dict[str, int] = Field(description="Failures by class; `unknown` is one of them.")
    unknown: list[str] = Field(description="The newest unknown ones, raw, at most 20.")
