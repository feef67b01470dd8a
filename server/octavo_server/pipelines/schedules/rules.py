"""Pure decisions about ticks, days and triggers; time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from octavo.records.pipelines import CatchUp
from octavo_server.errors import Invalid
from octavo_server.pipelines.schedules.domain import Schedule

ON_TIME = timedelta(seconds=60)
"""A tick that is found this late counts as on time: it wasn't missed."""
MOST_AT_ONCE = 200
"""Runs that are made in one transaction; the rest waits for the next look."""
MOST_DAYS = 1_000


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """What is to be done about a schedule that is due."""

    run: tuple[datetime, ...]
    """Ticks that get a run each (UTC), the oldest first."""
    missed: int
    """Ticks that get none."""
    following: datetime | None
    """When to look again (UTC); None: it never comes again."""


def ticks(schedule: Schedule, now: datetime) -> Ticks:
    """Return which due ticks get a run, by the schedule's policy and greatest age."""
    if schedule.next_at is None or schedule.next_at > now:
        return Ticks(run=(), missed=0, following=schedule.next_at)
    oldest = None
    if schedule.max_age_hours is not None:
        oldest = now - timedelta(hours=schedule.max_age_hours)
    chosen: list[datetime] = []
    missed = 0
    tick: datetime | None = schedule.next_at
    upcoming = CronSim(schedule.cron, schedule.next_at.astimezone(ZoneInfo(schedule.time_zone)))
    while tick is not None and tick <= now and len(chosen) < MOST_AT_ONCE:
        if _counts(schedule, tick, now, oldest):
            if schedule.catch_up is not CatchUp.ALL:
                missed += len(chosen)
                chosen.clear()
            chosen.append(tick)
        else:
            missed += 1
        local = next(upcoming, None)
        tick = None if local is None else local.astimezone(UTC)
    return Ticks(run=tuple(chosen), missed=missed, following=tick)


def _counts(schedule: Schedule, tick: datetime, now: datetime, oldest: datetime | None) -> bool:
    if schedule.paused:
        return False
    if now - tick <= ON_TIME:
        return True
    if schedule.catch_up is CatchUp.SKIP:
        return False
    return oldest is None or tick >= oldest


def message(found: Ticks) -> str:
    """Return what a run's page says of the ticks before its own."""
    if not found.missed:
        return "It waits for a free place."
    return f"It stands for {found.missed} earlier ticks too, missed while nothing ran."


def days_between(first: date, last: date, *, newest_first: bool) -> tuple[str, ...]:
    """Return the days from ``first`` to ``last``, both counted. Raises Invalid."""
    count = (last - first).days + 1
    if count < 1:
        raise Invalid(
            f"last: {last} is before {first}.", "Give the first and the last day of the range."
        )
    if count > MOST_DAYS:
        raise Invalid(
            f"The range has {count:,} days; the limit is {MOST_DAYS:,}.",
            "Ask for a shorter one, and for the rest later.",
        )
    days = [(first + timedelta(days=step)).isoformat() for step in range(count)]
    return tuple(reversed(days) if newest_first else days)


def require_no_circle(starts: Mapping[str, set[str]], name: str) -> None:
    """Raise Invalid when pipelines would start each other for ever.

    ``starts`` is pipeline -> pipelines whose runs start it.
    """
    path = [name]

    def walk(one: str) -> None:
        for before in sorted(starts.get(one, ())):
            if before == name:
                circle = " <- ".join([*path, name])
                raise Invalid(
                    f"triggers: the pipelines would start each other for ever: {circle}.",
                    "Leave one of these triggers out.",
                )
            if before not in path:
                path.append(before)
                walk(before)
                path.pop()

    walk(name)
