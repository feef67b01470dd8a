"""Cards, starts, metering and cost, on every database and with the shipped policies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import ADMIN, SCIENTIST, STRANGER
from tests.support.services import open_audit
from tests.unit.workspaces.test_rules import document

from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import Forbidden, IllegalMove, Invalid, NotFound
from octavo_server.identity import service_caller
from octavo_server.policy.service import PolicyService
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.domain import MachineFacts
from octavo_server.workspaces.service import Choice, SessionView, WorkspacesService

HUB = service_caller("spawner")
INSTALL = service_caller("install")
MINUTE = timedelta(minutes=1)
GPU = {"cpu": 8, "memory_gib": 64, "processes": 1024, "gpu": 1, "gpu_type": "A100"}


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


class Templates:
    """A folder without templates."""

    def names(self) -> frozenset[str]:
        """Return none."""
        return frozenset()


class Files:
    """Profile files that a test may change."""

    def __init__(self) -> None:
        self.documents: dict[str, Mapping[str, Any]] = {
            "cpu-small": document(),
            "gpu-1": document(id="gpu-1", title="One GPU", resources=GPU, price_eur_per_hour=3.4),
            "closed": document(id="closed", title="Closed", audiences=["admins"]),
        }
        self.faults: dict[str, str] = {}

    def read(self) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
        """Return what the test put in."""
        return dict(self.documents), dict(self.faults)


class Machine:
    """A small machine, by default without a GPU."""

    def __init__(self) -> None:
        self.gpus: tuple[str, ...] = ()

    def facts(self) -> MachineFacts:
        """Return what it has."""
        return MachineFacts(cpus=2, memory_gib=8, gpus=self.gpus)


class World:
    """The service under test, and what it stands on."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = Clock()
        self.files = Files()
        self.machine = Machine()
        self.audit: AuditService = open_audit(database, folder, self.clock)
        policy = PolicyService(database, self.audit, CedarEngine())
        policy.install_default(default_policies())
        self.projects = ProjectsService(
            database, self.audit, Templates(), admin_group="admins", reviewer_group="reviewers"
        )
        self.service = WorkspacesService(
            database, self.audit, policy, self.projects, self.machine, self.files, self.clock
        )
        self.service.publish_profiles(INSTALL)
        self.make("flights", 2000)

    def make(self, name: str, cents: int) -> None:
        """Make a project that scientists belong to."""
        self.projects.create(
            INSTALL,
            name=name,
            title=name.title(),
            description="",
            template=None,
            monthly_budget_cents=cents,
        )
        self.projects.add_member(
            INSTALL, project=name, kind="group", name="scientists", role="scientist"
        )

    def start(self, profile: str = "cpu-small", project: str = "flights") -> SessionView:
        """Start a workspace as the scientist."""
        choice = Choice(project=project, profile=profile, digest=None)
        return self.service.open_session(HUB, "scientist", ["scientists"], choice)

    def actions(self) -> list[str]:
        """Return the trail's actions, newest first."""
        return [entry.action for entry in self.audit.entries()]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_publishing_the_same_files_again_changes_nothing(world: World) -> None:
    before = len(world.audit.entries())
    done = world.service.publish_profiles(INSTALL)
    assert (done.published, done.withdrawn, done.faults) == ((), (), ())
    assert len(world.audit.entries()) == before


def test_a_changed_file_is_a_new_version_and_a_removed_one_is_withdrawn(world: World) -> None:
    first = world.service.profile("cpu-small")
    world.files.documents["cpu-small"] = document(price_eur_per_hour=0.2)
    del world.files.documents["gpu-1"]
    done = world.service.publish_profiles(INSTALL)
    assert (done.published, done.withdrawn) == (("cpu-small",), ("gpu-1",))
    second = world.service.profile("cpu-small")
    assert (first.version, second.version) == (1, 2)
    assert first.digest != second.digest
    with pytest.raises(NotFound, match="gpu-1"):
        world.service.profile("gpu-1")
    assert world.actions()[:2] == ["workspaces.withdraw_profile", "workspaces.publish_profile"]


def test_a_file_with_a_fault_leaves_its_profile_as_it_was(world: World) -> None:
    del world.files.documents["cpu-small"]
    world.files.faults["cpu-small.yaml"] = "cpu-small.yaml: idle_minutes: 0 is too small"
    done = world.service.publish_profiles(INSTALL)
    assert done.faults == ("cpu-small.yaml: idle_minutes: 0 is too small",)
    assert world.service.profile("cpu-small").version == 1


def test_cards_say_what_may_be_started_and_why_not(world: World) -> None:
    cards = {card.version.profile.id: card for card in world.service.cards(SCIENTIST, "flights")}
    assert cards["cpu-small"].reasons == ()
    assert cards["gpu-1"].reasons == ("This machine has no GPU; One GPU needs 1 x A100.",)
    assert cards["closed"].reasons == ("Closed is for admins; ask an admin to join.",)
    assert list(cards)[-1] == "gpu-1"
    assert cards["cpu-small"].budget.left_micro_eur == 20_000_000


def test_cards_of_a_foreign_project_are_not_there(world: World) -> None:
    with pytest.raises(NotFound, match="'flights'"):
        world.service.cards(STRANGER, "flights")
    with pytest.raises(NotFound, match="'nope'"):
        world.service.cards(ADMIN, "nope")


def test_the_hub_is_offered_a_persons_own_projects(world: World) -> None:
    world.make("other", 100)
    offers = world.service.offers(HUB, "scientist", ["scientists"])
    assert sorted(one.project for one in offers) == ["flights", "other"]
    assert offers[0].role == "scientist"
    assert world.service.offers(HUB, "stranger", []) == []
    with pytest.raises(Forbidden):
        world.service.offers(SCIENTIST, "admin", ["admins"])


def test_a_start_is_on_the_trail_with_person_profile_and_policy(world: World) -> None:
    started = world.start()
    entry = world.audit.entries()[0]
    assert (entry.actor, entry.action) == ("scientist", "workspaces.start")
    assert entry.subject == f"session:{started.session.id}"
    assert entry.details["digest"] == started.version.digest
    assert entry.details["policy"]["facts"]["price_cents_per_hour"] == 12


@pytest.mark.parametrize(
    ("choice", "error", "sentence"),
    [
        (Choice(project="flights", profile="gpu-1", digest=None), Forbidden, "no GPU"),
        (Choice(project="flights", profile="closed", digest=None), Forbidden, "for admins"),
        (Choice(project="flights", profile="nope", digest=None), Invalid, "no profile 'nope'"),
        (Choice(project="nope", profile="cpu-small", digest=None), NotFound, "no project"),
        (
            Choice(project="flights", profile="cpu-small", digest="sha256:" + "0" * 64),
            Forbidden,
            "was changed after you opened the page",
        ),
    ],
)
def test_a_refused_choice_starts_nothing(
    world: World, choice: Choice, error: type[Exception], sentence: str
) -> None:
    before = world.actions()
    with pytest.raises(error, match=sentence):
        world.service.open_session(HUB, "scientist", ["scientists"], choice)
    assert world.actions() == before


def test_a_project_without_budget_starts_nothing(world: World) -> None:
    world.make("poor", 11)
    cards = {card.version.profile.id: card for card in world.service.cards(SCIENTIST, "poor")}
    assert "budget" in cards["cpu-small"].reasons[0]
    with pytest.raises(Forbidden, match="budget"):
        world.start(project="poor")


def test_heartbeats_meter_and_repeating_one_changes_nothing(world: World) -> None:
    session = world.start().session
    world.clock.now += 30 * MINUTE
    for _ in range(3):
        view = world.service.heartbeat(HUB, session.id, world.clock.now, None)
    assert view.seconds == 1800
    assert view.cost_micro_eur == 60_000
    assert view.budget.left_micro_eur == 20_000_000 - 60_000


def test_a_session_over_midnight_is_booked_on_both_days_and_months(world: World) -> None:
    session = world.start().session
    for _ in range(4):
        world.clock.now += 30 * MINUTE
        world.service.heartbeat(HUB, session.id, world.clock.now, world.clock.now)
    ended = world.service.end_session(HUB, session.id, world.clock.now, "stopped")
    assert ended.seconds == 7200
    assert ended.cost_micro_eur == 240_000
    report = world.service.cost("flights", None, None)
    assert [(one.day.isoformat(), one.seconds) for one in report.usage] == [("2026-04-01", 3600.0)]
    assert report.budget is not None
    assert report.budget.spent_micro_eur == 120_000


def test_an_ended_session_stays_ended(world: World) -> None:
    session = world.start().session
    first = world.service.end_session(HUB, session.id, world.clock.now, "idle")
    again = world.service.end_session(HUB, session.id, world.clock.now + MINUTE, "stopped")
    assert again.session == first.session
    assert again.session.end_reason == "idle"
    with pytest.raises(IllegalMove):
        world.service.heartbeat(HUB, session.id, world.clock.now, None)
    with pytest.raises(NotFound):
        world.service.heartbeat(HUB, "nope", world.clock.now, None)


def test_a_new_start_ends_what_is_still_open(world: World) -> None:
    first = world.start().session
    world.clock.now += MINUTE
    world.service.heartbeat(HUB, first.id, world.clock.now, None)
    world.clock.now += 60 * MINUTE
    world.start()
    over = world.service.end_session(HUB, first.id, world.clock.now, "stopped")
    assert over.session.end_reason == "superseded"
    assert over.seconds == 60


def test_a_session_nobody_has_seen_is_ended_where_it_was_seen_last(world: World) -> None:
    session = world.start().session
    world.clock.now += MINUTE
    world.service.heartbeat(HUB, session.id, world.clock.now, None)
    assert world.service.end_lost() == 0
    world.clock.now += 16 * MINUTE
    assert world.service.end_lost() == 1
    assert world.service.end_lost() == 0
    view = world.service.end_session(HUB, session.id, world.clock.now, "stopped")
    assert (view.session.end_reason, view.seconds) == ("lost", 60)
    assert world.actions()[0] == "workspaces.end"


def test_a_gpu_is_held_by_one_workspace_at_a_time(world: World) -> None:
    world.machine.gpus = ("A100",)
    held = world.start("gpu-1").session
    other = Choice(project="flights", profile="gpu-1", digest=None)
    with pytest.raises(Forbidden, match="All GPUs are in use: 1 of 1"):
        world.service.open_session(HUB, "second", ["scientists"], other)
    world.service.end_session(HUB, held.id, world.clock.now, "stopped")
    assert world.service.open_session(HUB, "second", ["scientists"], other).session.id


def test_a_lost_session_that_is_seen_again_goes_on_and_is_metered_whole(world: World) -> None:
    session = world.start().session
    world.clock.now += 16 * MINUTE
    assert world.service.end_lost() == 1
    view = world.service.heartbeat(HUB, session.id, world.clock.now, None)
    assert (view.session.state, view.session.end_reason) == ("running", None)
    assert view.seconds == 16 * 60
    assert world.actions()[0] == "workspaces.revive"


def test_runs_and_deployments_are_booked_too_and_idempotently(world: World) -> None:
    since = world.clock.now
    for minutes in (30, 30, 10, 90):
        world.service.record_usage(
            "run",
            "r1",
            person="scientist",
            project="flights",
            profile="cpu-small",
            since=since,
            until=since + minutes * MINUTE,
        )
    world.clock.now += 120 * MINUTE
    report = world.service.cost(None, since.date(), world.clock.now.date())
    assert [(one.kind, one.seconds) for one in report.usage] == [("run", 3600), ("run", 1800)]
    assert sum(one.cost_micro_eur for one in report.usage) == 180_000
    with pytest.raises(NotFound, match="nope"):
        world.service.record_usage(
            "run",
            "r2",
            person="a",
            project="flights",
            profile="nope",
            since=since,
            until=since + MINUTE,
        )


def test_usage_keeps_the_price_of_its_start(world: World) -> None:
    session = world.start().session
    before = world.clock.now
    world.clock.now += MINUTE
    world.files.documents["cpu-small"] = document(price_eur_per_hour=12)
    world.service.publish_profiles(INSTALL)
    after = world.clock.now + MINUTE
    for subject, since in (("d1", before), ("d2", after)):
        world.service.record_usage(
            "deployment",
            subject,
            person="scientist",
            project="flights",
            profile="cpu-small",
            since=since,
            until=since + MINUTE,
        )
    world.clock.now = after
    assert world.service.heartbeat(HUB, session.id, after, None).cost_micro_eur == 4_000
    report = world.service.cost(None, None, None)
    costs = {one.subject: one.cost_micro_eur for one in report.usage}
    assert (costs["d1"], costs["d2"]) == (2_000, 200_000)


def test_a_report_over_a_wrong_span_is_refused(world: World) -> None:
    day = world.clock.now.date()
    with pytest.raises(Invalid, match="since"):
        world.service.cost("flights", day, day - timedelta(days=1))
    with pytest.raises(Invalid, match="401 days"):
        world.service.cost("flights", day - timedelta(days=401), day)
