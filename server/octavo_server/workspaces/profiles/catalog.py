"""What admins see of profiles: all of them, one with its history, who uses it, a dry run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound
from octavo_server.workspaces.profiles import store
from octavo_server.workspaces.profiles.changes import ChangesService
from octavo_server.workspaces.profiles.checking import DocumentChecker
from octavo_server.workspaces.profiles.domain import ProfileChange, ProfileVersion
from octavo_server.workspaces.profiles.findings import Checked
from octavo_server.workspaces.profiles.ports import User, UserBook
from octavo_server.workspaces.profiles.service import ProfilesService

LOOK_BACK = timedelta(days=30)
MOST_CHANGES = 50


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One profile in the admin's list."""

    newest: ProfileVersion
    """Its newest version."""
    users_now: int
    """Workspaces, queued ones included, that use it now."""
    pending: int
    """Changes that may still become something."""
    price_micro_eur: int
    """Today's price of an hour, in millionths of a euro."""
    changed_by: str
    """Who changed it last."""

    @property
    def changed_at(self) -> datetime:
        """Return when it was last changed (UTC)."""
        return self.newest.ended_at or self.newest.published_at


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One profile with its history."""

    summary: Summary
    """Where it stands."""
    versions: tuple[ProfileVersion, ...]
    """Newest first."""
    changes: tuple[ProfileChange, ...]
    """Newest first."""


@dataclass(frozen=True, kw_only=True)
class Users:
    """Who uses a profile."""

    profile: str
    """Which profile."""
    items: tuple[User, ...]
    """All that use it now."""
    people: int
    """People who used it in the last 30 days."""
    hours: float
    """Hours it ran in the last 30 days."""


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What checking a document found, and what it would change."""

    checked: Checked
    """What was found."""
    base_version: int | None
    """Version it would follow; None: a new profile."""
    diff: str
    """Difference to that version's document."""


class CatalogService:
    """The admins' view of profiles."""

    def __init__(
        self,
        database: Database,
        profiles: ProfilesService,
        changes: ChangesService,
        checker: DocumentChecker,
        users: UserBook,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._changes = changes
        self._checker = checker
        self._users = users
        self._clock = clock

    def today(self) -> date:
        """Return the current UTC day."""
        return self._clock().astimezone(UTC).date()

    def schema(self) -> Mapping[str, Any]:
        """Return the JSON Schema of documents."""
        return self._checker.schema()

    def text(self, version: ProfileVersion) -> str:
        """Return a version's document as YAML."""
        return version.text or self._checker.canonical(version.profile)

    def summaries(self) -> list[Summary]:
        """Return all profiles, retired ones included, by id."""
        with self._database.read() as rows:
            newest = store.current_profiles(rows)
            pending = Counter(profile for profile, _ in store.open_changes(rows))
        sessions = self._users.open_sessions()
        return [
            self._summary(one, sessions.get(name, 0), pending[name])
            for name, one in sorted(newest.items())
        ]

    def _summary(self, newest: ProfileVersion, users_now: int, pending: int) -> Summary:
        return Summary(
            newest=newest,
            users_now=users_now,
            pending=pending,
            price_micro_eur=newest.profile.price_on(self.today()),
            changed_by=self._retired_by(newest) if newest.ended_at else newest.author,
        )

    def _retired_by(self, newest: ProfileVersion) -> str:
        with self._database.read() as rows:
            return store.retired_by(rows, newest.profile.id) or newest.author

    def detail(self, profile: str) -> Detail:
        """Return one profile with its history. Raises NotFound."""
        with self._database.read() as rows:
            versions = store.versions(rows, profile)
            pending = Counter(name for name, _ in store.open_changes(rows))
        if not versions:
            raise NotFound(
                f"There is no profile {profile[:63]!r}.", "Look at the list of profiles."
            )
        users_now = self._users.open_sessions().get(profile, 0)
        return Detail(
            summary=self._summary(versions[-1], users_now, pending[profile]),
            versions=tuple(reversed(versions)),
            changes=tuple(self._changes.changes(profile, limit=MOST_CHANGES)),
        )

    def users(self, profile: str) -> Users:
        """Return who uses a profile: to be read before it is retired. Raises NotFound."""
        with self._database.read() as rows:
            if store.current_profile(rows, profile) is None:
                raise NotFound(
                    f"There is no profile {profile[:63]!r}.", "Look at the list of profiles."
                )
            leading_here = store.redirects_to(rows, profile)
        redirects = [
            User(kind="redirect", profile=profile, name=name, project="", person="")
            for name in leading_here
        ]
        people, hours = self._users.since(profile, self._clock() - LOOK_BACK)
        items = (*self._users.users(profile), *redirects)
        return Users(profile=profile, items=items, people=people, hours=hours)

    def check(self, text: str | None, document: Mapping[str, Any] | None, file: str) -> DryRun:
        """Check a document and change nothing. Raises Invalid unless exactly one is given."""
        if (text is None) == (document is None):
            raise Invalid(
                "text and document: exactly one of both is needed.",
                "Send the document as YAML in text, or as a form has it in document.",
            )
        newest = self._profiles.newest()
        offered = [name for name, one in newest.items() if one.offered]
        if text is not None:
            checked = self._checker.check(text, file, offered)
        else:
            checked = self._checker.check_form(document or {}, file, offered)
        base = newest.get(checked.profile.id) if checked.profile else None
        return DryRun(
            checked=checked,
            base_version=base.version if base else None,
            diff=self._changes.difference(base, checked),
        )
