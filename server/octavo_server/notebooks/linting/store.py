"""Rows of versions of projects' lint rules."""

from __future__ import annotations

from octavo.records.linting import LintSettings
from octavo_server.database.rows import Row, Rows
from octavo_server.database.tables.linting import lint_rules
from octavo_server.notebooks.linting.domain import RulesVersion, VersionState


def add(rows: Rows, version: RulesVersion) -> None:
    """Write a new version."""
    rows.insert(lint_rules, _values(version))


def save(rows: Rows, version: RulesVersion) -> None:
    """Write a version's new state."""
    rows.update(lint_rules, _values(version), ("id", "=", version.id))


def get(rows: Rows, project: str, version: str) -> RulesVersion | None:
    """Return one version."""
    row = rows.get(lint_rules, project=project, id=version)
    return _version(row) if row else None


def active(rows: Rows, project: str) -> RulesVersion | None:
    """Return the version in force; None: the defaults are."""
    row = rows.get(lint_rules, project=project, state=VersionState.ACTIVE.value)
    return _version(row) if row else None


def newest(rows: Rows, project: str, limit: int) -> list[RulesVersion]:
    """Return the newest versions first."""
    found = rows.find(lint_rules, ("project", "=", project), order_by=("-created_at",), limit=limit)
    return [_version(row) for row in found]


def _values(version: RulesVersion) -> Row:
    values = {name: getattr(version, name) for name in RulesVersion.__dataclass_fields__}
    return {
        **values,
        "state": version.state.value,
        "settings": version.settings.model_dump(mode="json"),
        "loosens": list(version.loosens),
    }


def _version(row: Row) -> RulesVersion:
    return RulesVersion(
        **{
            **row,
            "state": VersionState(row["state"]),
            "settings": LintSettings.model_validate(row["settings"]),
            "loosens": tuple(row["loosens"]),
        }
    )
