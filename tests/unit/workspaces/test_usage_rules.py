"""Metering and money: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.profiles import version

from octavo_server.workspaces.profiles.domain import Rate
from octavo_server.workspaces.usage import rules
from octavo_server.workspaces.usage.domain import Measured, Metered
from octavo_server.workspaces.usage.metering import Meter, UsageHour

T0 = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CPU = version(cpu=2.0, memory_gib=8.0)
GPU = version(id="gpu-1", cpu=8.0, memory_gib=64.0, gpu=1, gpu_type="A100")


def metered(until: datetime, **more: object) -> Metered:
    """Return a session of ann's in flights, until a moment."""
    usual: dict[str, object] = {
        "kind": "session", "subject": "s1", "person": "ann", "project": "flights",
        "version": CPU, "since": T0, "until": until,
    }  # fmt: skip
    return Metered(**{**usual, **more})  # type: ignore[arg-type]


def booked(*beats: Metered) -> tuple[Meter, list[UsageHour]]:
    """Return the meter and all intervals after some beats."""
    meter, found = rules.opened(beats[0], T0), []
    for beat in beats:
        meter, more = rules.advance(meter, beat)
        found += more
    return meter, found


def test_time_is_split_at_each_utc_hour() -> None:
    split = [(rules.hour_of(start), seconds) for start, seconds in rules.hours(T0, T0 + 2 * HOUR)]
    assert split == [("2026-03-31T23", 1800), ("2026-04-01T00", 3600), ("2026-04-01T01", 1800)]
    assert list(rules.hours(T0, T0)) == []
    assert sum(seconds for _, seconds in rules.hours(T0, T0 + 49 * HOUR)) == 49 * 3600


def test_an_interval_costs_its_price_and_unknown_use_is_no_waste() -> None:
    _, hours = booked(metered(T0 + HOUR))
    assert [(one.hour, one.day, one.charge_micro_eur) for one in hours] == [
        ("2026-03-31T23", "2026-03-31", 60_000),
        ("2026-04-01T00", "2026-04-01", 60_000),
    ]
    assert [one.waste_micro_eur for one in hours] == [0, 0]
    assert [one.core_seconds for one in hours] == [3600, 3600]
    assert [one.core_seconds_used for one in hours] == [0, 0]


def test_what_is_kept_and_not_used_is_waste() -> None:
    used = Measured(cpu_seconds=1800, memory_gib=2)
    _, hours = booked(metered(T0 + HOUR, used=used))
    # Half a core of two and 2 GiB of 8: a quarter of what was kept.
    assert sum(one.charge_micro_eur for one in hours) == 120_000
    assert sum(one.waste_micro_eur for one in hours) == 90_000
    assert sum(one.core_seconds_used for one in hours) == pytest.approx(1800)
    assert sum(one.gib_seconds_used for one in hours) == pytest.approx(7200)


def test_use_beyond_what_was_requested_costs_more_and_counts_on_quotas() -> None:
    _, hours = booked(metered(T0 + HOUR, used=Measured(cpu_seconds=600, memory_gib=12)))
    assert sum(one.charge_micro_eur for one in hours) == 180_000
    assert sum(one.waste_micro_eur for one in hours) == 0
    assert sum(one.gib_seconds for one in hours) == 12 * 3600
    assert sum(one.gib_seconds_requested for one in hours) == 8 * 3600


@pytest.mark.parametrize(
    ("used", "waste"),
    [
        (Measured(cpu_seconds=0, memory_gib=1, gpu_percent=None), 0),
        (Measured(cpu_seconds=0, memory_gib=None, gpu_percent=0), 0),
        (Measured(cpu_seconds=0, memory_gib=0, gpu_percent=25), 90_000),
        (Measured(cpu_seconds=0, memory_gib=0, gpu_percent=100), 0),
    ],
)
def test_nothing_is_called_waste_that_nobody_measured(used: Measured, waste: int) -> None:
    _, hours = booked(metered(T0 + HOUR, version=GPU, used=used))
    assert sum(one.waste_micro_eur for one in hours) == waste
    assert sum(one.charge_micro_eur for one in hours) == 120_000


def test_the_same_or_an_earlier_beat_books_nothing() -> None:
    beats = [metered(T0 + at * MINUTE) for at in (30, 30, 10, 60, 45)]
    meter, hours = booked(*beats)
    assert sum(one.seconds for one in hours) == 3600
    assert meter.until == T0 + HOUR


def test_cpu_time_counts_from_the_last_reading_even_over_beats_without_one() -> None:
    _, hours = booked(
        metered(T0 + 10 * MINUTE, used=Measured(cpu_seconds=600, memory_gib=1)),
        metered(T0 + 20 * MINUTE),
        metered(T0 + 30 * MINUTE, used=Measured(cpu_seconds=1800, memory_gib=1)),
    )
    assert [one.core_seconds_used for one in hours] == [600, 0, 600]


@pytest.mark.parametrize("cpu_seconds", [10.0, 1e300])
def test_a_count_that_goes_back_or_leaps_is_unknown(cpu_seconds: float) -> None:
    _, hours = booked(
        metered(T0 + 10 * MINUTE, used=Measured(cpu_seconds=600, memory_gib=1)),
        metered(T0 + 20 * MINUTE, used=Measured(cpu_seconds=cpu_seconds, memory_gib=1)),
    )
    assert hours[1].core_seconds_used == 0
    assert hours[1].waste_micro_eur == 0
    assert hours[1].charge_micro_eur == 20_000


def test_an_absurd_beginning_is_cut() -> None:
    _, hours = booked(metered(T0 + HOUR, since=datetime(1970, 1, 1, tzinfo=UTC)))
    assert sum(one.seconds for one in hours) == 32 * 24 * 3600


def test_many_short_intervals_cost_what_a_long_one_does() -> None:
    odd = version(rates=(Rate(since=T0.date(), micro_eur=123_457),))
    beats = [metered(T0 + n * timedelta(seconds=7), version=odd) for n in range(1, 1001)]
    _, short = booked(*beats)
    _, long = booked(metered(T0 + timedelta(seconds=7000), version=odd))
    costs = [sum(one.charge_micro_eur for one in hours) for hours in (short, long)]
    assert abs(costs[0] - costs[1]) <= 1
    assert abs(costs[1] - 123_457 * 7000 / 3600) <= 1


def test_each_hour_has_the_price_of_its_day() -> None:
    rates = (Rate(since=T0.date(), micro_eur=100_000),
             Rate(since=(T0 + HOUR).date(), micro_eur=200_000))  # fmt: skip
    _, hours = booked(metered(T0 + HOUR, version=version(rates=rates)))
    assert [one.charge_micro_eur for one in hours] == [50_000, 100_000]
    assert [one.price_micro_eur for one in hours] == [100_000, 200_000]


def test_what_it_is_booked_on_is_fixed_by_the_first_beat() -> None:
    first = metered(T0 + 30 * MINUTE, team="blue")
    _, hours = booked(first, replace(first, until=T0 + HOUR, project="other", person="bob"))
    assert {(one.project, one.person, one.team) for one in hours} == {("flights", "ann", "blue")}


def test_without_a_profile_it_is_booked_at_the_price_given() -> None:
    _, hours = booked(metered(T0 + HOUR, version=None))
    assert [(one.profile, one.profile_version, one.charge_micro_eur) for one in hours] == [
        ("", 0, 0),
        ("", 0, 0),
    ]
    _, hours = booked(metered(T0 + HOUR, version=None, micro_eur_per_hour=5_000_000))
    assert sum(one.charge_micro_eur for one in hours) == 5_000_000
    assert sum(one.waste_micro_eur for one in hours) == 0


def test_an_ended_meter_stays_ended_unless_it_is_seen_later() -> None:
    meter, _ = booked(metered(T0 + HOUR, ended=True), metered(T0 + 30 * MINUTE))
    assert meter.ended
    meter, _ = booked(metered(T0 + HOUR, ended=True), metered(T0 + 2 * HOUR))
    assert not meter.ended


def test_without_a_group_the_team_is_the_profiles_label() -> None:
    held = version(labels={"team": "blue"})
    _, hours = booked(metered(T0 + HOUR, version=held))
    assert {one.team for one in hours} == {"blue"}
    _, hours = booked(metered(T0 + HOUR, version=held, team="red"))
    assert {one.team for one in hours} == {"red"}
