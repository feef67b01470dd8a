"""Rows of profiles and of their changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.profiles import profile_changes, profile_versions
from octavo_server.workspaces.profiles import rules
from octavo_server.workspaces.profiles.domain import (
    ChangeKind,
    ChangeState,
    Profile,
    ProfileChange,
    ProfileVersion,
    VersionState,
)

PLAIN = (
    "version", "digest", "published_at", "author", "reviewer", "reason", "text", "ended_at",
    "redirect_to", "message",
)  # fmt: skip
NEWEST = (VersionState.PUBLISHED.value, VersionState.RETIRED.value)
"""States of a profile's newest version: an older one is superseded or rolled back."""
KEPT = 1_000
"""Contents that a process keeps; a content never changes, so its digest is enough to find it."""


class Contents:
    """Contents of versions by their digest, each read from its JSON once."""

    def __init__(self) -> None:
        self._kept: dict[str, Profile] = {}

    def of(self, digest: str, content: Mapping[str, Any]) -> Profile:
        """Return the content that is named ``digest``."""
        found = self._kept.get(digest)
        if found is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            found = self._kept[digest] = rules.profile_from(content)
        return found


_contents = Contents()


def current_profiles(rows: Rows) -> dict[str, ProfileVersion]:
    """Return the newest version of each profile by its id, retired ones included."""
    found = rows.find(profile_versions, ("state", "in", NEWEST), order_by=("profile", "version"))
    return {row["profile"]: _version(row) for row in found}


def current_profile(rows: Rows, profile: str) -> ProfileVersion | None:
    """Return the newest version of a profile, retired ones included, or None."""
    where: list[Where] = [("profile", "=", profile), ("state", "in", NEWEST)]
    found = rows.find(profile_versions, *where, order_by=("-version",), limit=1)
    return _version(found[0]) if found else None


def profile_version(rows: Rows, profile: str, version: int) -> ProfileVersion | None:
    """Return one version of a profile, or None."""
    row = rows.get(profile_versions, profile=profile, version=version)
    return _version(row) if row else None


def versions(rows: Rows, profile: str) -> list[ProfileVersion]:
    """Return all versions of a profile, oldest first."""
    found = rows.find(profile_versions, ("profile", "=", profile), order_by=("version",))
    return [_version(row) for row in found]


def profile_at(rows: Rows, profile: str, moment: datetime) -> ProfileVersion | None:
    """Return the version that was current at ``moment``, else the first one, or None."""
    before: list[Where] = [("profile", "=", profile), ("published_at", "<=", moment)]
    found = rows.find(profile_versions, *before, order_by=("-version",), limit=1)
    if not found:
        first: Where = ("profile", "=", profile)
        found = rows.find(profile_versions, first, order_by=("version",), limit=1)
    return _version(found[0]) if found else None


def redirects_to(rows: Rows, profile: str) -> list[str]:
    """Return the retired profiles that lead to this one, by id."""
    retired: Where = ("state", "=", VersionState.RETIRED.value)
    found = rows.find(
        profile_versions, retired, ("redirect_to", "=", profile), order_by=("profile",)
    )
    return [row["profile"] for row in found]


def add_version(rows: Rows, version: ProfileVersion) -> None:
    """Write a new version."""
    rows.insert(profile_versions, {"profile": version.profile.id, **_values(version)})


def save_version(rows: Rows, version: ProfileVersion) -> None:
    """Write where a version stands now."""
    key: tuple[Where, ...] = (
        ("profile", "=", version.profile.id),
        ("version", "=", version.version),
    )
    rows.update(profile_versions, _values(version), *key)


def add_change(rows: Rows, change: ProfileChange) -> None:
    """Write a new change."""
    rows.insert(profile_changes, _change_values(change))


def save_change(rows: Rows, change: ProfileChange) -> None:
    """Write where a change stands now."""
    rows.update(profile_changes, _change_values(change), ("id", "=", change.id))


def change(rows: Rows, change_id: str) -> ProfileChange | None:
    """Return one change, or None."""
    row = rows.get(profile_changes, id=change_id)
    return _change(row) if row else None


def changes(rows: Rows, *where: Where, limit: int, offset: int = 0) -> list[ProfileChange]:
    """Return the matching changes, newest first."""
    order = ("-created_at", "id")
    found = rows.find(profile_changes, *where, order_by=order, limit=limit, offset=offset)
    return [_change(row) for row in found]


def retired_by(rows: Rows, profile: str) -> str | None:
    """Return who proposed the newest retirement of a profile that was approved, or None."""
    where: list[Where] = [
        ("profile", "=", profile),
        ("kind", "=", ChangeKind.RETIRE.value),
        ("state", "=", ChangeState.PUBLISHED.value),
    ]
    found = changes(rows, *where, limit=1)
    return found[0].author if found else None


def open_changes(rows: Rows) -> list[tuple[str, str]]:
    """Return profile and id of each change that may still become something."""
    states = sorted(state.value for state in (ChangeState.DRAFT, ChangeState.VALIDATED))
    found = rows.find(profile_changes, ("state", "in", states))
    return [(row["profile"], row["id"]) for row in found]


def _values(version: ProfileVersion) -> dict[str, object]:
    return {
        **{name: getattr(version, name) for name in PLAIN},
        "state": version.state.value,
        "content": rules.content_of(version.profile),
    }


def _version(row: Row) -> ProfileVersion:
    return ProfileVersion(
        profile=_contents.of(row["digest"], row["content"]),
        state=VersionState(row["state"]),
        **{name: row[name] for name in PLAIN},
    )


def _change_values(change: ProfileChange) -> Row:
    values = {name: getattr(change, name) for name in ProfileChange.__dataclass_fields__}
    return {
        **values,
        "kind": change.kind.value,
        "state": change.state.value,
        "findings": [dict(one) for one in change.findings],
    }


def _change(row: Row) -> ProfileChange:
    values = {name: row[name] for name in ProfileChange.__dataclass_fields__}
    return ProfileChange(
        **{
            **values,
            "kind": ChangeKind(row["kind"]),
            "state": ChangeState(row["state"]),
            "findings": tuple(row["findings"]),
        }
    )
