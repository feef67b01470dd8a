"""Rows of changes, their plans, and of what snapshots were built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.feature_changes import (
    feature_builds,
    feature_change_plans,
    feature_changes,
)
from octavo_server.database.tables.features import feature_snapshots
from octavo_server.features.publishing.domain import (
    Build,
    ChangeState,
    Cost,
    Difference,
    FeatureChange,
    FieldChange,
    Finding,
    Impact,
    Plan,
    Verdict,
)

UNFINISHED = (ChangeState.APPROVED.value, ChangeState.APPLYING.value)


def add(rows: Rows, change: FeatureChange, declaration: FeatureDeclaration, plan: Plan) -> None:
    """Add a change with what is reviewed."""
    rows.insert(feature_changes, _values(change))
    rows.insert(
        feature_change_plans,
        {
            "change": change.id,
            "declaration": declaration.model_dump(mode="json"),
            "plan": asdict(plan),
        },
    )


def save(rows: Rows, change: FeatureChange) -> None:
    """Write a change's new state."""
    rows.update(feature_changes, _values(change), ("id", "=", change.id))


def note_step(
    rows: Rows, identifier: str, worker: str, *, step: str, done: int, steps: int
) -> None:
    """Write how far a worker is with applying a change that is its own."""
    values = {"step": step, "done": done, "steps": steps}
    rows.update(feature_changes, values, ("id", "=", identifier), ("worker", "=", worker))


def change(rows: Rows, identifier: str) -> FeatureChange | None:
    """Return one change."""
    row = rows.get(feature_changes, id=identifier)
    return _change(row) if row else None


def changes(rows: Rows, *where: Where, limit: int, offset: int) -> list[FeatureChange]:
    """Return changes, newest first."""
    order = ("-created_at", "-id")
    found = rows.find(feature_changes, *where, order_by=order, limit=limit, offset=offset)
    return [_change(row) for row in found]


def unfinished(rows: Rows, project: str | None = None) -> list[FeatureChange]:
    """Return the changes that are to be applied, in the order of their approval."""
    where: list[Where] = [("state", "in", UNFINISHED)]
    where += [("project", "=", project)] if project is not None else []
    order = ("reviewed_at", "id")
    return [_change(row) for row in rows.find(feature_changes, *where, order_by=order)]


def declaration_of(rows: Rows, identifier: str) -> FeatureDeclaration | None:
    """Return what a change declares."""
    row = rows.get(feature_change_plans, change=identifier)
    return FeatureDeclaration.model_validate(row["declaration"]) if row else None


def plan_of(rows: Rows, identifier: str) -> Plan | None:
    """Return what was reviewed of a change."""
    row = rows.get(feature_change_plans, change=identifier)
    return plan_from(row["plan"]) if row else None


def add_build(rows: Rows, build: Build) -> None:
    """Keep what a snapshot was built from; building the same again changes nothing."""
    values = {
        "project": build.project,
        "snapshot": build.snapshot,
        "declaration": build.declaration.model_dump(mode="json"),
        "loaded_rows": build.loaded_rows,
        "load_seconds": build.load_seconds,
        "at": build.at,
    }
    rows.upsert(feature_builds, [values])


def build(rows: Rows, project: str, snapshot: str) -> Build | None:
    """Return what a snapshot was built from."""
    row = rows.get(feature_builds, project=project, snapshot=snapshot)
    return _build(row) if row else None


def newest_builds(rows: Rows, project: str, limit: int) -> list[Build]:
    """Return what the newest snapshots were built from."""
    found = rows.find(feature_builds, ("project", "=", project), order_by=("-at",), limit=limit)
    return [_build(row) for row in found]


def snapshots(rows: Rows, project: str) -> list[str]:
    """Return the ids of all snapshots that were published."""
    return [row["id"] for row in rows.find(feature_snapshots, ("project", "=", project))]


def _values(one: FeatureChange) -> Row:
    values = {field.name: getattr(one, field.name) for field in fields(one)}
    return {**values, "state": one.state.value}


def _change(row: Row) -> FeatureChange:
    values = {field.name: row[field.name] for field in fields(FeatureChange)}
    return FeatureChange(**{**values, "state": ChangeState(row["state"])})


def _build(row: Row) -> Build:
    at: datetime = row["at"]
    return Build(
        project=row["project"],
        snapshot=row["snapshot"],
        declaration=FeatureDeclaration.model_validate(row["declaration"]),
        loaded_rows=row["loaded_rows"],
        load_seconds=row["load_seconds"],
        at=at,
    )


def plan_from(kept: Mapping[str, Any]) -> Plan:
    """Return the plan that a JSON document describes."""
    differences = tuple(
        Difference(**{**one, "fields": tuple(FieldChange(**part) for part in one["fields"])})
        for one in kept["differences"]
    )
    return Plan(
        base_snapshot=kept["base_snapshot"],
        digest=kept["digest"],
        same=kept["same"],
        differences=differences,
        impact=tuple(Impact(**one) for one in kept["impact"]),
        cost=Cost(**{**kept["cost"], "views": tuple(kept["cost"]["views"])}),
        leaks=tuple(kept["leaks"]),
        findings=tuple(Finding(**one) for one in kept["findings"]),
        policy=Verdict(allowed=kept["policy"]["allowed"], reasons=tuple(kept["policy"]["reasons"])),
    )
