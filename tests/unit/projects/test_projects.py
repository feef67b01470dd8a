"""Who belongs to a project, and what that lets them do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.people import ADMIN, ONCALL, SCIENTIST, STRANGER, WORKER
from tests.support.services import open_audit

from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.identity import Caller, CallerKind
from octavo_server.permissions import refusals
from octavo_server.projects.service import ProjectsService


class OneTemplate:
    """A folder with one template."""

    def names(self) -> frozenset[str]:
        """Return its name."""
        return frozenset({"flights"})


@pytest.fixture
def projects(database: Database, tmp_path: Path) -> ProjectsService:
    audit = open_audit(database, tmp_path)
    made = ProjectsService(
        database, audit, OneTemplate(), admin_group="admins", reviewer_group="reviewers"
    )
    _create(made, "flights")
    return made


def _create(projects: ProjectsService, name: str, template: str | None = None) -> None:
    projects.create(
        SCIENTIST,
        name=name,
        title=name.title(),
        description="",
        template=template,
        monthly_budget_cents=100,
    )


def test_who_makes_a_project_is_its_admin(projects: ProjectsService) -> None:
    assert projects.project_roles(SCIENTIST, "flights") == {"admin"}
    assert projects.project_roles(STRANGER, "flights") == frozenset()
    assert projects.project_roles(SCIENTIST, "nope") == frozenset()


def test_a_group_gives_its_role(projects: ProjectsService) -> None:
    projects.add_member(ADMIN, project="flights", kind="group", name="oncall", role="oncall")
    assert projects.project_roles(ONCALL, "flights") == {"oncall"}
    assert [one.name for one, _ in projects.mine(ONCALL)] == ["flights"]
    assert projects.mine(STRANGER) == []


def test_a_platform_admin_is_admin_everywhere(projects: ProjectsService) -> None:
    assert "admin" in projects.project_roles(ADMIN, "flights")
    assert projects.platform_roles(ADMIN) == {"anyone", "admin"}


def test_a_group_named_like_a_user_gives_that_user_nothing(projects: ProjectsService) -> None:
    projects.add_member(ADMIN, project="flights", kind="group", name="stranger", role="admin")
    assert projects.project_roles(STRANGER, "flights") == frozenset()


def test_a_run_sees_its_own_project_alone(projects: ProjectsService) -> None:
    _create(projects, "other")
    run = Caller(name="run:1", kind=CallerKind.RUN, project="flights")
    assert projects.project_roles(run, "flights") == {"run"}
    assert projects.project_roles(run, "other") == frozenset()
    assert projects.platform_roles(run) == {"run"}
    assert projects.project_roles(WORKER, "other") == {"service"}


def test_giving_a_role_twice_changes_nothing(projects: ProjectsService) -> None:
    one = projects.add_member(ADMIN, project="flights", kind="user", name="bo", role="reviewer")
    two = projects.add_member(ADMIN, project="flights", kind="user", name="bo", role="reviewer")
    assert one == two
    assert len(two) == 2


def test_the_last_admin_stays(projects: ProjectsService) -> None:
    with pytest.raises(Conflict, match="last admin"):
        projects.remove_member(
            ADMIN, project="flights", kind="user", name="scientist", role="admin"
        )


def test_taking_a_role(projects: ProjectsService) -> None:
    projects.add_member(ADMIN, project="flights", kind="user", name="bo", role="oncall")
    left = projects.remove_member(ADMIN, project="flights", kind="user", name="bo", role="oncall")
    assert [one.name for one in left] == ["scientist"]
    with pytest.raises(NotFound, match="no oncall here"):
        projects.remove_member(ADMIN, project="flights", kind="user", name="bo", role="oncall")


def test_a_taken_name_and_an_unknown_template_are_refused(projects: ProjectsService) -> None:
    with pytest.raises(Conflict, match="'flights' is taken"):
        _create(projects, "flights")
    with pytest.raises(Invalid, match="no template 'nope'"):
        _create(projects, "new", "nope")
    with pytest.raises(NotFound):
        projects.get("new")


def test_a_new_budget(projects: ProjectsService) -> None:
    assert projects.set_budget(ADMIN, "flights", 12_345, "More data.").monthly_budget_eur == 123.45


def test_groups_are_those_with_a_role_somewhere(projects: ProjectsService) -> None:
    assert projects.groups() == {"admins", "reviewers"}
    projects.add_member(ADMIN, project="flights", kind="group", name="late", role="oncall")
    projects.add_member(ADMIN, project="flights", kind="user", name="bo", role="oncall")
    assert projects.groups() == {"admins", "reviewers", "late"}


def test_what_roles_lack_is_said_as_a_refusal_says_it() -> None:
    lacks = refusals(frozenset({"reviewer"}))
    assert lacks["features.propose"] == (
        "You may not propose a change of features: that takes the role admin or scientist."
    )
    assert "features.review" not in lacks
    assert "profiles.propose" not in lacks  # decided by platform roles, in no project
    assert refusals(frozenset({"admin", "service", "run"})) == {}
