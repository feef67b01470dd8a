"""Rows of monitoring to records and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.monitoring import (
    monitoring_alerts,
    monitoring_baselines,
    monitoring_profiles,
)
from octavo_server.monitoring.domain import Alert, Finding, Level, MonthProfile


@dataclass(frozen=True, kw_only=True)
class KeptBaseline:
    """A run's baseline as it was read, or why there is none."""

    project: str
    """Project."""
    model: str
    """Registered model."""
    version: int
    """Its version."""
    run_id: str
    """Run that wrote it."""
    document: Mapping[str, Any] | None
    """The artifact; None when there is none that can be used."""
    problem: str
    """Why there is none; '' when there is one."""
    fingerprint: str
    """Of the lake's data when the months were last profiled."""
    read_at: datetime
    """When it was read."""


def baseline(rows: Rows, project: str, model: str, version: int) -> KeptBaseline | None:
    """Return what is kept of a version's baseline."""
    row = rows.get(monitoring_baselines, project=project, model=model, version=version)
    return KeptBaseline(**row) if row else None


def put_baseline(rows: Rows, kept: KeptBaseline) -> None:
    """Write a version's baseline, new or not."""
    values = {field.name: getattr(kept, field.name) for field in fields(kept)}
    if kept.document is not None:
        values["document"] = dict(kept.document)
    if not rows.update(monitoring_baselines, values, *_version(kept)):
        rows.insert(monitoring_baselines, values)


def months(rows: Rows, project: str, model: str, version: int) -> list[MonthProfile]:
    """Return a version's month profiles in order."""
    where: tuple[Where, ...] = (
        ("project", "=", project),
        ("model", "=", model),
        ("version", "=", version),
    )
    found = rows.find(monitoring_profiles, *where, order_by=("month",))
    return [_month(row) for row in found]


def put_months(rows: Rows, kept: KeptBaseline, found: Sequence[MonthProfile]) -> None:
    """Write a version's month profiles in place of those before."""
    rows.delete(monitoring_profiles, *_version(kept))
    for one in found:
        values = {field.name: getattr(one, field.name) for field in fields(one)}
        values["features"] = {name: dict(profile) for name, profile in one.features.items()}
        values["findings"] = [asdict(finding) for finding in one.findings]
        rows.insert(monitoring_profiles, values)


def alert(rows: Rows, project: str, alert_id: str) -> Alert | None:
    """Return one alert of a project."""
    row = rows.get(monitoring_alerts, project=project, id=alert_id)
    return _alert(row) if row else None


def alerts(rows: Rows, *where: Where, limit: int, offset: int = 0) -> list[Alert]:
    """Return the newest matching alerts first."""
    order = ("-opened_at", "id")
    found = rows.find(monitoring_alerts, *where, order_by=order, limit=limit, offset=offset)
    return [_alert(row) for row in found]


def open_alerts(rows: Rows, project: str, deployment: str) -> list[Alert]:
    """Return a deployment's alerts that are not resolved, newest first."""
    here: tuple[Where, ...] = (("project", "=", project), ("deployment", "=", deployment))
    return alerts(rows, *here, ("resolved_at", "=", None), limit=1_000)


def put_alert(rows: Rows, one: Alert) -> None:
    """Write an alert, new or not."""
    values = {field.name: getattr(one, field.name) for field in fields(one)}
    values["bound"] = values.pop("limit")
    values["level"] = one.level.value
    if not rows.update(monitoring_alerts, values, ("id", "=", one.id)):
        rows.insert(monitoring_alerts, values)


def _month(row: Row) -> MonthProfile:
    findings = tuple(Finding(**finding) for finding in row["findings"])
    return MonthProfile(**{**row, "findings": findings})


def _alert(row: Row) -> Alert:
    values = {**row, "level": Level(row["level"])}
    values["limit"] = values.pop("bound")
    return Alert(**values)


def _version(kept: KeptBaseline) -> tuple[Where, ...]:
    return (
        ("project", "=", kept.project),
        ("model", "=", kept.model),
        ("version", "=", kept.version),
    )
