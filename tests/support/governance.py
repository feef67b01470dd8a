"""Governed profiles on one database, with two admins, a reviewer and a clock that tests move.

- ``Governance``: services, clock, groups, pools, users; ``cpu-small`` and ``gpu-1`` are installed
- ``Governance.propose``: offers a document as ``ADA``, an admin
- ``Governance.publish``: the same, approved by ``BO``, another admin
- ``KnownUsers``: who uses profiles, as a test says
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.database.rows import Database
from octavo_server.identity import Caller, service_caller
from octavo_server.policy.service import PolicyService
from octavo_server.workspaces.profiles.catalog import CatalogService
from octavo_server.workspaces.profiles.changes import ChangesService, Wanted
from octavo_server.workspaces.profiles.domain import ChangeKind, ProfileChange
from octavo_server.workspaces.profiles.ports import User
from octavo_server.workspaces.profiles.service import ProfilesService
from tests.support.people import person
from tests.support.profiles import (
    FORM,
    GPU_RESOURCES,
    KnownGroups,
    KnownPools,
    checker,
    document,
    machine,
    price,
)
from tests.support.services import open_audit

INSTALL = service_caller("install")
ADA, BO = (person(name, "admins").within(None, frozenset({"admin"})) for name in ("ada", "bo"))
REVA = person("reva", "reviewers").within(None, frozenset({"reviewer"}))
REASON = "Because the old one was too small."
MINUTE = timedelta(minutes=1)


@dataclass
class KnownUsers:
    """Who uses profiles, as a test says."""

    found: list[User] = field(default_factory=list)
    people: int = 0
    hours: float = 0.0

    def users(self, profile: str) -> list[User]:
        """Return them."""
        return [one for one in self.found if one.profile == profile]

    def open_sessions(self) -> Mapping[str, int]:
        """Count the sessions among them."""
        sessions = [one.profile for one in self.found if one.kind == "session"]
        return {name: sessions.count(name) for name in sessions}

    def since(self, profile: str, moment: datetime) -> tuple[int, float]:
        """Return what the test said."""
        return self.people, self.hours


@dataclass
class Files:
    """Profile files that a test may change."""

    found: dict[str, str]

    def texts(self) -> dict[str, str]:
        """Return them."""
        return dict(self.found)


class Governance:
    """The services under test, and what they stand on."""

    def __init__(self, database: Database, folder: Path, images: tuple[str, ...] = ()) -> None:
        self.now = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
        self.groups = KnownGroups("scientists", "admins")
        self.pools = KnownPools(machine())
        self.users = KnownUsers()
        self.audit = open_audit(database, folder, lambda: self.now)
        self.policy = PolicyService(database, self.audit, CedarEngine())
        self.policy.install_default(default_policies())
        gpu = document(id="gpu-1", title="One GPU", resources=GPU_RESOURCES, prices=price(3.4))
        shipped = {"cpu-small.yaml": FORM.write(document()), "gpu-1.yaml": FORM.write(gpu)}
        self.files = Files(shipped)
        checks = checker(self.groups, self.pools, images)
        self.profiles = ProfilesService(database, self.audit, self.files, checks)
        self.changes = ChangesService(database, self.audit, self.policy, checks)
        self.catalog = CatalogService(
            database, self.profiles, self.changes, checks, self.users, lambda: self.now
        )
        self.profiles.install(INSTALL)

    def propose(self, caller: Caller = ADA, **more: Any) -> ProfileChange:
        """Offer a document, changed at its top level, for review."""
        made = document(**more)
        wanted = Wanted(
            kind=ChangeKind.PUBLISH, profile=made["id"], reason=REASON, text=FORM.write(made)
        )
        return self.changes.propose(caller, wanted)

    def approve(self, change: ProfileChange, caller: Caller = BO) -> ProfileChange:
        """Approve a change a minute later."""
        self.now += MINUTE
        return self.changes.review(
            caller, change.id, approve=True, reason="It is fine.", digest=change.digest
        )

    def publish(self, **more: Any) -> ProfileChange:
        """Propose a document and approve it."""
        return self.approve(self.propose(**more))

    def retire(self, profile: str, to: str | None = None, said: str = "Too old.") -> ProfileChange:
        """Propose to retire a profile and approve it."""
        wanted = Wanted(
            kind=ChangeKind.RETIRE, profile=profile, reason=REASON, redirect_to=to, message=said
        )
        return self.approve(self.changes.propose(ADA, wanted))

    def roll_back(self, profile: str, version: int) -> ProfileChange:
        """Propose to go back to a version and approve it."""
        wanted = Wanted(
            kind=ChangeKind.ROLL_BACK, profile=profile, reason=REASON, to_version=version
        )
        return self.approve(self.changes.propose(ADA, wanted))

    def actions(self) -> list[str]:
        """Return the trail's actions, newest first."""
        return [entry.action for entry in self.audit.entries()]
