"""Budgets: steps, forecast, alerts; on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.workspaces import INSTALL, MINUTE, World

from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound
from octavo_server.identity import Caller, CallerKind
from octavo_server.workspaces.usage.domain import Budget, BudgetState, BudgetSteps, Metered

ADMIN = Caller(name="ada", kind=CallerKind.PERSON)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    made = World(database, tmp_path)
    made.clock.now = datetime(2026, 4, 16, tzinfo=UTC)  # the middle of a month of 30 days
    return made


def spend(database: Database, world: World, eur: float, subject: str = "s1") -> None:
    """Book a session that cost some euro in the hour before now."""
    now = world.clock.now
    metered = Metered(
        kind="session", subject=subject, person="ann", project="flights", version=None,
        since=now - HOUR, until=now, micro_eur_per_hour=round(eur * 1e6),
    )  # fmt: skip
    with database.write() as rows:
        world.usage.book(rows, metered)


@pytest.mark.parametrize(
    ("spent", "state", "left", "startable"),
    [
        (0, "ok", 20, 20),
        (15.99, "ok", 4.01, 4.01),
        (16, "alert", 4, 4),
        (20, "soft_stop", 0, 0),
        (21.99, "soft_stop", 0, 0),
        (22, "hard_stop", 0, 0),
    ],
)
def test_a_month_goes_through_its_steps(
    world: World, database: Database, spent: float, state: str, left: float, startable: float
) -> None:
    spend(database, world, spent)
    budget = world.usage.budget("flights")
    assert budget.state == state
    assert budget.left_micro_eur == pytest.approx(left * 1e6)
    assert budget.startable_micro_eur == pytest.approx(startable * 1e6)
    assert world.usage.budget_left_cents("flights") == pytest.approx(startable * 100)


def test_a_soft_stop_below_the_budget_ends_starts_before_it_is_spent(
    world: World, database: Database
) -> None:
    steps = BudgetSteps(alert_percent=50, soft_stop_percent=75, hard_stop_percent=200)
    changed = world.usage.budgets.set_steps(ADMIN, "flights", steps, "Keep some for the end.")
    assert changed.steps == steps
    again = BudgetSteps(alert_percent=50, soft_stop_percent=80, hard_stop_percent=200)
    assert world.usage.budgets.set_steps(ADMIN, "flights", again, "A bit less.").steps == again
    spend(database, world, 16)
    budget = world.usage.budget("flights")
    assert (budget.state, budget.startable_micro_eur) == (BudgetState.SOFT_STOP, 0)
    assert budget.left_micro_eur == 4_000_000
    entry = world.audit.entries()[0]
    assert (entry.action, entry.actor) == ("workspaces.budget_steps", "ada")
    assert entry.details["before"]["soft_stop_percent"] == 75
    assert entry.details["reason"] == "A bit less."


def test_steps_out_of_order_are_refused_and_change_nothing(world: World) -> None:
    wrong = BudgetSteps(alert_percent=90, soft_stop_percent=80, hard_stop_percent=110)
    with pytest.raises(Invalid, match=r"alert_percent 90, soft_stop_percent 80") as refused:
        world.usage.budgets.set_steps(ADMIN, "flights", wrong, "Why not.")
    assert "at most as high as the soft stop" in refused.value.remedy
    assert world.usage.budget("flights").steps == BudgetSteps()


def test_a_budget_of_nothing_lets_nothing_start() -> None:
    unspent = Budget(limit_micro_eur=0, spent_micro_eur=0)
    assert (unspent.state, unspent.startable_micro_eur) == (BudgetState.SOFT_STOP, 0)
    assert Budget(limit_micro_eur=0, spent_micro_eur=1).state is BudgetState.HARD_STOP


def test_the_forecast_goes_on_at_the_burn_of_the_last_day(world: World, database: Database) -> None:
    spend(database, world, 1)
    ahead = world.usage.budgets.forecast("flights")
    assert ahead.burn_micro_eur_per_day == 1_000_000
    assert ahead.month_micro_eur == 16_000_000
    assert ahead.exhausted_at is None
    spend(database, world, 1, "s2")
    ahead = world.usage.budgets.forecast("flights")
    assert ahead.month_micro_eur == 32_000_000
    assert ahead.exhausted_at == datetime(2026, 4, 25, tzinfo=UTC)
    assert world.usage.budgets.forecast(None).month_micro_eur == 32_000_000
    world.clock.now += 24 * HOUR
    assert world.usage.budgets.forecast("flights").burn_micro_eur_per_day == 0


def test_a_spent_budget_says_since_when(world: World, database: Database) -> None:
    spend(database, world, 15)
    world.clock.now += 5 * HOUR
    spend(database, world, 6, "s2")
    ahead = world.usage.budgets.forecast("flights")
    assert ahead.exhausted_at == datetime(2026, 4, 16, 5, tzinfo=UTC)


def test_each_step_is_told_once_a_month(world: World, database: Database) -> None:
    assert world.usage.budgets.alert() == 0
    spend(database, world, 17)
    assert [world.usage.budgets.alert() for _ in range(2)] == [1, 0]
    spend(database, world, 6, "s2")
    assert [world.usage.budgets.alert() for _ in range(2)] == [1, 0]
    told = [entry for entry in world.audit.entries() if entry.action == "workspaces.budget_alert"]
    assert [entry.details["step"] for entry in told] == ["hard_stop", "alert"]
    assert told[0].details["percent"] == 115
    assert told[0].project == "flights"
    world.clock.now += timedelta(days=30)
    assert world.usage.budgets.alert() == 0
    spend(database, world, 17, "s3")
    assert world.usage.budgets.alert() == 1


def test_what_is_booked_on_no_project_alerts_nobody(world: World, database: Database) -> None:
    metered = Metered(
        kind="orphan", subject="x", person="", project="", version=None,
        since=world.clock.now - MINUTE, until=world.clock.now, micro_eur_per_hour=10**9,
    )  # fmt: skip
    with database.write() as rows:
        world.usage.book(rows, metered)
    assert world.usage.budgets.alert() == 0


def test_an_unknown_project_has_no_budget(world: World) -> None:
    with pytest.raises(NotFound, match="nope"):
        world.usage.budget("nope")


def test_a_months_cost_is_what_the_month_began_with(world: World, database: Database) -> None:
    world.projects.set_budget(INSTALL, "flights", 100_00, "More.")
    spend(database, world, 50)
    world.clock.now = datetime(2026, 5, 1, tzinfo=UTC)
    assert world.usage.budget("flights").spent_micro_eur == 0
