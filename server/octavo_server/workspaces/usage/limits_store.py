"""Rows of budgets' steps and alerts, and of quotas."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from octavo_server.database.rows import Row, RowExists, Rows, Where
from octavo_server.database.tables.usage import budget_alerts, budget_steps, quotas
from octavo_server.workspaces.usage.domain import BudgetSteps, Quota

KEY = ("scope", "name", "resource", "window_days")


def steps(rows: Rows, project: str) -> BudgetSteps:
    """Return the steps of a project's budget; the usual ones where none were set."""
    row = rows.get(budget_steps, project=project)
    return _steps(row) if row else BudgetSteps()


def all_steps(rows: Rows) -> dict[str, BudgetSteps]:
    """Return the steps of the projects for which some were set."""
    return {row["project"]: _steps(row) for row in rows.find(budget_steps)}


def save_steps(rows: Rows, project: str, changed: BudgetSteps) -> None:
    """Write the steps of a project's budget."""
    values = asdict(changed)
    if rows.update(budget_steps, values, ("project", "=", project)):
        return
    try:
        rows.insert(budget_steps, {"project": project, **values})
    except RowExists:
        rows.update(budget_steps, values, ("project", "=", project))


def alerted(rows: Rows, month: str) -> set[tuple[str, str]]:
    """Return the (project, step) pairs of which people were told in a month."""
    return {
        (row["project"], row["step"]) for row in rows.find(budget_alerts, ("month", "=", month))
    }


def add_alert(rows: Rows, project: str, month: str, step: str, at: datetime, percent: int) -> None:
    """Write that people were told. Raises RowExists when they were already."""
    values = {"project": project, "month": month, "step": step, "at": at, "percent": percent}
    rows.insert(budget_alerts, values)


def all_quotas(rows: Rows, *where: Where) -> list[Quota]:
    """Return the matching quotas by scope and name."""
    return [Quota(**row) for row in rows.find(quotas, *where, order_by=KEY)]


def save_quota(rows: Rows, quota: Quota) -> Quota | None:
    """Write a quota in place of the one with the same key; return that one, or None.

    The earlier one's id stays.
    """
    values = asdict(quota)
    key: dict[str, object] = {name: values[name] for name in KEY}
    known = rows.get(quotas, **key)
    if known is None:
        rows.insert(quotas, values)
        return None
    rows.update(quotas, {**values, "id": known["id"]}, ("id", "=", known["id"]))
    return Quota(**known)


def remove_quota(rows: Rows, quota_id: str) -> Quota | None:
    """Remove a quota and return it, or None."""
    row = rows.get(quotas, id=quota_id)
    rows.delete(quotas, ("id", "=", quota_id))
    return Quota(**row) if row else None


def _steps(row: Row) -> BudgetSteps:
    return BudgetSteps(**{name: row[name] for name in BudgetSteps.__dataclass_fields__})
