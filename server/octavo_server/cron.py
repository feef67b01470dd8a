"""Times that a cron line names; pure, time is an argument.

Shared by the area `pipelines` and the room `features/materialization`: one row a tick, and of ticks
that were missed the newest alone is made up for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from octavo_server.errors import Invalid


class Clockwork(Protocol):
    """What has a cron line and a next time."""

    @property
    def cron(self) -> str:
        """Five fields."""

    @property
    def time_zone(self) -> str:
        """IANA name."""

    @property
    def next_at(self) -> datetime | None:
        """Its next tick (UTC); None: it never comes again."""


def check_cron(cron: str, time_zone: str) -> None:
    """Raise Invalid unless both mean something."""
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise Invalid(
            f"time_zone: {time_zone[:64]!r} is no IANA time zone.",
            "Use a name such as Europe/Berlin or UTC.",
        ) from None
    if len(cron.split()) != 5:
        raise Invalid(
            f"cron: {cron[:80]!r} has {len(cron.split())} fields; 5 are required.",
            "Write minute, hour, day, month and weekday, such as `0 5 * * *`.",
        )
    try:
        first = next(CronSim(cron, datetime(2000, 1, 1, tzinfo=zone)), None)
    except CronSimError as error:
        raise Invalid(f"cron: {cron[:80]!r}: {error}.", "Write it like `0 5 * * 1-5`.") from None
    if first is None:
        raise Invalid(f"cron: {cron[:80]!r} never comes.", "Choose a day that exists.")


def ticks_after(cron: str, time_zone: str, after: datetime, count: int) -> list[datetime]:
    """Return the next ticks after a moment, in UTC.

    A local time that a clock change skips comes right after it; one that comes twice counts once,
    except where the hour is a wildcard (the rules of Debian's cron).
    """
    local = after.astimezone(ZoneInfo(time_zone))
    return [tick.astimezone(UTC) for tick in islice(CronSim(cron, local), count)]


def due(schedule: Clockwork, now: datetime) -> tuple[datetime, int]:
    """Return the newest tick that is due, and how many before it were missed."""
    assert schedule.next_at is not None  # noqa: S101 - only due schedules are asked about
    tick, missed = schedule.next_at, 0
    for following in CronSim(schedule.cron, tick.astimezone(ZoneInfo(schedule.time_zone))):
        if following > now:
            break
        tick, missed = following.astimezone(UTC), missed + 1
    return tick, missed
