"""Pure decisions about quotas and limits: which hold, how far they are used, what to say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from octavo.records.workspaces import PERSON
from octavo_server.errors import Invalid
from octavo_server.workspaces.profiles.domain import MICRO, Profile
from octavo_server.workspaces.usage.domain import (
    UNITS,
    Budget,
    BudgetState,
    LimitNotice,
    Limits,
    Member,
    Quota,
    QuotaLeft,
    QuotaResource,
    QuotaScope,
    QuotaState,
    Resolver,
    Terms,
    per_hour,
)
from octavo_server.workspaces.usage.rules import HOUR_S, hour_of

STEPS = (80, 95, 100)
"""Shares, in percent, at which people are told."""
RESERVED_HOURS = 1.0
"""What each running workspace keeps ahead of what it has used."""
SECONDS: dict[QuotaResource, str] = {
    "core_hours": "core_seconds",
    "gib_hours": "gib_seconds",
    "gpu_hours": "gpu_seconds",
}
"""The figure of a metered hour that a resource counts."""
KEPT: dict[QuotaResource, str] = {"core_hours": "cores", "gib_hours": "gib", "gpu_hours": "gpus"}
"""What of a meter a resource counts."""
INTERACTIVE = ("session", "orphan")
"""What counts on a person's quota; on a project's counts everything."""
UNREADABLE = "The books of quotas can't be read now"


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A quota that holds for one person in one project, groups already counted together."""

    scope: QuotaScope
    """Whose it is."""
    name: str
    """The person, the groups joined by a comma, or the project."""
    resource: QuotaResource
    """What is counted."""
    limit: float
    """Hours allowed in the window."""
    window_days: int
    """The window: the last so many days."""

    @property
    def of_project(self) -> bool:
        """Whether the whole project's use counts."""
        return self.scope == "project"


def holding(quotas: Iterable[Quota], member: Member, resolver: Resolver) -> list[Holding]:
    """Return what holds for a member of a project: the person's, their groups' and its quotas.

    A person's own quota of a resource takes the place of the groups'. Those of several groups
    with the same window count together as the resolver says.
    """
    every = [one for one in quotas if _concerns(one, member)]
    own = {one.resource for one in every if one.scope == "person"}
    of_groups: dict[tuple[QuotaResource, int], list[Quota]] = defaultdict(list)
    found: list[Holding] = []
    for one in every:
        if one.scope != "group":
            found.append(
                Holding(scope=one.scope, name=one.name, resource=one.resource, limit=one.limit,
                        window_days=one.window_days)
            )  # fmt: skip
        elif one.resource not in own:
            of_groups[one.resource, one.window_days].append(one)
    for (resource, days), members in of_groups.items():
        limit = resolved([one.limit for one in members], resolver)
        name = ", ".join(sorted(one.name for one in members))
        found.append(
            Holding(scope="group", name=name, resource=resource, limit=limit, window_days=days)
        )
    return found


def _concerns(quota: Quota, member: Member) -> bool:
    names = {"person": {member.person}, "group": member.groups, "project": {member.project}}
    return quota.name in names[quota.scope]


def check_name(scope: QuotaScope, name: str) -> None:
    """Raise Invalid for a name that no person or group can have."""
    if scope == "person" and not re.fullmatch(PERSON, name):
        raise Invalid(
            f"name: {name!r:.100} is no person's name.", "Give the name that the hub shows."
        )
    if not name.isprintable() or name != name.strip():
        raise Invalid(
            f"name: {name!r:.100} begins or ends with a space, or has characters that can't be "
            "seen.",
            "Give the name as the hub shows it.",
        )


def resolved(limits: list[float], resolver: Resolver) -> float:
    """Return how several groups' limits count together."""
    if resolver == "sum":
        return sum(limits)
    return max(limits) if resolver == "max" else min(limits)


def window_start(now: datetime, days: int) -> str:
    """Return the first UTC hour of a rolling window."""
    return hour_of(now - timedelta(days=days))


def left(
    one: Holding,
    member: Member,
    used: Mapping[str, Mapping[str, float]],
    kept: Mapping[str, Mapping[str, float]],
) -> QuotaLeft:
    """Return what is left of a quota, after what was used and what running ones keep.

    ``used`` and ``kept`` are by project or person, as the quota counts.
    """
    name = member.project if one.of_project else member.person
    seconds = used.get(name, {}).get(SECONDS[one.resource], 0.0)
    return QuotaLeft(
        resource=one.resource,
        scope=one.scope,
        name=one.name,
        limit=one.limit,
        used=seconds / HOUR_S,
        reserved=kept.get(name, {}).get(KEPT[one.resource], 0.0) * RESERVED_HOURS,
        window_days=one.window_days,
    )


def tightest_first(items: Iterable[QuotaLeft]) -> tuple[QuotaLeft, ...]:
    """Return what is left, in order of the share that is left."""
    return tuple(
        sorted(items, key=lambda one: (one.left / one.limit if one.limit else 0.0, one.resource))
    )


def unknown(terms: Terms) -> QuotaState:
    """Return the state while the books can't be read, as the setting says."""
    refusal = None
    if terms.when_unknown == "closed":
        refusal = f"{UNREADABLE}, so nothing is started; try again in a minute or tell an admin."
    return QuotaState(items=(), refusal=refusal, known=False)


# ---- limits of what runs


def limits(
    project: str,
    budget: Budget,
    state: QuotaState,
    profile: Profile,
    terms: Terms,
    month: str,
) -> Limits:
    """Return where a running workspace stands in a month, and whether it must stop."""
    items = [one for one in state.items if per_hour(profile, one.resource)]
    minutes = round(terms.grace.total_seconds() / 60)
    notices = [_quota_notice(one, minutes) for one in items if one.percent >= STEPS[0]]
    steps = budget_steps(budget)
    if budget.percent >= steps[0]:
        notices.append(_budget_notice(project, budget, minutes, month))
    over = any(one.percent >= 100 for one in items)
    hard = budget.state is BudgetState.HARD_STOP
    return Limits(
        percent=max([budget.percent, *(one.percent for one in items)]),
        state=budget.state,
        notices=tuple(sorted(notices, key=lambda one: (one.level != "error", -one.percent))),
        stop="quota" if over else "budget" if hard else None,
        grace=terms.grace,
    )


def budget_steps(budget: Budget) -> list[int]:
    """Return the shares of a budget at which people are told, ascending."""
    alert = budget.steps.alert_percent
    return sorted({alert, *(one for one in STEPS if one >= alert)})


def reached(percent: int, steps: Iterable[int]) -> int:
    """Return the highest step that a share has reached."""
    return max(one for one in steps if one <= percent)


def _quota_notice(one: QuotaLeft, minutes: int) -> LimitNotice:
    step = reached(one.percent, STEPS)
    what = f"{one.limit:g} {UNITS[one.resource]} in {one.window_days} days"
    who = f"The project {one.name} has" if one.scope == "project" else "You have"
    given = f" that {one.name} gives each member" if one.scope == "group" else ""
    message = f"{who} used {one.percent} % of {what}{given}."
    if step == 100:
        message += f" Workspaces that use them stop {minutes} min later; files are kept."
    return LimitNotice(
        kind="quota",
        level="error" if step == 100 else "warning",
        percent=step,
        message=message,
        key=f"quota:{one.scope}:{one.name}:{one.resource}:{one.window_days}:{step}",
    )


def _budget_notice(project: str, budget: Budget, minutes: int, month: str) -> LimitNotice:
    step = reached(budget.percent, budget_steps(budget))
    message = (
        f"{budget.percent} % of {project}'s budget of {budget.limit_micro_eur / MICRO:.2f} EUR "
        "this month are spent."
    )
    if budget.state is BudgetState.SOFT_STOP:
        hard = budget.steps.hard_stop_percent
        message += f" Nothing new starts; at {hard} % what runs is stopped."
    if budget.state is BudgetState.HARD_STOP:
        message += f" Workspaces stop {minutes} min later; files are kept."
    serious = budget.state in {BudgetState.SOFT_STOP, BudgetState.HARD_STOP}
    return LimitNotice(
        kind="budget",
        level="error" if serious else "warning",
        percent=step,
        message=message,
        key=f"budget:{project}:{month}:{step}:{budget.state.value}",
    )
