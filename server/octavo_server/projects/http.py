"""Routes of projects, and of who one is."""

from fastapi import APIRouter

from octavo.records.projects import (
    Budget,
    BudgetChange,
    Me,
    Member,
    MemberChange,
    Members,
    Project,
    ProjectRequest,
    Projects,
    ProjectSummary,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.permissions import refusals
from octavo_server.projects import domain
from octavo_server.projects.service import ProjectsService


def _mine(projects: ProjectsService, caller: Caller) -> list[ProjectSummary]:
    return [
        ProjectSummary(
            name=one.name, title=one.title, roles=sorted(roles), refusals=refusals(roles)
        )
        for one, roles in projects.mine(caller)
    ]


def _members(found: list[domain.Member]) -> Members:
    return Members(items=[Member.model_validate(one) for one in found])


def routes(projects: ProjectsService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("projects")

    @router.get("/me")
    def me(caller: Caller = guard.needs("me.read")) -> Me:
        """Read who one is and which projects one belongs to."""
        return Me(
            name=caller.name,
            kind=caller.kind.value,
            groups=sorted(caller.groups),
            platform_roles=sorted(caller.roles),
            projects=_mine(projects, caller),
        )

    @router.get("/projects")
    def list_projects(caller: Caller = guard.needs("projects.list")) -> Projects:
        """List one's projects."""
        return Projects(items=_mine(projects, caller))

    @router.post("/projects", status_code=201)
    def create_project(
        body: ProjectRequest, caller: Caller = guard.needs("projects.create")
    ) -> Project:
        """Make a project."""
        made = projects.create(
            caller,
            name=body.name,
            title=body.title,
            description=body.description,
            template=body.template,
            monthly_budget_cents=round(body.monthly_budget_eur * 100),
        )
        return Project.model_validate(made)

    @router.get("/projects/{project}")
    def read_project(project: str, caller: Caller = guard.needs("projects.read")) -> Project:
        """Read a project."""
        return Project.model_validate(projects.get(project))

    _members_routes(router, projects, guard)
    _budget_routes(router, projects, guard)
    return router


def _members_routes(router: APIRouter, projects: ProjectsService, guard: Guard) -> None:
    @router.get("/projects/{project}/members")
    def list_members(project: str, caller: Caller = guard.needs("projects.read")) -> Members:
        """List a project's members."""
        return _members(projects.members(project))

    @router.put("/projects/{project}/members")
    def add_member(
        project: str, body: MemberChange, caller: Caller = guard.needs("projects.manage")
    ) -> Members:
        """Give a person or a group a role."""
        return _members(projects.add_member(caller, project=project, **body.model_dump()))

    @router.delete("/projects/{project}/members")
    def remove_member(
        project: str, body: MemberChange, caller: Caller = guard.needs("projects.manage")
    ) -> Members:
        """Take a role from a person or a group."""
        return _members(projects.remove_member(caller, project=project, **body.model_dump()))


def _budget_routes(router: APIRouter, projects: ProjectsService, guard: Guard) -> None:
    @router.get("/projects/{project}/budget")
    def read_budget(project: str, caller: Caller = guard.needs("projects.read")) -> Budget:
        """Read what a project may spend in a month."""
        return Budget(monthly_eur=projects.get(project).monthly_budget_eur)

    @router.put("/projects/{project}/budget")
    def set_budget(
        project: str, body: BudgetChange, caller: Caller = guard.needs("projects.manage")
    ) -> Budget:
        """Change what a project may spend in a month."""
        cents = round(body.monthly_eur * 100)
        changed = projects.set_budget(caller, project, cents, body.reason)
        return Budget(monthly_eur=changed.monthly_budget_eur)
