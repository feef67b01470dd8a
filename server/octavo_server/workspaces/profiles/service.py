"""Offers spawner profiles, and keeps every version that ever was."""

from __future__ import annotations

from datetime import datetime

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import NotFound
from octavo_server.identity import Caller
from octavo_server.workspaces.profiles import rules, store
from octavo_server.workspaces.profiles.domain import Profile, ProfileVersion
from octavo_server.workspaces.profiles.ports import ProfileFiles


class ProfilesService:
    """Profiles and their versions."""

    def __init__(self, database: Database, audit: AuditService, files: ProfileFiles) -> None:
        self._database = database
        self._audit = audit
        self._files = files

    def install(self, caller: Caller) -> tuple[str, ...]:
        """Publish the shipped profiles that are not known yet; return faults as sentences.

        What admins have published since is never overwritten by a file.
        """
        documents, faults = self._files.read()
        with self._database.read() as rows:
            known = store.current_profiles(rows)
        for name, document in documents.items():
            if name not in known:
                self._install(caller, rules.profile_of(document))
        return tuple(faults.values())

    def _install(self, caller: Caller, profile: Profile) -> None:
        subject = f"profile:{profile.id}"
        with self._audit.change(caller, "workspaces.publish_profile", subject) as change:
            version = ProfileVersion(
                profile=profile,
                version=1,
                digest=rules.digest_of(profile),
                published_at=change.at,
                reason="Installed with Octavo.",
            )
            store.add_version(change.rows, version)
            change.note(version=1, digest=version.digest, content=rules.content_of(profile))

    def offered(self) -> list[ProfileVersion]:
        """Return the profiles that may be started now, by id."""
        with self._database.read() as rows:
            found = store.current_profiles(rows)
        return [version for version in found.values() if version.offered]

    def profile(self, profile: str) -> ProfileVersion:
        """Return the version of a profile that is offered now. Raises NotFound."""
        with self._database.read() as rows:
            found = store.current_profiles(rows)
        version = found.get(profile)
        if version is None or not version.offered:
            names = sorted(name for name, one in found.items() if one.offered)
            raise NotFound(
                f"There is no profile {profile[:63]!r}.", f"Use one of: {', '.join(names)}."
            )
        return version

    def version(self, profile: str, version: int) -> ProfileVersion:
        """Return one version of a profile, whatever became of it. Raises NotFound."""
        with self._database.read() as rows:
            found = store.profile_version(rows, profile, version)
        if found is None:
            raise NotFound(f"{profile[:63]} has no version {version}.")
        return found

    def at(self, profile: str, moment: datetime) -> ProfileVersion:
        """Return the version that was current at ``moment``. Raises NotFound."""
        with self._database.read() as rows:
            found = store.profile_at(rows, profile, moment)
        if found is None:
            raise NotFound(f"There is no profile {profile[:63]!r}.", "Use an offered one.")
        return found
