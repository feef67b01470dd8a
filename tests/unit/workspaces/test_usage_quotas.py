"""Quotas and limits, on every database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from tests.support.profiles import profile
from tests.support.workspaces import MINUTE, World

from octavo_server.database.rows import Database, Rows
from octavo_server.errors import Invalid, NotFound, OctavoError, Unavailable
from octavo_server.identity import Caller, CallerKind
from octavo_server.workspaces.usage.domain import BudgetState, Measured, Member, Metered, Terms
from octavo_server.workspaces.usage.quotas import Quotas

ADMIN = Caller(name="ada", kind=CallerKind.PERSON)
HOUR = timedelta(hours=1)
GPU = profile(id="gpu-1", title="One GPU", cpu=8.0, memory_gib=64.0, gpu=1, gpu_type="A100")
CPU = profile(title="Small CPU", cpu=2.0, memory_gib=8.0)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def allow(world: World, scope: str, name: str, limit: float, **more: Any) -> str:
    """Set a quota and return its id."""
    wanted = {"resource": "gpu_hours", "window_days": 30, "reason": "Fair shares.", **more}
    made = world.usage.quotas.set(ADMIN, scope=scope, name=name, limit=limit, **wanted)  # type: ignore[arg-type]
    return made.id


def use(
    database: Database,
    world: World,
    hours: float,
    subject: str = "s1",
    *,
    ended: bool = True,
    **more: Any,
) -> None:
    """Book a GPU workspace of ann's in flights that ran for some hours until now."""
    now = world.clock.now
    usual: dict[str, Any] = {
        "kind": "session", "subject": subject, "person": "ann", "project": "flights",
        "version": world.profiles.profile("gpu-1"), "since": now - hours * HOUR, "until": now,
        "ended": ended,
    }  # fmt: skip
    with database.write() as rows:
        world.usage.book(rows, Metered(**{**usual, **more}))


def left(world: World, person: str = "ann", groups: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    """Return scope, name, limit and used of each quota that holds."""
    state = world.usage.quota_state(person, groups, "flights")
    return [(one.scope, one.name, one.limit, round(one.used, 6)) for one in state.items]


def test_a_persons_quota_counts_their_workspaces_everywhere(
    world: World, database: Database
) -> None:
    world.make("weather", 1000)
    allow(world, "person", "ann", 20)
    use(database, world, 3)
    use(database, world, 2, "s2", project="weather")
    use(database, world, 9, "s3", person="bob")
    use(database, world, 9, "r1", kind="run")
    assert left(world) == [("person", "ann", 20, 5)]
    assert left(world, "bob") == []


def test_a_projects_quota_counts_all_that_is_booked_on_it(world: World, database: Database) -> None:
    allow(world, "project", "flights", 20)
    use(database, world, 3)
    use(database, world, 2, "s2", person="bob")
    use(database, world, 4, "r1", kind="run")
    assert left(world) == [("project", "flights", 20, 9)]


def test_a_groups_quota_holds_for_each_member_alone(world: World, database: Database) -> None:
    allow(world, "group", "blue", 10)
    use(database, world, 3)
    use(database, world, 8, "s2", person="bob")
    assert left(world, "ann", ("blue",)) == [("group", "blue", 10, 3)]
    assert left(world, "bob", ("blue",)) == [("group", "blue", 10, 8)]
    assert left(world, "ann", ("red",)) == []


@pytest.mark.parametrize(("resolver", "limit"), [("min", 10), ("max", 30), ("sum", 40)])
def test_several_groups_count_together_as_the_resolver_says(
    database: Database, tmp_path: Path, resolver: Any, limit: float
) -> None:
    world = World(database, tmp_path, Terms(resolver=resolver))
    allow(world, "group", "red", 10)
    allow(world, "group", "blue", 30)
    allow(world, "group", "blue", 5, window_days=1)
    assert left(world, "ann", ("blue", "red")) == [
        ("group", "blue, red", limit, 0),
        ("group", "blue", 5, 0),
    ] or left(world, "ann", ("blue", "red"))[::-1] == [
        ("group", "blue, red", limit, 0),
        ("group", "blue", 5, 0),
    ]


def test_a_persons_own_quota_takes_the_place_of_the_groups(world: World) -> None:
    allow(world, "group", "blue", 10)
    allow(world, "group", "blue", 100, resource="core_hours")
    allow(world, "person", "ann", 50)
    held = left(world, "ann", ("blue",))
    assert sorted(held) == [("group", "blue", 100, 0), ("person", "ann", 50, 0)]


def test_the_window_rolls_hour_by_hour(world: World, database: Database) -> None:
    allow(world, "person", "ann", 20, window_days=1)
    use(database, world, 4)
    assert left(world) == [("person", "ann", 20, 4)]
    world.clock.now += 22 * HOUR
    assert left(world) == [("person", "ann", 20, 2)]
    world.clock.now += 3 * HOUR
    assert left(world) == [("person", "ann", 20, 0)]


def test_use_beyond_the_profile_counts(world: World, database: Database) -> None:
    allow(world, "person", "ann", 100, resource="gib_hours")
    now = world.clock.now
    metered = Metered(
        kind="session", subject="s1", person="ann", project="flights",
        version=world.profiles.profile("cpu-small"), since=now - HOUR, until=now,
        used=Measured(cpu_seconds=1, memory_gib=12),
    )  # fmt: skip
    with database.write() as rows:
        world.usage.book(rows, metered)
    assert left(world) == [("person", "ann", 100, 12)]


def test_what_runs_keeps_an_hour_ahead_and_is_not_counted_twice(
    world: World, database: Database
) -> None:
    allow(world, "project", "flights", 5)
    use(database, world, 2, ended=False)
    (one,) = world.usage.quota_state("bob", (), "flights").items
    assert (one.used, one.reserved, one.left) == (2, 1, 2)
    use(database, world, 2, ended=True)
    (one,) = world.usage.quota_state("bob", (), "flights").items
    assert (one.used, one.reserved, one.left) == (2, 0, 3)


def test_what_waits_keeps_its_hour_until_it_is_forgotten(world: World, database: Database) -> None:
    allow(world, "project", "flights", 5)
    waiting = Metered(
        kind="session", subject="q1", person="ann", project="flights",
        version=world.profiles.profile("gpu-1"), since=world.clock.now, until=world.clock.now,
    )  # fmt: skip
    for _ in range(2):
        with database.write() as rows:
            world.usage.hold(rows, waiting)
        world.clock.now += 10 * MINUTE
    (one,) = world.usage.quota_state("bob", (), "flights").items
    assert (one.used, one.reserved) == (0, 1)
    world.clock.now += 10 * MINUTE
    assert world.usage.quota_state("bob", (), "flights").items[0].reserved == 0
    use(database, world, 0.25, "q1", ended=False)
    assert world.usage.total("session", "q1")[0] == 900


def test_a_quota_refuses_what_takes_more_than_it_leaves(world: World, database: Database) -> None:
    allow(world, "person", "ann", 2)
    allow(world, "project", "flights", 100)
    use(database, world, 1.5)
    state = world.usage.quota_state("ann", (), "flights")
    assert state.reasons(GPU) == (
        "0.5 of 2 GPU-hours in 30 days are left to ann; One GPU takes 1 an hour.",
    )
    assert state.reasons(CPU) == ()
    assert state.hours_left(GPU) == pytest.approx(0.5)
    assert state.hours_left(CPU) is None


def test_setting_a_quota_again_replaces_it_and_is_on_the_trail(world: World) -> None:
    first = allow(world, "person", "ann", 20)
    second = allow(world, "person", "ann", 30, reason="A deadline.")
    assert first == second
    (quota,) = world.usage.quotas.every()
    assert (quota.limit, quota.set_by) == (30, "ada")
    entry = world.audit.entries()[0]
    assert (entry.action, entry.subject) == ("workspaces.set_quota", "quota:person:ann")
    assert entry.details["before"] == 20
    assert entry.details["reason"] == "A deadline."


@pytest.mark.parametrize(
    ("scope", "name", "says"),
    [
        ("person", "ann ", "name: 'ann ' is no person's name."),
        ("person", "ann\n", r"name: 'ann\n' is no person's name."),
        ("person", "-", "name: '-' is no person's name."),
        ("group", " blue", "name: ' blue' begins or ends with a space"),
        ("group", "bl\u202eue", r"name: 'bl\u202eue' begins or ends"),
        ("project", "moon", "name: there is no project 'moon'."),
    ],
)
def test_a_quota_for_nobody_is_refused(world: World, scope: str, name: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        allow(world, scope, name, 5)
    assert refused.value.message.startswith(says)
    assert refused.value.remedy.startswith("Give the ")
    assert world.usage.quotas.every() == []


def test_a_quota_of_next_to_nothing_is_used_up(world: World, database: Database) -> None:
    allow(world, "person", "ann", 1e-320)
    use(database, world, 1)
    assert world.usage.limits("ann", (), "flights", GPU).stop == "quota"


def test_a_removed_quota_holds_no_more(world: World) -> None:
    made = allow(world, "person", "ann", 20)
    world.usage.quotas.remove(ADMIN, made, "The term is over.")
    assert world.usage.quotas.every() == []
    assert world.audit.entries()[0].details["reason"] == "The term is over."
    with pytest.raises(NotFound, match="no quota 'gone'") as refused:
        world.usage.quotas.remove(ADMIN, "gone", "Again.")
    assert refused.value.remedy == "Reload the list of quotas."


# ---- limits of what runs


@pytest.mark.parametrize(
    ("hours", "percent", "level", "stop"),
    [(7.9, None, None, None), (8, 80, "warning", None), (9.5, 95, "warning", None),
     (10, 100, "error", "quota"), (12, 100, "error", "quota")],
)  # fmt: skip
def test_people_are_told_at_80_95_and_100_percent_of_a_quota(
    database: Database, tmp_path: Path, hours: float, percent: int, level: str, stop: str
) -> None:
    world = World(database, tmp_path, Terms(grace=timedelta(minutes=7)))
    allow(world, "person", "ann", 10)
    world.make("rich", 10**9)
    use(database, world, hours, project="rich", ended=False)
    limits = world.usage.limits("ann", (), "rich", GPU)
    assert limits.stop == stop
    assert limits.grace == timedelta(minutes=7)
    assert [(one.percent, one.level, one.kind) for one in limits.notices] == (
        [(percent, level, "quota")] if percent else []
    )
    if stop:
        assert limits.notices[0].message == (
            f"You have used {hours * 10:.0f} % of 10 GPU-hours in 30 days. "
            "Workspaces that use them stop 7 min later; files are kept."
        )
    assert world.usage.limits("ann", (), "rich", CPU).notices == ()


def test_a_notice_says_whose_quota_it_is(world: World, database: Database) -> None:
    world.make("rich", 10**9)
    allow(world, "group", "blue", 10)
    allow(world, "project", "rich", 10)
    use(database, world, 9, project="rich")
    messages = [one.message for one in world.usage.limits("ann", ("blue",), "rich", GPU).notices]
    assert sorted(messages) == [
        "The project rich has used 90 % of 10 GPU-hours in 30 days.",
        "You have used 90 % of 10 GPU-hours in 30 days that blue gives each member.",
    ]


@pytest.mark.parametrize(
    ("eur", "state", "percent", "level", "stop", "says"),
    [
        (16, "alert", 80, "warning", None, "80 % of flights's budget of 20.00 EUR this month"),
        (19, "alert", 95, "warning", None, "95 % of flights's"),
        (20, "soft_stop", 100, "error", None, "Nothing new starts; at 110 % what runs is stopped."),
        (22, "hard_stop", 100, "error", "budget", "Workspaces stop 15 min later; files are kept."),
    ],
)
def test_people_are_told_on_the_way_through_a_budget(
    world: World,
    database: Database,
    eur: float,
    state: str,
    percent: int,
    level: str,
    stop: str,
    says: str,
) -> None:
    use(database, world, 0.5, version=None, micro_eur_per_hour=round(eur * 2e6))
    limits = world.usage.limits("ann", (), "flights", CPU)
    assert (limits.state, limits.stop) == (state, stop)
    (notice,) = limits.notices
    assert (notice.kind, notice.percent, notice.level) == ("budget", percent, level)
    assert says in notice.message


def test_the_limits_of_many_are_those_of_each(world: World, database: Database) -> None:
    world.make("weather", 1000)
    world.projects.set_budget(ADMIN, "flights", 10**6, "Enough.")
    allow(world, "person", "ann", 10)
    allow(world, "group", "blue", 4)
    allow(world, "project", "weather", 5)
    use(database, world, 9)
    use(database, world, 4, "s2", person="bob", project="weather")
    people = [("ann", "red"), ("bob", "blue"), ("eve", "blue")]
    members = [
        (Member(person=name, groups=frozenset({group}), project=project), profile)
        for name, group in people
        for project in ("flights", "weather")
        for profile in (GPU, CPU)
    ]
    alone = [world.usage.limits(one.person, one.groups, one.project, of) for one, of in members]
    assert world.usage.limits_of(members) == alone
    assert {one.stop for one in alone} == {None, "quota", "budget"}
    assert world.usage.limits_of([]) == []


# ---- books that can't be read


class Torn:
    """A database whose books can't be read."""

    def read(self) -> AbstractContextManager[Rows]:
        """Fail as an engine does that doesn't answer."""
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    def write(self) -> AbstractContextManager[Rows]:
        """Fail alike."""
        return self.read()


@pytest.mark.parametrize(("setting", "refused"), [("closed", True), ("open", False)])
def test_unknown_quotas_refuse_or_not_as_the_setting_says(
    database: Database, tmp_path: Path, setting: Any, refused: bool
) -> None:
    world = World(database, tmp_path, Terms(when_unknown=setting))
    world.usage.quotas = Quotas(Torn(), world.audit, world.projects, world.usage.terms, world.clock)
    state = world.usage.quota_state("ann", (), "flights")
    assert not state.known
    says = (
        "The books of quotas can't be read now, so nothing is started; "
        "try again in a minute or tell an admin."
    )
    assert state.reasons(CPU) == ((says,) if refused else ())
    limits = world.usage.limits("ann", (), "flights", GPU)
    assert (limits.stop, limits.state) == (None, BudgetState.OK)
    with pytest.raises(Unavailable) as unread:
        world.usage.quota_status(ADMIN, "flights")
    assert unread.value.message == "The books of quotas can't be read now."
    assert unread.value.remedy == "Try again in a minute."


@pytest.mark.parametrize("setting", ["closed", "open"])
def test_a_start_while_quotas_are_unknown_follows_the_setting(
    database: Database, tmp_path: Path, setting: Any
) -> None:
    world = World(database, tmp_path, Terms(when_unknown=setting))
    world.usage.quotas = Quotas(Torn(), world.audit, world.projects, world.usage.terms, world.clock)
    if setting == "open":
        assert world.start().session.state == "starting"
        return
    with pytest.raises(OctavoError) as refused:
        world.start()
    assert "The books of quotas can't be read now, so nothing is started" in refused.value.message
    assert world.service.open_now() == []


def test_a_start_over_a_quota_is_refused_with_what_is_left_and_nothing_starts(
    world: World,
) -> None:
    allow(world, "person", "scientist", 1.5, resource="core_hours")
    with pytest.raises(OctavoError) as refused:
        world.start()
    assert (
        "1.5 of 1.5 core-hours in 30 days are left to scientist; Small CPU takes 2 an hour."
        in refused.value.message
    )
    assert world.service.open_now() == []
