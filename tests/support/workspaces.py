"""The three rooms of the area workspaces on one database, with a clock that tests move.

- ``World``: services, clock, files and machine; project ``flights`` with group ``scientists``
- ``World.start``: opens a session as the scientist
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.identity import service_caller
from octavo_server.policy.service import PolicyService
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions.domain import MachineFacts
from octavo_server.workspaces.sessions.service import Choice, SessionsService, SessionView
from octavo_server.workspaces.usage.domain import Terms
from octavo_server.workspaces.usage.service import UsageService
from tests.support.profiles import GPU_RESOURCES, document, price
from tests.support.services import open_audit

HUB = service_caller("spawner")
INSTALL = service_caller("install")
MINUTE = timedelta(minutes=1)


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
            "gpu-1": document(
                id="gpu-1", title="One GPU", resources=GPU_RESOURCES, prices=price(3.4)
            ),
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

    def __init__(self, database: Database, folder: Path, terms: Terms | None = None) -> None:
        self.clock = Clock()
        self.files = Files()
        self.machine = Machine()
        self.audit: AuditService = open_audit(database, folder, self.clock)
        policy = PolicyService(database, self.audit, CedarEngine())
        policy.install_default(default_policies())
        self.projects = ProjectsService(
            database, self.audit, Templates(), admin_group="admins", reviewer_group="reviewers"
        )
        self.profiles = ProfilesService(database, self.audit, self.files)
        self.usage = UsageService(
            database, self.audit, self.projects, self.profiles, self.clock, terms
        )
        self.service = SessionsService(
            database,
            self.audit,
            policy,
            self.projects,
            self.profiles,
            self.usage,
            self.machine,
            self.clock,
        )
        self.profiles.install(INSTALL)
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
