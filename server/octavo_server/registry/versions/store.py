"""Rows of the registry <-> records."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.registry import (
    alias_moves,
    model_aliases,
    model_versions,
    registered_models,
)
from octavo_server.registry.versions.differences import Kept
from octavo_server.registry.versions.domain import (
    AliasMove,
    ArtifactFile,
    ChecklistItem,
    Conversion,
    ConversionOutcome,
    Derived,
    Finding,
    ItemState,
    Model,
    ModelVersion,
    Packaging,
    Scan,
    Severity,
    Trial,
    TrialOutcome,
)


def touch_model(rows: Rows, project: str, name: str, who: str, at: datetime) -> None:
    """Makes the model where there is none, and keeps that it changed."""
    this: tuple[Where, ...] = (("project", "=", project), ("name", "=", name))
    if rows.update(registered_models, {"updated_at": at}, *this):
        return
    rows.insert(
        registered_models,
        {
            "project": project,
            "name": name,
            "created_by": who,
            "created_at": at,
            "updated_at": at,
        },
    )


def add_version(rows: Rows, version: ModelVersion) -> None:
    """Keeps a version. Raises RowExists when it, or its logged model, is there already."""
    rows.insert(
        model_versions,
        {
            "project": version.project,
            "name": version.name,
            "version": version.version,
            "run_id": version.run_id,
            "model_id": version.model_id,
            "location": version.location,
            "digest": version.digest,
            "key_id": version.key_id,
            "card": version.card,
            "feature_snapshot": version.feature_snapshot,
            "record": _record(version),
            "envelope": dict(version.envelope),
            "created_by": version.created_by,
            "created_at": version.created_at,
        },
    )


def _record(version: ModelVersion) -> dict[str, Any]:
    return {
        "files": [asdict(one) for one in version.files],
        "packaging": asdict(version.packaging),
        "scan": asdict(version.scan_report),
        "trial": asdict(version.trial),
        "checklist": [asdict(one) for one in version.checklist],
        "metrics": dict(version.metrics),
        "origin": dict(version.origin),
        "source": version.source,
        "owner": version.owner,
        "conversion": asdict(version.conversion),
        "derived": [asdict(one) for one in version.derived],
    }


def sign_anew(rows: Rows, version: ModelVersion) -> None:
    """Replace the signatures of a version and of its other forms; nothing else changes."""
    rows.update(
        model_versions,
        {
            "key_id": version.key_id,
            "envelope": dict(version.envelope),
            "record": _record(version),
        },
        ("project", "=", version.project),
        ("name", "=", version.name),
        ("version", "=", version.version),
    )


def version_of_model(rows: Rows, project: str, name: str, model_id: str) -> int | None:
    """The version that was made from a logged model, if any."""
    row = rows.get(model_versions, project=project, name=name, model_id=model_id)
    return row["version"] if row else None


def get_version(rows: Rows, project: str, name: str, version: int) -> ModelVersion | None:
    """One version."""
    row = rows.get(model_versions, project=project, name=name, version=version)
    return _version(row, aliases(rows, project, name)) if row else None


def every(rows: Rows) -> list[tuple[str, str, int]]:
    """Project, name and number of all versions, the newest first."""
    found = rows.find(model_versions, order_by=("-created_at",))
    return [(row["project"], row["name"], row["version"]) for row in found]


def kept_digests(rows: Rows) -> set[str]:
    """Digests of the manifests and files of every version and of its other forms."""
    found: set[str] = set()
    for row in rows.find(model_versions):
        record = row["record"]
        for one in (record, *record.get("derived", ())):
            found |= {file["sha256"] for file in one["files"]}
        found |= {row["digest"], *(one["digest"] for one in record.get("derived", ()))}
    return found


def kept(rows: Rows) -> list[Kept]:
    """All models with their aliases and the digests of their versions."""
    digests: dict[tuple[str, str], dict[int, str]] = {}
    for row in rows.find(model_versions):
        digests.setdefault((row["project"], row["name"]), {})[row["version"]] = row["digest"]
    pointing: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows.find(model_aliases):
        pointing.setdefault((row["project"], row["name"]), {})[row["alias"]] = row["version"]
    return [
        Kept(project=project, name=name, aliases=pointing.get((project, name), {}), digests=found)
        for (project, name), found in sorted(digests.items())
    ]


def versions(rows: Rows, project: str, name: str, limit: int | None = None) -> list[ModelVersion]:
    """The versions of a model, newest first."""
    pointing = aliases(rows, project, name)
    found = rows.find(
        model_versions,
        ("project", "=", project),
        ("name", "=", name),
        order_by=("-version",),
        limit=limit,
    )
    return [_version(row, pointing) for row in found]


def models(rows: Rows, project: str) -> list[Model]:
    """The project's models, the last changed first."""
    found = rows.find(registered_models, ("project", "=", project), order_by=("-updated_at",))
    return [_model(rows, row) for row in found]


def get_model(rows: Rows, project: str, name: str) -> Model | None:
    """One model."""
    row = rows.get(registered_models, project=project, name=name)
    return _model(rows, row) if row else None


def aliases(rows: Rows, project: str, name: str) -> dict[str, int]:
    """Alias -> version."""
    found = rows.find(model_aliases, ("project", "=", project), ("name", "=", name))
    return {row["alias"]: row["version"] for row in sorted(found, key=lambda row: row["alias"])}


def move_alias(rows: Rows, project: str, name: str, move: AliasMove) -> None:
    """Points an alias to a version and keeps the move. Raises RowExists for a raced one."""
    this: tuple[Where, ...] = (
        ("project", "=", project),
        ("name", "=", name),
        ("alias", "=", move.alias),
    )
    place = {"project": project, "name": name}
    if not rows.update(model_aliases, {"version": move.version}, *this):
        rows.insert(model_aliases, {**place, "alias": move.alias, "version": move.version})
    rows.insert(alias_moves, {**place, **asdict(move)})


def next_move(rows: Rows, project: str, name: str) -> int:
    """Number of the next move in the model's history."""
    last = moves(rows, project, name, limit=1)
    return last[0].number + 1 if last else 1


def moves(
    rows: Rows, project: str, name: str, *, before: int | None = None, limit: int | None = 50
) -> list[AliasMove]:
    """The moves of a model's aliases, newest first; those before a number if given."""
    where: list[Where] = [("project", "=", project), ("name", "=", name)]
    if before is not None:
        where.append(("number", "<", before))
    found = rows.find(alias_moves, *where, order_by=("-number",), limit=limit)
    kept = ("number", "alias", "version", "previous", "moved_by", "moved_at", "reason")
    return [AliasMove(**{key: row[key] for key in kept}) for row in found]


def _model(rows: Rows, row: Row) -> Model:
    project, name = row["project"], row["name"]
    newest = versions(rows, project, name, limit=1)
    return Model(
        project=project,
        name=name,
        latest=newest[0] if newest else None,
        versions=rows.count(model_versions, ("project", "=", project), ("name", "=", name)),
        aliases=aliases(rows, project, name),
        updated_at=row["updated_at"],
    )


def _version(row: Row, pointing: Mapping[str, int]) -> ModelVersion:
    record = row["record"]
    plain = {key: value for key, value in row.items() if key != "record"}
    return ModelVersion(
        **plain,
        files=tuple(ArtifactFile(**one) for one in record["files"]),
        packaging=_packaging(record["packaging"]),
        scan_report=_scan(record["scan"]),
        trial=Trial(**{**record["trial"], "outcome": TrialOutcome(record["trial"]["outcome"])}),
        checklist=tuple(
            ChecklistItem(
                **{
                    **one,
                    "state": ItemState(one["state"]),
                    "required_in": tuple(one.get("required_in", ())),
                }
            )
            for one in record["checklist"]
        ),
        metrics=record["metrics"],
        origin=record.get("origin", {}),
        source=record.get("source", ""),
        owner=record.get("owner", ""),
        conversion=_conversion(record.get("conversion")),
        derived=tuple(_derived(one) for one in record.get("derived", ())),
        aliases=tuple(alias for alias, to in pointing.items() if to == row["version"]),
    )


def _packaging(found: dict[str, Any]) -> Packaging:
    flavors, requirements = tuple(found["flavors"]), tuple(found["requirements"])
    return Packaging(**{**found, "flavors": flavors, "requirements": requirements})


def _conversion(found: dict[str, Any] | None) -> Conversion:
    if found is None:
        return Conversion()
    return Conversion(outcome=ConversionOutcome(found["outcome"]), detail=found["detail"])


def _derived(found: dict[str, Any]) -> Derived:
    files = tuple(ArtifactFile(**one) for one in found["files"])
    return Derived(**{**found, "files": files})


def _scan(found: dict[str, Any]) -> Scan:
    findings = tuple(
        Finding(**{**one, "severity": Severity(one["severity"])}) for one in found["findings"]
    )
    return Scan(scanned=found["scanned"], findings=findings)
