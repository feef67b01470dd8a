"""Budgets: what a project may spend in a month, and what happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, RowExists, Rows
from octavo_server.errors import NotFound
from octavo_server.identity import Caller, service_caller
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.domain import MICRO
from octavo_server.workspaces.usage import cost_rules, limits_store, rules, store
from octavo_server.workspaces.usage.domain import Budget, BudgetState, BudgetSteps, Forecast

CENT = MICRO // 100


class Budgets:
    """Budgets of the current UTC month."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        projects: ProjectsService,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._projects = projects
        self._clock = clock

    def budget(self, project: str) -> Budget:
        """Return a project's budget of the current month. Raises NotFound."""
        limit = self._projects.get(project).monthly_budget_cents * CENT
        with self._database.read() as rows:
            steps = limits_store.steps(rows, project)
            spent = store.charge(rows, project, self._month())
        return Budget(limit_micro_eur=limit, spent_micro_eur=spent, steps=steps)

    def forecast(self, project: str | None) -> Forecast:
        """Return what the month comes to at the burn of the last 24 hours; all projects: None."""
        now = self._clock().astimezone(UTC)
        day_ago = rules.hour_of(now - timedelta(hours=23))
        budget = self.budget(project) if project is not None else None
        with self._database.read() as rows:
            spent = store.charge(rows, project, self._month())
            burn = store.charge(rows, project, day_ago)
            crossed = self._crossed(rows, project, budget)
        limit = budget.limit_micro_eur if budget else None
        return cost_rules.forecast(now, spent, burn, limit, crossed)

    def _crossed(self, rows: Rows, project: str | None, budget: Budget | None) -> datetime | None:
        """Return when the budget was spent, if it is: only then are the hours read."""
        if project is None or budget is None or budget.left_micro_eur:
            return None
        charges = store.charges_by_hour(rows, project, self._month())
        return cost_rules.crossed_in(charges, budget.limit_micro_eur)

    def set_steps(self, caller: Caller, project: str, steps: BudgetSteps, reason: str) -> Budget:
        """Change what happens on the way through a project's budget. Raises Invalid."""
        cost_rules.check_steps(steps)
        subject = f"project:{project}"
        with self._audit.change(caller, "workspaces.budget_steps", subject, project) as change:
            before = limits_store.steps(change.rows, project)
            limits_store.save_steps(change.rows, project, steps)
            change.note(before=vars(before), after=vars(steps), reason=reason)
        return self.budget(project)

    def alert(self) -> int:
        """Put every step that a project's month has newly reached on the trail; return how many.

        Each step is told once a month; a periodic task.
        """
        month = rules.first_of_month(self._clock()).isoformat()[:7]
        with self._database.read() as rows:
            spent = store.charges_by_project(rows, self._month())
            told = limits_store.alerted(rows, month)
        count = 0
        for project in sorted(spent):
            try:
                budget = self.budget(project)
            except NotFound:
                continue  # booked on what never was a project: it has no budget either
            if spent[project] and self._news(budget, project, told):
                count += self._tell(project, month, budget, budget.state)
        return count

    def _news(self, budget: Budget, project: str, told: set[tuple[str, str]]) -> bool:
        return budget.state is not BudgetState.OK and (project, budget.state.value) not in told

    def _tell(self, project: str, month: str, budget: Budget, state: BudgetState) -> int:
        caller = service_caller("worker")
        try:
            with self._audit.change(
                caller, "workspaces.budget_alert", f"project:{project}", project
            ) as change:
                limits_store.add_alert(
                    change.rows, project, month, state.value, change.at, budget.percent
                )
                change.note(
                    month=month,
                    step=state.value,
                    percent=budget.percent,
                    spent_micro_eur=budget.spent_micro_eur,
                    limit_micro_eur=budget.limit_micro_eur,
                )
        except RowExists:
            return 0  # another worker told of it first
        return 1

    def _month(self) -> str:
        """Return the first UTC hour of the month."""
        return f"{rules.first_of_month(self._clock()).isoformat()}T00"
