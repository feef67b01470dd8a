"""A change of features: planned, reviewed by another person, applied by a worker that may die."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.features import (
    FIRST,
    NOON,
    SECOND,
    FakeEngine,
    FakeReaders,
    FakeSnapshots,
    ProcessDied,
    declaration,
    published,
    view,
)
from tests.support.materialization import FakeLedger
from tests.support.people import ADMIN, REVIEWER, SCIENTIST
from tests.support.services import open_audit

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.errors import (
    Conflict,
    Forbidden,
    IllegalMove,
    Invalid,
    NotFound,
    OctavoError,
    PolicyRefused,
    Unavailable,
)
from octavo_server.features.catalog.domain import Read
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.applying import Applier
from octavo_server.features.publishing.changes import ChangesService, Reviewed
from octavo_server.features.publishing.domain import (
    Checked,
    FeatureChange,
    Finding,
    Reader,
)
from octavo_server.features.publishing.planning import Planner
from octavo_server.features.publishing.service import PublishingService
from octavo_server.identity import service_caller
from octavo_server.lineage.service import LineageService
from octavo_server.load import is_loaded
from octavo_server.policy.service import PolicyService

REASON = "The delay of the route is needed too."
THIRD = "d" * 64


class FakePrices:
    """What an hour costs."""

    profile = "cpu-small"

    def eur_per_hour(self) -> float:
        return 3.6


@dataclass
class FakeWorkers:
    """Which worker processes live."""

    own_id: str = "worker-1"
    living: set[str] = field(default_factory=set)

    def lives(self, worker: str) -> bool:
        return worker in self.living


class World:
    """The room on a real database, with an engine that does what it is told."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.audit = open_audit(database, folder)
        self.policy = PolicyService(database, self.audit, CedarEngine())
        self.policy.install_default(default_policies())
        self.lineage = LineageService(database)
        self.engine, self.snapshots, self.readers = FakeEngine(), FakeSnapshots(), FakeReaders()
        (folder / "templates" / "flights" / "feature_repo").mkdir(parents=True)
        (folder / "lake" / "flights").mkdir(parents=True)
        self.places = Places(
            lakes=folder / "lake", features=folder / "features", templates=folder / "templates"
        )
        self.catalog = CatalogService(database, self.lineage, self.places, lambda: NOON)
        self.publishing = PublishingService(
            database=database,
            catalog=self.catalog,
            audit=self.audit,
            policy=self.policy,
            lineage=self.lineage,
            engine=self.engine,
            snapshots=self.snapshots,
            places=self.places,
        )
        planner = Planner(
            database=database,
            catalog=self.catalog,
            policy=self.policy,
            engine=self.engine,
            readers=self.readers,
            places=self.places,
            prices=FakePrices(),
        )
        self.changes = ChangesService(database, self.audit, self.policy, self.catalog, planner)
        self.workers, self.ledger = FakeWorkers(), FakeLedger()
        self.publishing.publish(ADMIN, "flights", "flights", "The features of the template.")

    def applier(self, name: str = "worker-1") -> Applier:
        """Return what a worker process applies with; another name is another process."""
        self.workers = FakeWorkers(own_id=name)
        return Applier(
            database=self.database,
            audit=self.audit,
            catalog=self.catalog,
            publishing=self.publishing,
            engine=self.engine,
            snapshots=self.snapshots,
            places=self.places,
            workers=self.workers,
            ledger=self.ledger,
            prices=FakePrices(),
        )

    def propose(self, wanted: FeatureDeclaration | None = None, **more: Any) -> Reviewed:
        wanted = wanted or declaration("carrier_delay", "route_delay")
        return self.changes.propose(SCIENTIST, "flights", wanted, reason=REASON, **more)

    def approve(self, made: Reviewed, **more: Any) -> Reviewed:
        given = {"approve": True, "reason": "It looks right.", "digest": made.change.digest, **more}
        return self.changes.review(REVIEWER, "flights", made.change.id, **given)

    def approved(self) -> Reviewed:
        """Return an approved change; the engine builds its second snapshot."""
        both = (view(snapshot=SECOND), view("route_delay", snapshot=SECOND))
        self.engine.publication = published(SECOND, *both)
        return self.approve(self.propose())

    def now(self, made: Reviewed) -> FeatureChange:
        return self.changes.change("flights", made.change.id).change

    @property
    def pointer(self) -> str | None:
        return self.snapshots.pointed_to(self.places.snapshots("flights"))

    def actions(self) -> list[str]:
        return [one.action for one in reversed(self.audit.entries()) if "policy" not in one.action]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(MemoryDatabase(), tmp_path)


def test_a_change_becomes_current_after_another_person_approved_it(
    database: Database, tmp_path: Path
) -> None:
    world = World(database, tmp_path)
    made = world.approved()
    assert world.pointer == FIRST
    world.applier().step()
    now = world.now(made)
    assert (now.state, now.snapshot, now.done, now.steps) == ("applied", SECOND, 7, 7)
    assert (now.author, now.reviewer) == ("scientist", "reviewer")
    assert world.pointer == SECOND
    snapshot = world.catalog.snapshot("flights")
    assert (snapshot.id, snapshot.published_by, snapshot.previous) == (SECOND, "scientist", FIRST)
    assert world.publishing.declaration("flights") == made.declaration
    assert world.actions() == [
        "features.publish",
        "features.propose",
        "features.review",
        "features.apply",
        "features.publish",
        "features.applied",
    ]


def test_a_plan_says_what_changes_whom_it_reaches_and_what_it_costs(world: World) -> None:
    world.readers.known = [
        Reader(
            kind="model", name="late version 3", person="ann",
            columns=frozenset({"carrier_delay_mean_24h"}),
        )
    ]  # fmt: skip
    world.engine.checked = Checked(findings=(), leaks=("too early",), rows={"carrier_delay": 30})
    plan = world.changes.plan(SCIENTIST, "flights", declaration(columns=("known_at",)))
    [one] = plan.differences
    assert (one.kind, one.name, one.what, one.breaks) == ("view", "carrier_delay", "changed", True)
    [reached] = plan.impact
    assert (reached.kind, reached.name, reached.breaks) == ("model", "late version 3", True)
    assert "carrier_delay_mean_24h, which is removed" in reached.why
    assert (plan.cost.rows, plan.cost.seconds, plan.cost.eur) == (30, 5.0, 0.005)
    assert not plan.policy.allowed
    assert "not known yet" in plan.policy.reasons[0]
    assert world.changes.changes("flights") == []


def test_a_notebook_that_read_a_column_lately_would_break(world: World) -> None:
    def read(path: str, column: str) -> Read:
        return Read(
            project="flights",
            view="carrier_delay",
            columns=(column,),
            how="historical",
            person="ann",
            at=NOON,
            subject=path,
        )

    mean, known = "carrier_delay_mean_24h", "carrier_delay_known_at"
    reads = [read("train.ipynb", mean), read("other.ipynb", known), read("run:1", mean)]
    assert world.catalog.count("flights", reads) == 3
    plan = world.changes.plan(SCIENTIST, "flights", declaration(columns=("known_at",)))
    assert [(one.kind, one.name, one.person, one.breaks) for one in plan.impact] == [
        ("notebook", "train.ipynb", "ann", True)
    ]


def test_the_same_again_is_no_change(world: World) -> None:
    assert world.changes.plan(SCIENTIST, "flights", declaration()).same
    world.engine.refuses = AssertionError("the lake was looked at")
    with pytest.raises(Conflict, match="says what the current snapshot says already"):
        world.propose(declaration())


def test_a_change_of_an_old_snapshot_is_refused_before_the_lake_is_looked_at(world: World) -> None:
    world.engine.refuses = AssertionError("the lake was looked at")
    with pytest.raises(Conflict, match="made from snapshot cccccccccccc, and aaaaaaaaaaaa"):
        world.propose(base="c" * 64)


def test_nobody_approves_their_own_change(world: World) -> None:
    made = world.propose()
    with pytest.raises(Forbidden, match="scientist can't review it too"):
        world.changes.review(
            SCIENTIST,
            "flights",
            made.change.id,
            approve=True,
            reason="x",
            digest=made.change.digest,
        )
    assert world.now(made).state == "planned"


def test_what_was_reviewed_is_what_was_seen(world: World) -> None:
    made = world.propose()
    with pytest.raises(Invalid, match="the change under review has"):
        world.approve(made, digest="e" * 64)


def test_a_change_is_stale_once_another_snapshot_is_current(world: World) -> None:
    old = world.propose(declaration("carrier_delay", "plane_delay"))
    made = world.approved()
    world.applier().step()
    assert world.now(made).state == "applied"
    with pytest.raises(Conflict, match="made from snapshot aaaaaaaaaaaa, and bbbbbbbbbbbb"):
        world.approve(old)
    assert world.approve(old, approve=False).change.state == "rejected"
    with pytest.raises(Conflict, match="changed meanwhile"):
        world.propose(declaration(), base=FIRST)


def test_one_change_is_applied_after_the_other(world: World) -> None:
    world.approved()
    other = world.propose(declaration("carrier_delay", "plane_delay"))
    with pytest.raises(Conflict, match="is being applied"):
        world.approve(other)


def test_a_leak_is_refused_at_the_review_and_again_at_the_build(world: World) -> None:
    world.engine.checked = Checked(findings=(), leaks=("row 3",), rows={})
    with pytest.raises(PolicyRefused, match="not known yet"):
        world.approve(world.propose())
    world.engine.checked = Checked(findings=(), leaks=(), rows={})
    made = world.approve(world.propose())
    world.engine.publication = published(SECOND, leaks=("row 4",))
    world.applier().step()
    assert world.now(made).state == "failed"
    assert "not known yet" in world.now(made).message
    assert "row 4" in world.now(made).message
    assert world.snapshots.discarded == [SECOND]
    assert world.pointer == FIRST


def test_errors_keep_a_declaration_from_being_proposed(world: World) -> None:
    fault = Finding(severity="error", where="view carrier_delay", message="There is no table.")
    world.engine.checked = Checked(findings=(fault,), leaks=(), rows={})
    with pytest.raises(Invalid, match=r"declaration: view carrier_delay: There is no table"):
        world.propose()
    assert world.changes.changes("flights") == []


def test_a_change_of_another_project_is_not_found(world: World) -> None:
    made = world.propose()
    with pytest.raises(NotFound, match="no change"):
        world.changes.change("other", made.change.id)
    with pytest.raises(NotFound):
        world.changes.cancel(SCIENTIST, "other", made.change.id)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unavailable("The engine failed.", "Try again."), "The engine failed. Try again."),
        (Invalid("The column is gone.", "Correct it."), "The column is gone. Correct it."),
        (RuntimeError("secret"), "The worker failed; its log has details."),
    ],
)
def test_a_build_that_fails_changes_nothing(world: World, error: Exception, said: str) -> None:
    made = world.approved()
    world.engine.refuses = error
    world.applier().step()
    assert (world.now(made).state, world.now(made).message) == ("failed", said)
    assert world.catalog.snapshot("flights").id == FIRST
    assert world.pointer == FIRST


# ---- a process that dies


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_a_worker_that_dies_while_it_builds_leaves_nothing_half_done(
    world: World, step: int
) -> None:
    made = world.approved()
    world.engine.dies_after = step
    with pytest.raises(ProcessDied):
        world.applier().step()
    assert (world.now(made).state, world.now(made).worker) == ("applying", "worker-1")
    assert (world.catalog.snapshot("flights").id, world.pointer) == (FIRST, FIRST)
    world.engine.dies_after = 0
    world.applier("worker-2").step()
    assert (world.now(made).state, world.pointer) == ("applied", SECOND)
    assert world.snapshots.swept[-1] == {FIRST}


def test_a_worker_that_dies_before_it_points_is_finished_by_the_next(world: World) -> None:
    made = world.approved()
    world.snapshots.dies = True
    with pytest.raises(ProcessDied):
        world.applier().step()
    assert (world.now(made).state, world.now(made).snapshot) == ("applying", SECOND)
    assert (world.catalog.snapshot("flights").id, world.pointer) == (SECOND, FIRST)
    world.snapshots.dies = False
    orders = len(world.engine.orders)
    world.applier("worker-2").step()
    assert (world.now(made).state, world.pointer) == ("applied", SECOND)
    assert len(world.engine.orders) == orders, "what is current is not built again"


def test_what_is_current_is_not_failed_for_a_full_disk(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    made = world.approved()
    world.snapshots.full = True
    applier = world.applier()
    applier.step()
    said = len(world.actions())
    applier.step()
    now = world.now(made)
    assert (now.state, now.step, world.pointer) == (
        "applying",
        "readers can't be pointed to it yet; trying again",
        FIRST,
    )
    assert len(world.actions()) == said, "trying again is nothing new"
    assert caplog.text.count("readers can't be pointed to") == 1
    world.snapshots.full = False
    applier.step()
    assert (world.now(made).state, world.pointer) == ("applied", SECOND)


@pytest.mark.parametrize("dies", [False, True])
def test_what_loading_took_is_booked_once_on_the_author(world: World, dies: bool) -> None:
    loaded = {"carrier_delay": 3, "route_delay": 1}
    made = world.approved()
    built = replace(world.engine.publication, loaded=loaded, load_seconds=72.0)
    world.engine.publication = built
    world.snapshots.dies = dies
    with pytest.raises(ProcessDied) if dies else nullcontext():
        world.applier().step()
    world.snapshots.dies = False
    world.applier("worker-2").step()
    assert world.now(made).state == "applied"
    assert world.ledger.booked == {made.change.id: pytest.approx(72 / 3600)}
    assert world.ledger.parts == {"publish features"}
    costs = [world.catalog.detail("flights", name).cost for name in loaded]
    assert [(one.materializations, one.seconds, one.micro_eur) for one in costs] == [
        (1, 54.0, 54_000),
        (1, 18.0, 18_000),
    ]


def test_a_change_that_loads_nothing_books_nothing(world: World) -> None:
    world.approved()
    world.engine.publication = replace(world.engine.publication, loaded={}, load_seconds=0.0)
    world.applier().step()
    assert world.ledger.booked == {}


def test_a_transaction_that_fails_leaves_neither_snapshot_nor_entry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.approved()

    def fail(*_: object) -> None:
        raise ProcessDied

    with monkeypatch.context() as broken:
        broken.setattr(world.publishing, "_link", fail)
        with pytest.raises(ProcessDied):
            world.applier().step()
    assert (world.catalog.snapshot("flights").id, world.pointer) == (FIRST, FIRST)
    assert world.now(made).snapshot is None
    assert world.actions().count("features.publish") == 1
    world.applier("worker-2").step()
    assert (world.now(made).state, world.pointer) == ("applied", SECOND)


def test_a_change_that_a_living_worker_applies_is_left_alone(world: World) -> None:
    made = world.approved()
    world.engine.dies_after = 2
    with pytest.raises(ProcessDied):
        world.applier().step()
    other = world.applier("worker-2")
    world.workers.living = {"worker-1"}
    orders = len(world.engine.orders)
    other.step()
    assert len(world.engine.orders) == orders
    assert world.now(made).state == "applying"


def test_while_another_process_builds_a_change_waits(world: World) -> None:
    made = world.approved()
    world.snapshots.taken = True
    world.applier().step()
    assert world.now(made).state == "approved"


# ---- stopping


def test_an_author_withdraws_and_nobody_else(world: World) -> None:
    made = world.propose()
    with pytest.raises(Forbidden, match="reviewer can't withdraw it"):
        world.changes.cancel(REVIEWER, "flights", made.change.id)
    assert world.changes.cancel(SCIENTIST, "flights", made.change.id).change.state == "withdrawn"
    with pytest.raises(IllegalMove, match="withdrawn"):
        world.changes.cancel(SCIENTIST, "flights", made.change.id)


def test_what_is_approved_but_not_begun_is_stopped_at_once(world: World) -> None:
    made = world.approved()
    stopped = world.changes.cancel(REVIEWER, "flights", made.change.id).change
    assert (stopped.state, stopped.message) == ("cancelled", "reviewer stopped it.")
    world.applier().step()
    assert world.pointer == FIRST


def during(world: World, call: Callable[[], object]) -> None:
    """Let ``call`` happen once, while the engine builds."""
    build = world.engine.build
    world.engine.slow = True

    def slowly(order: Any, progress: Any, stop: Any) -> Any:
        call()
        return build(order, progress, stop)

    world.engine.build = slowly  # type: ignore[method-assign]


def test_what_is_being_applied_stops_when_somebody_asks(world: World) -> None:
    made = world.approved()
    during(world, lambda: world.changes.cancel(ADMIN, "flights", made.change.id))
    world.applier().step()
    now = world.now(made)
    assert (now.state, now.message) == ("cancelled", "admin stopped it.")
    assert (world.catalog.snapshot("flights").id, world.pointer) == (FIRST, FIRST)


def test_a_worker_that_stops_leaves_its_change_to_the_next(world: World) -> None:
    made = world.approved()
    applier = world.applier()
    during(world, applier.stop)
    applier.step()
    assert world.now(made).state == "applying"
    world.engine.slow = False
    world.applier("worker-2").step()
    assert world.now(made).state == "applied"


def test_what_is_current_can_not_be_stopped_any_more(world: World) -> None:
    made = world.approved()
    world.snapshots.dies = True
    with pytest.raises(ProcessDied):
        world.applier().step()
    with pytest.raises(IllegalMove, match="is current already"):
        world.changes.cancel(ADMIN, "flights", made.change.id)


def test_the_template_never_takes_a_reviewed_change_back(world: World, tmp_path: Path) -> None:
    """`octavo up` publishes the template once, and again only where nobody changed anything."""
    features: Any = SimpleNamespace(catalog=world.catalog, publishing=world.publishing)
    note = tmp_path / "loaded.json"
    install = service_caller("install", "flights")
    world.engine.publication = published(THIRD)
    world.publishing.publish(install, "flights", "flights", "The features of the template.")
    for snapshot in (SECOND, THIRD):
        (world.places.snapshots("flights") / snapshot).mkdir(parents=True)
    assert not is_loaded(features, "flights", note, "f1")
    note.write_text(json.dumps({"made_from": "f1", "snapshot": THIRD}))
    assert is_loaded(features, "flights", note, "f1")
    assert not is_loaded(features, "flights", note, "f2"), "the template itself is newer"
    world.approved()
    world.applier().step()
    assert world.catalog.snapshot("flights").id == SECOND
    assert is_loaded(features, "flights", note, "f2")


def test_every_refusal_says_what_to_do(world: World) -> None:
    made = world.propose()
    calls: list[Callable[[], object]] = [
        lambda: world.propose(declaration()),
        lambda: world.approve(made, digest="e" * 64),
        lambda: world.changes.cancel(REVIEWER, "flights", made.change.id),
    ]
    for call in calls:
        with pytest.raises(OctavoError) as refused:
            call()
        assert refused.value.remedy
