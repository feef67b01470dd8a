"""Pure decisions about materialisation: windows, cost, states, freshness; time is an argument."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from octavo.records.materialization import MOST_WINDOWS
from octavo_server.errors import Conflict, IllegalMove, Invalid
from octavo_server.features.materialization.domain import (
    MOVES,
    Expectation,
    Job,
    Lateness,
    State,
    Target,
    Window,
)

LONGEST_SPAN: Final = timedelta(days=3660)
"""Event times further apart than this are no backfill but a mistake."""
EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
AHEAD: Final = timedelta(minutes=1)
"""How far the clock of whoever asks may be ahead."""
FIRST_LOOK: Final = timedelta(days=366)
"""How far the first materialisation of a view looks back that says no begin."""
MOST_ATTEMPTS: Final = 5
YEAR_S: Final = 365 * 86_400
START_S: Final = 12.0
"""Seconds that the engine takes to begin, as measured."""
WINDOW_S: Final = 0.5
"""Seconds a window where nobody has measured one of the view yet."""
ROWS_PER_S: Final = 100_000.0
"""Rows of the source a second where nobody has measured the view yet."""


def moved(job: Job, to: State, **values: Any) -> Job:
    """Return the job in its new state. Raises IllegalMove."""
    if to not in MOVES[job.state]:
        raise IllegalMove(
            f"Materialisation {job.id} is {job.state.value}; it can't become {to.value}.",
            "Reload it to see what can be done with it.",
        )
    return replace(job, state=to, **values)


def check_span(since: datetime, until: datetime, now: datetime) -> None:
    """Raise Invalid unless the event times from ``since`` to ``until`` make sense at ``now``."""
    if until <= since:
        raise Invalid(
            f"until: {until.isoformat()} is not after since, {since.isoformat()}.",
            "Choose an end after the begin.",
        )
    if until > now + AHEAD:
        raise Invalid(
            f"until: {until.isoformat()} is in the future; no event has that time yet.",
            "Choose an end up to now, or leave it out.",
        )
    if since < EARLIEST:
        raise Invalid(
            f"since: {since.isoformat()} is before {EARLIEST.date()}, which the engine can't read.",
            "Choose a later begin.",
        )
    if until - since > LONGEST_SPAN:
        raise Invalid(
            f"since: from there to until are {(until - since).days} days; at most "
            f"{LONGEST_SPAN.days} are materialised in one job.",
            "Choose a shorter span, or several jobs.",
        )


def window_length(since: datetime, until: datetime, hours: int | None, views: int) -> timedelta:
    """Return the length of one window. Raises Invalid for too many windows."""
    whole = until - since
    if hours is None:
        return whole
    length = min(timedelta(hours=hours), whole)
    count = math.ceil(whole / length) * views
    if count > MOST_WINDOWS:
        least = math.ceil(whole / timedelta(hours=1) * views / MOST_WINDOWS)
        raise Invalid(
            f"window_hours: windows of {hours} h make {count} windows for {views} "
            f"{'view' if views == 1 else 'views'}; a job has at most {MOST_WINDOWS}.",
            f"Choose at least {least} h, or a shorter span.",
        )
    return length


def windows(
    views: Sequence[str], since: datetime, until: datetime, length_s: float
) -> list[Window]:
    """Return the windows of a job in order: one view after the other, the oldest first.

    The end of one window is the begin of the next: the engine takes both ends in, and a value that
    is read twice is written once.
    """
    return [
        Window(view=view, since=begin, until=end)
        for view in views
        for begin, end in _spans(since, until, timedelta(seconds=length_s))
    ]


def _spans(
    since: datetime, until: datetime, length: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    begin = since
    while begin < until:
        end = min(begin + length, until)
        yield begin, end
        begin = end


def next_since(
    reached: Mapping[str, datetime | None], until: datetime, overlap: timedelta
) -> datetime:
    """Return where a job begins that goes on from the last one of each of its views.

    The view that is furthest behind counts; one that was never materialised is read a year back,
    and nothing is read further back than one job may reach.
    """
    begins = [until - FIRST_LOOK if end is None else end - overlap for end in reached.values()]
    earliest = max(min(begins), until - LONGEST_SPAN, EARLIEST)
    # A clock that went back, or an end in the future, must not make an empty window.
    return min(earliest, until - max(overlap, timedelta(minutes=1)))


def estimate(count: int, done: Sequence[Job], rows: int | None) -> tuple[float, str]:
    """Return how many seconds ``count`` windows should take, and what that rests on.

    ``done`` are earlier jobs on the same views; without any, the rows of the source tell.
    """
    measured = [one for one in done if one.windows_done > 0 and one.seconds > 0]
    if measured:
        each = sum(one.seconds for one in measured) / sum(one.windows_done for one in measured)
        many = "job" if len(measured) == 1 else f"{len(measured)} jobs"
        return START_S + count * each, f"Measured by the last {many}: {each:.2g} s a window."
    if rows is None:
        return START_S + count * WINDOW_S, "Nobody knows yet how many rows there are."
    words = f"Not measured yet: {ROWS_PER_S:,.0f} rows of the source a second assumed."
    return START_S + count * WINDOW_S + rows / ROWS_PER_S, words


def cost_eur(seconds: float, price_eur_per_hour: float) -> float:
    """Return what seconds at a price of an hour cost, in euro."""
    return round(seconds / 3600 * price_eur_per_hour, 6)


def check_cancel(job: Job) -> None:
    """Raise IllegalMove for a job that is over."""
    if not MOVES[job.state]:
        raise IllegalMove(
            f"Materialisation {job.id} is {job.state.value}; only a queued or running one can be "
            "cancelled.",
            "Nothing is left to cancel.",
        )


def check_budget(project: str, left_cents: int) -> None:
    """Raise Conflict when nothing may be spent any more."""
    if left_cents <= 0:
        raise Conflict(
            f"The budget of {project} for this month is used up.",
            "Ask a platform admin to raise it, or wait for the next month.",
        )


def after_loss(job: Job, why: str) -> tuple[State, str]:
    """Return what becomes of a job whose worker died, and why, in a sentence.

    A window that is read again changes nothing that is there, so it is always safe to go on.
    """
    if job.cancel_requested_by:
        return State.CANCELLED, f"{why} {job.cancel_requested_by} cancelled it."
    if job.attempts >= MOST_ATTEMPTS:
        return State.FAILED, f"{why} It was tried {job.attempts} times; start it again by hand."
    return State.QUEUED, f"{why} It goes on after window {job.windows_done} of {job.windows}."


def retry_at(job: Job) -> datetime:
    """Return when a job that waits may be taken in hand: after failures later and later."""
    if job.attempts == 0 or job.attempt_at is None:
        return job.created_at
    return job.attempt_at + timedelta(seconds=5.0 * 2.0**job.attempts)


def done_message(job: Job) -> str:
    """Return what a finished job says of itself."""
    many = "1 window" if job.windows == 1 else f"{job.windows} windows"
    return f"{many}, {job.rows:,} entities, {job.seconds:.1f} s."


def late(
    view: str,
    newest_event_at: datetime | None,
    materialized_until: datetime | None,
    expected: Expectation | None,
    now: datetime,
) -> list[Lateness]:
    """Return which freshness figures exceed what is expected of a view."""
    if expected is None:
        return []
    clocks = (
        ("newest event", newest_event_at, expected.newest_event_within_s),
        ("materialised", materialized_until, expected.materialized_within_s),
    )
    found = []
    for clock, at, limit in clocks:
        if limit is None:
            continue
        age = math.inf if at is None else (now - at).total_seconds()
        if age > limit:
            found.append(_lateness(view, clock, age, limit))
    return found


def _lateness(view: str, clock: str, age: float, limit: int) -> Lateness:
    old = "never" if math.isinf(age) else f"{span(age)} ago"
    words = {
        "newest event": f"The newest event of {view} was {old}; expected within {span(limit)}.",
        "materialised": f"{view} was last materialised up to {old}; expected within {span(limit)}.",
    }
    if math.isinf(age):
        words["newest event"] = f"{view} has no event; expected within {span(limit)}."
        words["materialised"] = f"{view} was never materialised; expected within {span(limit)}."
    return Lateness(view=view, clock=clock, age_s=age, limit_s=limit, message=words[clock])


def span(seconds: float) -> str:
    """Return a span of time in its largest unit: ``3 h``; years from two on."""
    if seconds >= 2 * YEAR_S:
        return f"{seconds / YEAR_S:.3g} years"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def pipeline_name(target: Target) -> str:
    """Return under which name a target is seen and booked among the pipelines."""
    return f"materialize {target.name}"
