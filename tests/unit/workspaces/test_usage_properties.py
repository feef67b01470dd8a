"""Whatever happens, no hour is lost, none counted twice, and the parts make the whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.profiles import version

from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Row
from octavo_server.database.tables.usage import usage_hours, usage_project_hours
from octavo_server.workspaces.profiles.domain import Rate
from octavo_server.workspaces.usage import cost_rules, rules, store
from octavo_server.workspaces.usage.domain import Measured, Metered
from octavo_server.workspaces.usage.metering import UsageHour

T0 = datetime(2026, 3, 31, 21, tzinfo=UTC)
SECOND = timedelta(seconds=1)
VERSIONS = [
    version(),
    version(id="free", rates=(Rate(since=T0.date(), micro_eur=0),)),
    version(
        id="gpu-1",
        gpu=1,
        gpu_type="A100",
        rates=(
            Rate(since=T0.date(), micro_eur=3_333_333),
            Rate(since=(T0 + timedelta(days=1)).date(), micro_eur=7),
        ),
    ),
]

NUMBERS = st.floats(0, 1e6, allow_nan=False)
USES = st.none() | st.builds(
    Measured,
    cpu_seconds=st.none() | NUMBERS,
    memory_gib=st.none() | NUMBERS,
    gpu_percent=st.none() | st.floats(0, 100),
)
BEATS = st.lists(st.tuples(st.floats(0, 4 * 3600, allow_nan=False), USES), min_size=1, max_size=8)
SUBJECTS = st.lists(
    st.tuples(
        st.sampled_from(["session", "run", "deployment", "orphan", "platform"]),
        st.sampled_from(["", "ann", "bob"]),
        st.sampled_from(["", "flights", "weather"]),
        st.sampled_from([None, *VERSIONS]),
        BEATS,
    ),
    max_size=6,
)


def written(subjects: Sequence[tuple]) -> tuple[list[UsageHour], list[Row], list[Row]]:
    """Book everything; return the hours, the report's cells and the hours of projects."""
    database = MemoryDatabase()
    with database.write() as rows:
        for number, (kind, person, project, held, beats) in enumerate(subjects):
            meter = None
            for seconds, used in beats:
                metered = Metered(
                    kind=kind, subject=f"s{number}", person=person, project=project,
                    version=held, since=T0, until=T0 + seconds * SECOND, used=used,
                    micro_eur_per_hour=1_234_567,
                )  # fmt: skip
                known = meter or rules.opened(metered, T0)
                meter, hours = rules.advance(known, metered)
                store.add_hours(rows, hours)
        hours = [UsageHour(**row) for row in rows.find(usage_hours)]
        return hours, store.cube(rows), rows.find(usage_project_hours)


@settings(deadline=None, max_examples=150)
@given(SUBJECTS)
def test_the_parts_make_the_whole_exactly(subjects: list[tuple]) -> None:
    hours, cells, of_projects = written(subjects)
    total = sum(one.charge_micro_eur for one in hours)
    split = cost_rules.split(cells)
    assert split.attributed + split.idle + split.shared + split.unattributed == total
    assert min(split.attributed, split.idle, split.shared, split.unattributed) >= 0
    assert sum(row["charge_micro_eur"] for row in of_projects) == total
    for side in ("person", "project", "team", "profile", "kind", "day"):
        lines = cost_rules.lines(cells, lambda cell, side=side: str(cell[side]))
        assert sum(line.charge_micro_eur for line in lines) == total
    days = cost_rules.stacked(cells, cost_rules.named("project"))
    assert sum(line.charge_micro_eur for _, lines in days for line in lines) == total


@settings(deadline=None, max_examples=150)
@given(SUBJECTS)
def test_every_second_is_counted_once_and_nothing_is_wasted_twice(subjects: list[tuple]) -> None:
    hours, _, _ = written(subjects)
    for number, (_, _, _, _, beats) in enumerate(subjects):
        mine = [one for one in hours if one.subject == f"s{number}"]
        latest = T0 + max(seconds for seconds, _ in beats) * SECOND
        expected = (latest - T0) / SECOND
        assert abs(sum(one.seconds for one in mine) - expected) < 1e-3
        assert all(0 < one.seconds <= 3600 + 1e-6 for one in mine)
    for one in hours:
        assert 0 <= one.waste_micro_eur <= one.charge_micro_eur
        # Never below the price of the time, but for what is carried on to the next interval.
        assert one.charge_micro_eur >= one.price_micro_eur * one.seconds / 3600 - 2
        assert one.core_seconds >= one.core_seconds_requested - 1e-6
        assert one.core_seconds >= one.core_seconds_used - 1e-6


@settings(deadline=None, max_examples=150)
@given(BEATS, st.randoms(use_true_random=False))
def test_sending_beats_again_changes_nothing(beats: list[tuple], chance: object) -> None:
    subject = ("session", "ann", "flights", VERSIONS[0], beats)
    ordered = sorted(beats, key=lambda beat: beat[0])
    again = [beat for beat in ordered for _ in range(2)]
    once, _, _ = written([(*subject[:4], ordered)])
    twice, _, _ = written([(*subject[:4], again)])
    assert once == twice
