"""Rows of profiles."""

from __future__ import annotations

from datetime import datetime

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.profiles import profile_versions
from octavo_server.workspaces.profiles import rules
from octavo_server.workspaces.profiles.domain import ProfileVersion, VersionState

PLAIN = (
    "version", "digest", "published_at", "author", "reviewer", "reason", "text", "ended_at",
    "redirect_to", "message",
)  # fmt: skip


def current_profiles(rows: Rows) -> dict[str, ProfileVersion]:
    """Return the newest version of each profile by its id, retired ones included."""
    found = rows.find(profile_versions, order_by=("profile", "version"))
    return {row["profile"]: _version(row) for row in found}


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
    found = versions(rows, profile)
    before = [one for one in found if one.published_at <= moment]
    return (before[-1] if before else found[0]) if found else None


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


def _values(version: ProfileVersion) -> dict[str, object]:
    return {
        **{name: getattr(version, name) for name in PLAIN},
        "state": version.state.value,
        "content": rules.content_of(version.profile),
    }


def _version(row: Row) -> ProfileVersion:
    return ProfileVersion(
        profile=rules.profile_from(row["content"]),
        state=VersionState(row["state"]),
        **{name: row[name] for name in PLAIN},
    )
