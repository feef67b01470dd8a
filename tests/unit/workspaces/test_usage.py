"""The books, on every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.workspaces import MINUTE, World

from octavo_server.database.rows import Database
from octavo_server.database.tables.usage import usage_hours, usage_project_hours
from octavo_server.errors import Invalid, NotFound
from octavo_server.workspaces.usage.domain import Measured, Metered, Terms

HOUR = timedelta(hours=1)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def metered(world: World, until: int = 0, **more: object) -> Metered:
    """Return a session of ann's, from now until some minutes later."""
    now = world.clock.now
    usual: dict[str, object] = {
        "kind": "session", "subject": "s1", "person": "ann", "project": "flights",
        "team": "scientists", "version": world.profiles.profile("cpu-small"),
        "since": now, "until": now + until * MINUTE,
    }  # fmt: skip
    return Metered(**{**usual, **more})  # type: ignore[arg-type]


def book(database: Database, world: World, *every: Metered) -> None:
    """Book each in a transaction of its own."""
    for one in every:
        with database.write() as rows:
            world.usage.book(rows, one)


def test_runs_and_deployments_are_booked_with_their_names(world: World) -> None:
    since = world.clock.now
    for minutes in (30, 30, 10, 90):
        world.usage.record(
            "run",
            "r1",
            person="scientist",
            project="flights",
            profile="cpu-small",
            since=since,
            until=since + minutes * MINUTE,
            part="score-daily",
        )
    world.usage.record(
        "deployment",
        "late/v1/x/1",
        person="scientist",
        project="flights",
        profile="cpu-small",
        since=since,
        until=since + 30 * MINUTE,
        part="late",
    )
    world.clock.now += 120 * MINUTE
    report = world.usage.report(None, since.date(), world.clock.now.date())
    assert [(one.name, one.seconds) for one in report.by_day] == [
        ("2026-03-31", 5400),
        ("2026-04-01", 1800),
    ]
    assert [(one.name, one.charge_micro_eur) for one in report.by_pipeline] == [
        ("score-daily", 180_000)
    ]
    assert [(one.name, one.charge_micro_eur) for one in report.by_deployment] == [("late", 60_000)]
    assert [one.name for one in report.by_kind] == ["run", "deployment"]
    assert report.split.total == 240_000


def test_a_profile_that_never_was_cant_be_booked(world: World) -> None:
    with pytest.raises(NotFound, match="nope"):
        world.usage.record(
            "run",
            "r2",
            person="a",
            project="flights",
            profile="nope",
            since=world.clock.now,
            until=world.clock.now + MINUTE,
        )


def test_a_run_is_booked_on_the_team_of_its_persons_workspace(
    world: World, database: Database
) -> None:
    book(database, world, metered(world, 10))
    world.usage.record(
        "run",
        "r1",
        person="ann",
        project="flights",
        profile="cpu-small",
        since=world.clock.now,
        until=world.clock.now + 10 * MINUTE,
        part="score",
        ended=True,
    )
    report = world.usage.report("flights", None, None)
    assert [(one.name, one.seconds) for one in report.by_team] == [("scientists", 1200)]


def test_beats_are_booked_once_in_whatever_order_they_come(
    world: World, database: Database
) -> None:
    beats = [metered(world, at, used=Measured(memory_gib=1)) for at in (0, 1, 1, 5, 3, 90, 5)]
    book(database, world, *beats)
    seconds, charge = world.usage.total("session", "s1")
    assert (seconds, charge) == (5400, 180_000)


def test_what_a_crash_left_is_closed_at_the_last_beat(world: World, database: Database) -> None:
    book(database, world, metered(world, 10))
    with pytest.raises(RuntimeError), database.write() as rows:  # noqa: PT012
        world.usage.book(rows, metered(world, 20))
        raise RuntimeError
    assert world.usage.total("session", "s1")[0] == 600
    book(database, world, metered(world, 20, ended=True))
    assert world.usage.total("session", "s1")[0] == 1200


def test_two_at_once_count_once(world: World, database: Database) -> None:
    book(database, world, metered(world))
    beats = [
        metered(world, minutes, subject=subject)
        for minutes in (10, 10, 20, 30)
        for subject in ("s1", "s2")
    ]
    with ThreadPoolExecutor(len(beats)) as threads:
        done = [threads.submit(book, database, world, beat) for beat in beats]
        assert [one.result(30) for one in done] == [None] * len(beats)
    assert [world.usage.total("session", one)[0] for one in ("s1", "s2")] == [1800, 1800]
    assert world.usage.budget("flights").spent_micro_eur == 120_000


def test_many_booked_at_once_are_those_booked_one_by_one(world: World, database: Database) -> None:
    beats = [
        metered(world, minutes, subject=f"{way}{n}", used=Measured(memory_gib=minutes / 10))
        for way in ("alone", "together")
        for n in range(20)
        for minutes in (5, 70, 70, 30)
    ]
    book(database, world, *beats[: len(beats) // 2])
    with database.write() as rows:
        world.usage.book_all(rows, beats[len(beats) // 2 :])
        world.usage.book_all(rows, [])
    for n in range(20):
        assert world.usage.total("session", f"alone{n}") == world.usage.total(
            "session", f"together{n}"
        )


def test_batches_in_any_order_dont_wait_in_a_circle(world: World, database: Database) -> None:
    beats = [metered(world, 10, subject=f"s{n}") for n in range(30)]

    def book_all(every: list[Metered]) -> None:
        for _ in range(5):
            with database.write() as rows:
                world.usage.book_all(rows, every)

    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(book_all, every) for every in (beats, beats[::-1])]
        assert [one.result(60) for one in done] == [None, None]
    assert {world.usage.total("session", f"s{n}")[0] for n in range(30)} == {600}


def test_hours_of_projects_are_the_sum_of_their_subjects(world: World, database: Database) -> None:
    world.make("weather", 1000)
    beats = [
        metered(world, minutes, subject=f"{project}{n}", project=project)
        for n in range(3)
        for minutes in (7, 50, 130)
        for project in ("flights", "weather")
    ]
    book(database, world, *beats)
    columns = ["core_seconds", "gib_seconds", "gpu_seconds", "charge_micro_eur"]
    by = ["project", "hour"]
    with database.read() as rows:
        parts = rows.sums(usage_hours, columns, by=by)
        whole = rows.sums(usage_project_hours, columns, by=by)

    def key(row: dict[str, object]) -> str:
        return f"{row['project']} {row['hour']}"

    assert sorted(parts, key=key) == sorted(whole, key=key)
    assert len(whole) == 6


def test_the_team_is_a_group_through_which_somebody_belongs(world: World) -> None:
    assert world.usage.team(["scientists", "others"], "flights") == "scientists"
    assert world.usage.team(["others"], "flights") == ""


def test_the_platforms_own_cost_is_shared_and_time_away_is_not_made_up(
    database: Database, tmp_path: Path
) -> None:
    world = World(database, tmp_path, Terms(shared_micro_eur_per_hour=6_000_000))
    world.clock.now += 2 * HOUR
    for minutes in (0, 5, 5, 10, 60, 5):
        world.clock.now += minutes * MINUTE
        world.usage.book_platform()
    report = world.usage.report(None, None, None)
    assert report.split.shared == report.split.total == 2_500_000
    assert [one.name for one in report.by_project] == ["(shared)"]


def test_without_a_price_the_platform_books_nothing_of_its_own(world: World) -> None:
    world.usage.book_platform()
    world.clock.now += 5 * MINUTE
    world.usage.book_platform()
    assert world.usage.report(None, None, None).by_kind == ()


def test_servers_without_session_are_nobodys_cost(world: World, database: Database) -> None:
    found = metered(world, 30, kind="orphan", subject="pod-1", person="", project="", ended=True)
    book(database, world, found, found)
    unknown = replace(found, subject="pod-2", version=None)
    book(database, world, unknown)
    report = world.usage.report(None, world.clock.now.date(), None)
    assert report.split.unattributed == report.split.total == 60_000
    assert [(one.name, one.seconds) for one in report.by_person] == [("", 3600)]


def test_days_are_stacked_by_what_is_asked_for(world: World, database: Database) -> None:
    book(database, world, metered(world, 30), metered(world, 30, subject="s2", person="bob"))
    day = world.clock.now.date()
    of_all = world.usage.report(None, day, None)
    assert [(day, [line.name for line in lines]) for day, lines in of_all.days] == [
        ("2026-03-31", ["flights"])
    ]
    people = world.usage.report("flights", day, None)
    assert [line.name for line in people.days[0][1]] == ["ann", "bob"]
    teams = world.usage.report("flights", day, None, "team")
    assert [(line.name, line.seconds) for line in teams.days[0][1]] == [("scientists", 3600)]


def test_a_report_over_a_wrong_span_is_refused(world: World) -> None:
    day = world.clock.now.date()
    with pytest.raises(Invalid, match="since"):
        world.usage.report("flights", day, day - timedelta(days=1))
    with pytest.raises(Invalid, match="401 days") as refused:
        world.usage.report("flights", day - timedelta(days=401), day)
    assert "shorter span" in refused.value.remedy


def test_who_uses_a_profile_is_counted(world: World, database: Database) -> None:
    book(database, world, metered(world, 30), metered(world, 30, subject="s2", person="bob"))
    assert world.usage.of_profile("cpu-small", world.clock.now) == (2, 1.0)
