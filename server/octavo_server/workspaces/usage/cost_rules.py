"""Pure decisions about cost: how usage adds up, and what a month will come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from octavo_server.errors import Invalid
from octavo_server.workspaces.usage.cost import Line, Report, Split
from octavo_server.workspaces.usage.domain import Budget, BudgetSteps, Forecast, Side

DAY = timedelta(days=1)
PLATFORM = "platform"
SHARED = "(shared)"
"""What the platform's own cost is called beside people, projects, teams and profiles."""
LONGEST_REPORT_DAYS = 400

Cell = Mapping[str, Any]
"""Usage summed up for one day, kind, person, project, team, profile and part."""


def lines(cells: Iterable[Cell], name: Callable[[Cell], str]) -> tuple[Line, ...]:
    """Return one line a name, dearest first."""
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0, 0])
    for cell in cells:
        total = totals[name(cell)]
        total[0] += cell["seconds"]
        total[1] += cell["charge_micro_eur"]
        total[2] += cell["waste_micro_eur"]
    found = [
        Line(name=one, seconds=total[0], charge_micro_eur=int(total[1]),
             waste_micro_eur=int(total[2]))
        for one, total in totals.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda line: (-line.charge_micro_eur, line.name)))


def named(side: str) -> Callable[[Cell], str]:
    """Return how a cell is called on one side of a report; the platform's own is ``(shared)``."""
    return lambda cell: SHARED if cell["kind"] == PLATFORM else str(cell[side])


def split(cells: Iterable[Cell]) -> Split:
    """Return a whole cost in four parts, whose sum is exactly the whole."""
    attributed = idle = shared = unattributed = 0
    for cell in cells:
        charge, waste = cell["charge_micro_eur"], cell["waste_micro_eur"]
        if cell["kind"] == PLATFORM:
            shared += charge
        elif not cell["person"] or not cell["project"]:
            unattributed += charge
        else:
            attributed += charge - waste
            idle += waste
    return Split(attributed=attributed, idle=idle, shared=shared, unattributed=unattributed)


def stacked(
    cells: Iterable[Cell], name: Callable[[Cell], str]
) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """Return each day's lines, oldest day first."""
    days: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        days[cell["day"]].append(cell)
    return tuple((day, lines(days[day], name)) for day in sorted(days))


def report(
    cells: Sequence[Cell],
    *,
    project: str | None,
    since: date,
    until: date,
    today_micro_eur: int,
    budget: Budget | None,
    forecast: Forecast,
    by: Side,
) -> Report:
    """Return the report that usage adds up to, its days stacked ``by`` one side."""
    by_day = lines(cells, lambda cell: str(cell["day"]))
    return Report(
        project=project,
        since=since,
        until=until,
        split=split(cells),
        today_micro_eur=today_micro_eur,
        budget=budget,
        forecast=forecast,
        by_person=lines(cells, named("person")),
        by_project=lines(cells, named("project")),
        by_team=lines(cells, named("team")),
        by_profile=lines(cells, named("profile")),
        by_pipeline=lines(_of_kind(cells, "run"), named("part")),
        by_deployment=lines(_of_kind(cells, "deployment"), named("part")),
        by_kind=lines(cells, lambda cell: str(cell["kind"])),
        by_day=tuple(sorted(by_day, key=lambda line: line.name)),
        days=stacked(cells, named(by)),
    )


def _of_kind(cells: Iterable[Cell], kind: str) -> list[Cell]:
    return [cell for cell in cells if cell["kind"] == kind]


def span(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """Return the days of a report, by default the current month. Raises Invalid."""
    last = until or today
    first = since or last.replace(day=1)
    if not 0 <= (last - first).days <= LONGEST_REPORT_DAYS:
        raise Invalid(
            f"since: {first} to until: {last} is {(last - first).days} days; 0 to "
            f"{LONGEST_REPORT_DAYS} are allowed.",
            "Choose a shorter span that doesn't end before it begins.",
        )
    return first, last


def end_of_month(moment: datetime) -> datetime:
    """Return the first moment of the next UTC month."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + 32 * DAY).replace(day=1)


def forecast(
    now: datetime, spent: int, burn: int, limit: int | None, crossed: datetime | None
) -> Forecast:
    """Return what a month comes to at the burn of the last 24 hours.

    ``spent`` and ``limit`` are the month's, ``burn`` that of a day, all in millionths of a euro;
    ``crossed`` is when the limit was reached, if it was.
    """
    end = end_of_month(now)
    month = spent + round(burn * ((end - now) / DAY))
    exhausted = crossed
    if exhausted is None and limit is not None and burn > 0:
        at = now + min((limit - spent) / burn, 366.0) * DAY
        exhausted = at if at < end else None
    return Forecast(burn_micro_eur_per_day=burn, month_micro_eur=month, exhausted_at=exhausted)


def crossed_in(charges: Mapping[str, int], limit: int) -> datetime | None:
    """Return the end of the UTC hour in which the sum of hourly charges reached a limit."""
    total = 0
    for hour in sorted(charges):
        total += charges[hour]
        if total >= limit:
            begin = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
            return begin + timedelta(hours=1)
    return None


def check_steps(steps: BudgetSteps) -> None:
    """Raise Invalid unless people are told before starts end, and starts before what runs."""
    if steps.alert_percent <= steps.soft_stop_percent <= steps.hard_stop_percent:
        return
    raise Invalid(
        f"alert_percent {steps.alert_percent}, soft_stop_percent {steps.soft_stop_percent} and "
        f"hard_stop_percent {steps.hard_stop_percent} are not in order.",
        "Set the alert at most as high as the soft stop, and that at most as the hard stop.",
    )
