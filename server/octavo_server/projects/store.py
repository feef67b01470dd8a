"""Rows of projects and their members."""

from __future__ import annotations

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.projects import project_members, projects
from octavo_server.projects.domain import Member, Project


def add(rows: Rows, project: Project) -> None:
    """Write a new project."""
    rows.insert(projects, {n: getattr(project, n) for n in Project.__dataclass_fields__})


def get(rows: Rows, name: str) -> Project | None:
    """Return one project."""
    row = rows.get(projects, name=name)
    return Project(**row) if row else None


def every(rows: Rows) -> list[Project]:
    """Return all projects, sorted by title."""
    return [Project(**row) for row in rows.find(projects, order_by=("title",))]


def set_budget(rows: Rows, name: str, monthly_cents: int) -> None:
    """Change the monthly budget, in euro cents."""
    rows.update(projects, {"monthly_budget_cents": monthly_cents}, ("name", "=", name))


def add_member(rows: Rows, member: Member) -> None:
    """Write a role; raises RowExists when it is there."""
    rows.insert(project_members, _values(member))


def remove_member(rows: Rows, member: Member) -> int:
    """Remove a role and return 1, or 0 when it wasn't there."""
    where: list[Where] = [(name, "=", value) for name, value in _values(member).items()]
    return rows.delete(project_members, *where)


def members(rows: Rows, project: str | None = None) -> list[Member]:
    """Return the members of one project or of all."""
    where: list[Where] = [("project", "=", project)] if project else []
    found = rows.find(project_members, *where, order_by=("project", "kind", "name", "role"))
    return [Member(**row) for row in found]


def _values(member: Member) -> Row:
    return {name: getattr(member, name) for name in Member.__dataclass_fields__}
