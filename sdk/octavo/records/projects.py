"""Wire records of the areas `projects` and `templates`, and of who one is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Amount, Answer, Reason, Request, Visible

PROJECT_NAME = r"^[a-z][a-z0-9-]{1,39}$"
Role = Literal["scientist", "reviewer", "oncall", "admin"]


class ProjectSummary(Answer):
    """A project as its members see it in a list."""

    name: str = Field(description="Stable name, used in addresses.")
    title: str = Field(description="What people call it.")
    roles: list[str] = Field(description="The roles that the caller holds in it.")
    refusals: dict[str, str] = Field(
        description="What the caller may not do in it, by permission: the sentence that says why."
    )


class Me(Answer):
    """Who the caller is."""

    name: str = Field(description="Hub user name, `service:<name>` or `run:<id>`.")
    kind: Literal["person", "service", "run"] = Field(description="What kind of caller.")
    groups: list[str] = Field(description="Hub groups.")
    platform_roles: list[str] = Field(description="Roles on the whole platform, such as admin.")
    projects: list[ProjectSummary] = Field(description="Projects that the caller belongs to.")


class Budget(Answer):
    """What a project may spend in a calendar month (UTC)."""

    monthly_eur: float = Field(description="The limit, in euro.")


class BudgetChange(Request):
    """A new monthly limit."""

    monthly_eur: Annotated[float, Field(ge=0, le=10_000_000), Amount] = Field(
        description="The limit, in euro; 0 or at least 0.01."
    )
    reason: Reason = Field(description="Why, as a sentence.")


class Project(Answer):
    """A project."""

    name: str = Field(description="Stable name, used in addresses.")
    title: str = Field(description="What people call it.")
    description: str = Field(description="What it is for.")
    template: str | None = Field(description="The template it started from.")
    environments: list[str] = Field(description="dev, test and prod.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="When (UTC).")
    monthly_budget_eur: float = Field(description="What it may spend in a month, in euro.")


class Projects(Answer):
    """Projects that the caller belongs to."""

    items: list[ProjectSummary] = Field(description="Sorted by title.")
    next_cursor: str | None = Field(default=None, description="Always null.")


class ProjectRequest(Request):
    """A new project."""

    name: str = Field(pattern=PROJECT_NAME, description="2 to 40 of a-z, 0-9 and -.")
    title: Annotated[str, Field(min_length=1, max_length=100), Visible] = Field(
        description="What people call it."
    )
    description: Annotated[str, Field(max_length=2000), Visible] = Field(
        default="", description="What it is for."
    )
    template: str | None = Field(default=None, max_length=40, description="Where to start from.")
    monthly_budget_eur: Annotated[float, Field(ge=0, le=10_000_000), Amount] = Field(
        default=0, description="In euro; 0 or at least 0.01."
    )


class Member(Answer):
    """A role that a Hub user or group holds in a project."""

    kind: Literal["user", "group"] = Field(description="What the name names.")
    name: str = Field(description="Hub user or group.")
    role: str = Field(description="The role.")


class Members(Answer):
    """A project's members."""

    items: list[Member] = Field(description="Sorted by kind and name.")
    next_cursor: str | None = Field(default=None, description="Always null.")


class MemberChange(Request):
    """Give a role, or with DELETE take it."""

    kind: Literal["user", "group"] = Field(description="What the name names.")
    name: str = Field(min_length=1, max_length=255, description="Hub user or group.")
    role: Role = Field(description="The role.")


class Template(Answer):
    """Something that a project can start from."""

    name: str = Field(description="Stable name.")
    title: str = Field(description="What people call it.")
    description: str = Field(description="What it brings.")
    notebooks: list[str] = Field(description="Files copied into a member's workspace.")


class Templates(Answer):
    """The templates of this installation."""

    items: list[Template] = Field(description="Sorted by title.")
    next_cursor: str | None = Field(default=None, description="Always null.")
