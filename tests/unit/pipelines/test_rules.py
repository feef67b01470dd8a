"""Runs move only as the table says; ticks are right across clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.records.pipelines import RunState
from octavo_server.cron import check_cron, due, ticks_after
from octavo_server.errors import IllegalMove, Invalid
from octavo_server.pipelines.runs import rules
from octavo_server.pipelines.runs.domain import MOVES, Run, Trigger
from octavo_server.pipelines.schedules.domain import Schedule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(state: RunState = RunState.QUEUED, attempts: int = 1) -> Run:
    return Run(
        id="r", project="p", pipeline="n", release="0" * 64, state=state, trigger=Trigger.MANUAL,
        schedule=None, tick=None, requested_by="x", parameters={}, profile="cpu-small",
        message="", created_at=NOON, attempts=attempts,
    )  # fmt: skip


@pytest.mark.parametrize("state", list(RunState))
@pytest.mark.parametrize("to", list(RunState))
def test_moves(state: RunState, to: RunState) -> None:
    if to in MOVES[state]:
        assert rules.moved(run(state), to).state is to
    else:
        with pytest.raises(IllegalMove, match=f"is {state.value}; it can't become {to.value}"):
            rules.moved(run(state), to)


@pytest.mark.parametrize(
    ("idempotent", "attempts", "to"),
    [
        (False, 1, RunState.UNKNOWN),
        (True, 1, RunState.QUEUED),
        (True, 2, RunState.QUEUED),
        (True, 3, RunState.UNKNOWN),
    ],
)
def test_a_lost_attempt_is_retried_only_if_declared_idempotent(
    idempotent: bool, attempts: int, to: RunState
) -> None:
    state, why = rules.after_loss(run(attempts=attempts), idempotent=idempotent, why="It died.")
    assert state is to
    assert why.startswith("It died.")


def local(cron: str, zone: str, after: datetime, count: int) -> list[str]:
    ticks = ticks_after(cron, zone, after, count)
    assert all(tick.tzinfo is UTC for tick in ticks)
    return [tick.strftime("%m-%d %H:%M") for tick in ticks]


SPRING = datetime(2026, 3, 28, 20, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "after", "ticks"),
    [
        # 02:30 doesn't exist on 29 March in Berlin: it comes right after the gap, once.
        ("30 2 * * *", SPRING, ["03-29 01:00", "03-30 00:30", "03-31 00:30"]),
        # 02:30 comes twice on 25 October: once is enough for a daily job.
        ("30 2 * * *", AUTUMN, ["10-25 00:30", "10-26 01:30", "10-27 01:30"]),
        # Every hour means every hour, also in the doubled one.
        ("0 * * * *", datetime(2026, 10, 24, 23, 30, tzinfo=UTC),
         ["10-25 00:00", "10-25 01:00", "10-25 02:00"]),
        ("0 5 * * 1-5", SPRING, ["03-30 03:00", "03-31 03:00", "04-01 03:00"]),
    ],
)  # fmt: skip
def test_ticks_in_berlin(cron: str, after: datetime, ticks: list[str]) -> None:
    assert local(cron, "Europe/Berlin", after, 3) == ticks


@pytest.mark.parametrize(
    ("cron", "zone", "says"),
    [
        ("0 5 * * *", "Mars/Olympus", "time_zone: 'Mars/Olympus' is no IANA time zone"),
        ("0 5 * * *", "../etc/passwd", "is no IANA time zone"),
        ("0 5 * *", "UTC", "has 4 fields; 5 are required"),
        ("* * * * * *", "UTC", "has 6 fields; 5 are required"),
        ("61 5 * * *", "UTC", "cron: '61 5 * * *'"),
        ("0 0 30 2 *", "UTC", "cron: '0 0 30 2 *'"),
        ("x y z a b", "UTC", "cron: 'x y z a b'"),
    ],
)
def test_a_wrong_schedule_names_field_and_value(cron: str, zone: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_cron(cron, zone)
    assert says in refused.value.message


def schedule(cron: str, next_at: datetime) -> Schedule:
    return Schedule(
        id="s", project="p", pipeline="n", cron=cron, time_zone="Europe/Berlin", parameters={},
        created_by="x", created_at=NOON, next_at=next_at,
    )  # fmt: skip


def test_after_a_break_the_newest_tick_stands_for_the_missed_ones() -> None:
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert due(schedule("0 * * * *", first), first) == (first, 0)
    later = first + timedelta(hours=3, minutes=20)
    assert due(schedule("0 * * * *", first), later) == (first + timedelta(hours=3), 3)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.integers(0, 59))  # noqa: DTZ001
def test_ticks_only_go_forward(moment: datetime, minute: int) -> None:
    after = moment.replace(tzinfo=UTC)
    ticks = ticks_after(f"{minute} 2 * * *", "America/New_York", after, 4)
    assert all(one < two for one, two in zip([after, *ticks], ticks, strict=False))


def test_provenance_names_release_inputs_and_parameters() -> None:
    made = rules.provenance(run(), {"output.ipynb": "1" * 64}, {"verdict": "identical"})
    build = made["buildDefinition"]
    assert build["resolvedDependencies"][0]["digest"] == {"sha256": "0" * 64}
    assert build["internalParameters"]["verdict"] == "identical"
    assert made["runDetails"]["metadata"]["invocationId"] == "r/1"
