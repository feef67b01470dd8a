"""Pure decisions about metering and cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from octavo_server.workspaces.usage.domain import Metered, Usage

HOUR_S = 3600
SECOND = timedelta(seconds=1)


def days(since: datetime, until: datetime) -> Iterator[tuple[date, float]]:
    """Yield each UTC day between two moments with the seconds that fall into it."""
    at = since.astimezone(UTC)
    end = until.astimezone(UTC)
    while at < end:
        midnight = datetime.combine(at.date() + timedelta(days=1), time(), UTC)
        edge = min(midnight, end)
        yield at.date(), (edge - at) / SECOND
        at = edge


def cost(seconds: float, price_micro_eur: int) -> int:
    """Return what ``seconds`` cost at a price an hour, in millionths of a euro."""
    return round(seconds * price_micro_eur / HOUR_S)


def usage_by_day(metered: Metered) -> list[Usage]:
    """Return the usage of everything between two moments, one record a UTC day."""
    profile = metered.version.profile
    return [
        Usage(
            kind=metered.kind,
            subject=metered.subject,
            day=day,
            person=metered.person,
            project=metered.project,
            profile=profile.id,
            seconds=seconds,
            cost_micro_eur=cost(seconds, profile.price_on(day)),
        )
        for day, seconds in days(metered.since, metered.until)
    ]


def first_of_month(moment: datetime) -> date:
    """Return the first UTC day of the month that ``moment`` lies in."""
    return moment.astimezone(UTC).date().replace(day=1)


def grouped(usage: Iterable[Usage], key: Callable[[Usage], str]) -> list[tuple[str, float, int]]:
    """Return (name, hours, cost in millionths of a euro) for each name, dearest first."""
    seconds: dict[str, float] = defaultdict(float)
    money: dict[str, int] = defaultdict(int)
    for one in usage:
        seconds[key(one)] += one.seconds
        money[key(one)] += one.cost_micro_eur
    names = sorted(money, key=lambda name: (-money[name], name))
    return [(name, seconds[name] / HOUR_S, money[name]) for name in names]
