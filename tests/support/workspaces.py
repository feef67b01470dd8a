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
from octavo_server.workspaces.profiles.findings import NodePool
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions.domain import (
    Admission,
    MachineFacts,
    Session,
    SessionState,
)
from octavo_server.workspaces.sessions.service import (
    Beat,
    Choice,
    SessionsService,
    SessionView,
)
from octavo_server.workspaces.usage.domain import Terms
from octavo_server.workspaces.usage.service import UsageService
from tests.support import people
from tests.support.profiles import FORM, GPU_RESOURCES, checker, document, price
from tests.support.services import open_audit

HUB = service_caller("spawner")
INSTALL = service_caller("install")
MINUTE = timedelta(minutes=1)
INNER = {
    "environment": {"CORPUS": "inner-corpus"},
    "labels": {"team": "inner-team"},
    "placement": {"node_selector": {"pool": "inner-pool"}, "tolerations": [{"key": "inner-taint"}]},
    "volumes": [{"name": "inner", "mount": "/data/inner", "claim": "inner-claim"}],
}
"""How the profile ``closed`` is set, which is nobody's business but its audience's."""


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
            "closed": document(id="closed", title="Closed", audiences=["admins"], **INNER),
        }

    def texts(self) -> dict[str, str]:
        """Return what the test put in, as YAML."""
        return {f"{name}.yaml": FORM.write(one) for name, one in self.documents.items()}


class Machine:
    """A small machine, by default without a GPU."""

    def __init__(self) -> None:
        self.cpus = 2.0
        self.memory_gib = 8.0
        self.gpus: tuple[str, ...] = ()

    def facts(self) -> MachineFacts:
        """Return what it has."""
        return MachineFacts(cpus=self.cpus, memory_gib=self.memory_gib, gpus=self.gpus)

    def pools(self) -> tuple[NodePool, ...]:
        """Return it as the only pool."""
        return (
            NodePool(
                name="this machine",
                cpu=self.cpus,
                memory_gib=self.memory_gib,
                gpu=len(self.gpus),
                gpu_type=self.gpus[0] if self.gpus else None,
                labels={},
                machine=True,
            ),
        )


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
        self.profiles = ProfilesService(database, self.audit, self.files, checker())
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
            self.machine,
            self.clock,
            Admission(concurrent_starts=2),
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

    def start(
        self, profile: str = "cpu-small", project: str = "flights", person: str = "scientist"
    ) -> SessionView:
        """Ask for a workspace; it is starting, or queued."""
        choice = Choice(project=project, profile=profile, digest=None)
        return self.service.open_session(HUB, person, ["scientists"], choice)

    def run(self, profile: str = "cpu-small", person: str = "scientist") -> Session:
        """Start a workspace, and have it answer."""
        opened = self.start(profile, person=person).session
        return self.service.started(HUB, opened.id, self.clock.now).session

    def beat(self, session: str) -> SessionView:
        """Let a workspace be seen alive now, and return it as its person sees it."""
        self.seen(session)
        person = self.service.session(session).person
        return self.service.own.mine(people.person(person, "scientists"))

    def seen(self, session: str) -> SessionState | None:
        """Send a workspace's heartbeat as the hub does; return what became of its session."""
        beat = Beat(session=session, until=self.clock.now)
        return self.service.beats.take(HUB, [beat])[session]

    def actions(self) -> list[str]:
        """Return the trail's actions, newest first."""
        return [entry.action for entry in self.audit.entries()]
