"""Rows of policy versions."""

from __future__ import annotations

from octavo_server.database.rows import Row, Rows
from octavo_server.database.tables.policy import policy_versions
from octavo_server.policy.domain import PolicyState, PolicyVersion


def add(rows: Rows, version: PolicyVersion) -> None:
    """Write a new version."""
    rows.insert(policy_versions, _values(version))


def save(rows: Rows, version: PolicyVersion) -> None:
    """Write a version's new state."""
    rows.update(policy_versions, _values(version), ("id", "=", version.id))


def get(rows: Rows, version: str) -> PolicyVersion | None:
    """Return one version."""
    row = rows.get(policy_versions, id=version)
    return _version(row) if row else None


def active(rows: Rows) -> PolicyVersion | None:
    """Return the version in force."""
    row = rows.get(policy_versions, state=PolicyState.ACTIVE.value)
    return _version(row) if row else None


def newest(rows: Rows, limit: int) -> list[PolicyVersion]:
    """Return the newest versions first."""
    return [
        _version(row) for row in rows.find(policy_versions, order_by=("-created_at",), limit=limit)
    ]


def _values(version: PolicyVersion) -> Row:
    values = {name: getattr(version, name) for name in PolicyVersion.__dataclass_fields__}
    return {**values, "state": version.state.value}


def _version(row: Row) -> PolicyVersion:
    return PolicyVersion(**{**row, "state": PolicyState(row["state"])})
