"""Offers spawner profiles, and keeps every version that ever was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import NotFound
from octavo_server.identity import Caller
from octavo_server.workspaces.profiles import rules, store
from octavo_server.workspaces.profiles.change_rules import Retired
from octavo_server.workspaces.profiles.checking import DocumentChecker
from octavo_server.workspaces.profiles.domain import Profile, ProfileVersion
from octavo_server.workspaces.profiles.ports import ProfileFiles

__all__ = ["Profile", "ProfilesService", "Resolved", "Retired"]


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a profile's name leads to now."""

    version: ProfileVersion
    """The version that is offered."""
    said: str
    """What people are told because they were led there; empty when they weren't."""


class ProfilesService:
    """Profiles and their versions."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        files: ProfileFiles,
        checker: DocumentChecker,
    ) -> None:
        self._database = database
        self._audit = audit
        self._files = files
        self._checker = checker

    def install(self, caller: Caller) -> tuple[str, ...]:
        """Publish the shipped profiles that are not known yet; return faults as sentences.

        What admins have published since is never overwritten by a file.
        """
        faults: list[str] = []
        known = self.newest()
        for file, text in self._files.texts().items():
            found = self._checker.check(text, file, None)
            if found.errors or found.profile is None:
                faults += [_sentence(file, one.line, one.message) for one in found.errors[:1]]
            elif found.profile.id not in known and found.retirement is None:
                self._install(caller, found.profile, text)
        return tuple(faults)

    def _install(self, caller: Caller, profile: Profile, text: str) -> None:
        subject = f"profile:{profile.id}"
        with self._audit.change(caller, "workspaces.publish_profile", subject) as change:
            version = ProfileVersion(
                profile=profile,
                version=1,
                digest=rules.digest_of(profile),
                published_at=change.at,
                reason="Installed with Octavo.",
                text=text,
            )
            store.add_version(change.rows, version)
            change.note(version=1, digest=version.digest, content=rules.content_of(profile))

    def newest(self) -> dict[str, ProfileVersion]:
        """Return the newest version of each profile by its id, retired ones included."""
        with self._database.read() as rows:
            return store.current_profiles(rows)

    def offered(self) -> list[ProfileVersion]:
        """Return the profiles that may be started now, by id."""
        return [version for version in self.newest().values() if version.offered]

    def profile(self, profile: str) -> ProfileVersion:
        """Return the version of a profile that is offered now.

        Raises Retired, a NotFound, for a retired one; its remedy says where people are led.
        Raises NotFound for one that never was.
        """
        with self._database.read() as rows:
            found = store.current_profile(rows, profile)
        if found is None or not found.offered:
            raise self._refusal(profile, found)
        return found

    def resolve(self, profile: str) -> Resolved:
        """Return what a profile's name leads to now: itself, or where its retirement leads.

        Raises Retired for one that leads nowhere, NotFound for one that never was.
        """
        said: list[str] = []
        with self._database.read() as rows:
            found = store.current_profile(rows, profile)
            for _ in range(rules.LONGEST_CHAIN):
                if found is None or found.offered or found.redirect_to is None:
                    break
                said.append(f"{rules.farewell(found)} It is {found.redirect_to} now.")
                found = store.current_profile(rows, found.redirect_to)
        if found is None or not found.offered:
            raise self._refusal(found.profile.id if found else profile, found)
        return Resolved(version=found, said=" ".join(said))

    def _refusal(self, profile: str, found: ProfileVersion | None) -> NotFound:
        names = sorted(version.profile.id for version in self.offered())
        use = f"Use one of: {', '.join(names)}." if names else "No profile is offered."
        if found is None:
            return NotFound(f"There is no profile {profile[:63]!r}.", use)
        to = f"Use {found.redirect_to}." if found.redirect_to in names else use
        return Retired(rules.farewell(found), to)

    def version(self, profile: str, version: int) -> ProfileVersion:
        """Return one version of a profile, whatever became of it. Raises NotFound."""
        with self._database.read() as rows:
            found = store.profile_version(rows, profile, version)
        if found is None:
            raise NotFound(
                f"{profile[:63]} has no version {version}.", "Look at the profile's versions."
            )
        return found

    def at(self, profile: str, moment: datetime) -> ProfileVersion:
        """Return the version that was current at ``moment``, or where it led. Raises NotFound."""
        with self._database.read() as rows:
            found = store.profile_at(rows, profile, moment)
            for _ in range(rules.LONGEST_CHAIN):
                if found is None or not rules.led_on(found, moment):
                    break
                found = _followed(rows, found, moment)
        if found is None:
            raise NotFound(f"There is no profile {profile[:63]!r}.", "Use an offered one.")
        return found


def _followed(rows: Rows, retired: ProfileVersion, moment: datetime) -> ProfileVersion:
    return store.profile_at(rows, retired.redirect_to or "", moment) or retired


def _sentence(file: str, line: int | None, message: str) -> str:
    place = f"{file}, line {line}" if line else file
    return f"{place}: {message}"
