"""Records of usage, cost, budgets and quotas.

Money is in integer millionths of a euro, so that sums are exact. Time is UTC; an *hour* is named
``2026-03-31T23``. *Requested* is what a profile promises: its cores, memory and GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from octavo_server.workspaces.profiles.domain import Profile, ProfileVersion

QuotaResource = Literal["core_hours", "gib_hours", "gpu_hours"]
QuotaScope = Literal["person", "group", "project"]
Resolver = Literal["min", "max", "sum"]
WhenUnknown = Literal["closed", "open"]
Side = Literal["project", "person", "team", "profile", "kind"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How usage is governed on this platform."""

    shared_micro_eur_per_hour: int = 0
    """What the platform itself costs an hour, in millionths of a euro."""
    grace: timedelta = timedelta(minutes=15)
    """Time between a limit that is reached and the stop."""
    resolver: Resolver = "max"
    """How the quotas of several groups of one person count together."""
    when_unknown: WhenUnknown = "closed"
    """Whether anything starts while the books can't be read."""


# ---- metering


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What something has used, seen from outside; None is unknown."""

    cpu_seconds: float | None = None
    """CPU time since it began, in seconds."""
    memory_gib: float | None = None
    """Memory now, in GiB."""
    gpu_percent: float | None = None
    """Mean use of its GPUs now, 0 to 100."""


@dataclass(frozen=True, kw_only=True)
class Metered:
    """Something that has run from one moment to another."""

    kind: str
    """session, run, deployment, orphan or platform."""
    subject: str
    """Its identifier."""
    person: str
    """Who it is booked on; empty: nobody."""
    project: str
    """Project it is booked on; empty: none."""
    team: str = ""
    """Group through which the person belongs to the project; empty: none."""
    version: ProfileVersion | None
    """Profile version that gives size and price; None: unknown, booked at no price."""
    since: datetime
    """When it began (UTC)."""
    until: datetime
    """Until when it has been seen (UTC)."""
    part: str = ""
    """Name of its pipeline or deployment; empty: it is part of neither."""
    used: Measured | None = None
    """What it has used until then; None: unknown."""
    ended: bool = False
    """Whether it has ended, and keeps nothing any more."""
    micro_eur_per_hour: int = 0
    """Its price where no profile version gives one."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a month will have cost at the present burn, in millionths of a euro."""

    burn_micro_eur_per_day: int
    """Cost of the last 24 hours."""
    month_micro_eur: int
    """Expected cost of the whole month."""
    exhausted_at: datetime | None
    """When the budget is spent (UTC); None: not in this month."""


# ---- budgets


class BudgetState(StrEnum):
    """Where a project's month stands."""

    OK = "ok"
    ALERT = "alert"
    SOFT_STOP = "soft_stop"
    HARD_STOP = "hard_stop"


@dataclass(frozen=True, kw_only=True)
class BudgetSteps:
    """What happens on the way through a budget, in percent of it."""

    alert_percent: int = 80
    """From here on people are told."""
    soft_stop_percent: int = 100
    """From here on nothing new starts."""
    hard_stop_percent: int = 110
    """From here on what runs is stopped, after a grace."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A project's budget of the current month."""

    limit_micro_eur: int
    """What may be spent in the month, in millionths of a euro."""
    spent_micro_eur: int
    """What was spent so far, in millionths of a euro."""
    steps: BudgetSteps = field(default_factory=BudgetSteps)
    """What happens on the way."""

    @property
    def left_micro_eur(self) -> int:
        """Return what is left; never below 0."""
        return max(0, self.limit_micro_eur - self.spent_micro_eur)

    @property
    def startable_micro_eur(self) -> int:
        """Return what is left until nothing new starts; never below 0."""
        soft = self.limit_micro_eur * self.steps.soft_stop_percent // 100
        return max(0, soft - self.spent_micro_eur)

    @property
    def percent(self) -> int:
        """Return how much is spent, in whole percent; 100 for a budget of nothing, or above."""
        if self.limit_micro_eur:
            return self.spent_micro_eur * 100 // self.limit_micro_eur
        return 1000 if self.spent_micro_eur else 100

    @property
    def state(self) -> BudgetState:
        """Return the worst step that is reached."""
        if self.percent >= self.steps.hard_stop_percent:
            return BudgetState.HARD_STOP
        if self.percent >= self.steps.soft_stop_percent:
            return BudgetState.SOFT_STOP
        return BudgetState.ALERT if self.percent >= self.steps.alert_percent else BudgetState.OK


# ---- quotas and limits


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Hours allowed in a rolling window."""

    id: str
    """Identifier."""
    scope: QuotaScope
    """Whose it is; a group's holds for each member alone."""
    name: str
    """Person, group or project."""
    resource: QuotaResource
    """What is counted."""
    limit: float
    """Hours allowed in the window."""
    window_days: int
    """The window: the last so many days."""
    set_by: str
    """Who set it."""
    set_at: datetime
    """When (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody in a project."""

    person: str
    """The person."""
    groups: frozenset[str]
    """The person's groups."""
    project: str
    """The project."""


@dataclass(frozen=True, kw_only=True)
class QuotaLeft:
    """What is left of one quota, for one person in one project."""

    resource: QuotaResource
    """What is counted."""
    scope: QuotaScope
    """Whose quota it is."""
    name: str
    """The person, the groups joined by a comma, or the project."""
    limit: float
    """Hours allowed in the window."""
    used: float
    """Hours used in the window."""
    reserved: float
    """Hours kept for what runs now: an hour ahead of each."""
    window_days: int
    """The window: the last so many days."""

    @property
    def whose(self) -> str:
        """Return whose quota it is, in words."""
        words = {"person": self.name, "group": f"each of {self.name}"}
        return words.get(self.scope, f"the project {self.name}")

    @property
    def left(self) -> float:
        """Return the hours left to something new; never below 0."""
        return max(0.0, self.limit - self.used - self.reserved)

    @property
    def percent(self) -> int:
        """Return how much is used, in whole percent; 100 for a quota of nothing."""
        return int(min(self.used * 100 / self.limit, MOST_PERCENT)) if self.limit else 100


UNITS: dict[QuotaResource, str] = {
    "core_hours": "core-hours",
    "gib_hours": "GiB-hours",
    "gpu_hours": "GPU-hours",
}
"""What people call each resource of a quota."""


MOST_PERCENT = 1e6
"""A share isn't told beyond this: a quota of next to nothing is used up many times over."""


def per_hour(profile: Profile, resource: QuotaResource) -> float:
    """Return how much of a quota one hour of a profile takes."""
    sizes = {"core_hours": profile.cpu, "gib_hours": profile.memory_gib, "gpu_hours": profile.gpu}
    return float(sizes[resource])


@dataclass(frozen=True, kw_only=True)
class QuotaState:
    """The quotas that hold for one person in one project."""

    items: tuple[QuotaLeft, ...]
    """Tightest first."""
    refusal: str | None = None
    """Why nothing may start whatever is left, as a sentence; None: nothing speaks against it."""
    known: bool = True
    """Whether the books could be read."""

    def hours_left(self, profile: Profile) -> float | None:
        """Return how many hours of a profile the quotas allow; None: they set no limit."""
        left = [
            one.left / per_hour(profile, one.resource)
            for one in self.items
            if per_hour(profile, one.resource)
        ]
        return min(left, default=None)

    def reasons(self, profile: Profile) -> tuple[str, ...]:
        """Say why no workspace of a profile may start now: each quota below one hour of it."""
        found = [self.refusal] if self.refusal else []
        for one in self.items:
            takes = per_hour(profile, one.resource)
            if takes and one.left < takes:
                unit, held = UNITS[one.resource], f"{one.limit:g}"
                found.append(
                    f"{one.left:.1f} of {held} {unit} in {one.window_days} days are left to "
                    f"{one.whose}; {profile.title} takes {takes:g} an hour."
                )
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class LimitNotice:
    """Something about a limit that a person should know while they work."""

    kind: Literal["quota", "budget"]
    """What it is about."""
    level: Literal["info", "warning", "error"]
    """How pressing it is."""
    percent: int
    """The step that is reached, usually 80, 95 or 100."""
    message: str
    """The sentence."""
    key: str
    """Same key: same notice, shown once."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Where a running workspace stands against its budget and quotas."""

    percent: int
    """The largest share that is reached, in percent."""
    state: BudgetState
    """Where the project's budget stands."""
    notices: tuple[LimitNotice, ...]
    """Most pressing first."""
    stop: Literal["quota", "budget"] | None
    """Why it must stop; None: it need not."""
    grace: timedelta
    """Time that is left to it once it must."""
