"""Publishes profile files: each new content is a version with its audit entry."""

from __future__ import annotations

from dataclasses import dataclass

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.identity import Caller
from octavo_server.workspaces import rules, store
from octavo_server.workspaces.domain import Profile, ProfileVersion
from octavo_server.workspaces.ports import ProfileFiles


@dataclass(frozen=True, kw_only=True)
class Published:
    """What publishing the files did."""

    published: tuple[str, ...]
    """Profiles that got a new version."""
    withdrawn: tuple[str, ...]
    """Profiles whose file is gone."""
    faults: tuple[str, ...]
    """Files that are wrong, as sentences; their profile stays as it was."""


class Publisher:
    """Brings the published profiles up to the files."""

    def __init__(self, database: Database, audit: AuditService, files: ProfileFiles) -> None:
        self._database = database
        self._audit = audit
        self._files = files

    def publish(self, caller: Caller) -> Published:
        """Publish what differs from the files; a file with a fault changes nothing."""
        documents, faults = self._files.read()
        with self._database.read() as rows:
            current = store.current_profiles(rows)
        wanted = {name: rules.profile_of(document) for name, document in documents.items()}
        changed = [one for one in wanted.values() if self._differs(one, current.get(one.id))]
        faulty = {name.removesuffix(".yaml") for name in faults}
        gone = [
            version
            for name, version in current.items()
            if name not in wanted and name not in faulty and version.withdrawn_at is None
        ]
        for profile in changed:
            self._add(caller, profile, current.get(profile.id))
        for version in gone:
            self._withdraw(caller, version)
        return Published(
            published=tuple(one.id for one in changed),
            withdrawn=tuple(one.profile.id for one in gone),
            faults=tuple(faults.values()),
        )

    def _differs(self, profile: Profile, current: ProfileVersion | None) -> bool:
        if current is None or current.withdrawn_at is not None:
            return True
        return current.digest != rules.digest_of(profile)

    def _add(self, caller: Caller, profile: Profile, before: ProfileVersion | None) -> None:
        subject = f"profile:{profile.id}"
        with self._audit.change(caller, "workspaces.publish_profile", subject) as change:
            version = ProfileVersion(
                profile=profile,
                version=before.version + 1 if before else 1,
                digest=rules.digest_of(profile),
                published_at=change.at,
            )
            store.add_profile(change.rows, version)
            change.note(
                version=version.version,
                digest=version.digest,
                before=before.digest if before else None,
                content=rules.content_of(profile),
            )

    def _withdraw(self, caller: Caller, version: ProfileVersion) -> None:
        subject = f"profile:{version.profile.id}"
        with self._audit.change(caller, "workspaces.withdraw_profile", subject) as change:
            store.withdraw_profile(change.rows, version, change.at)
            change.note(version=version.version, digest=version.digest)
