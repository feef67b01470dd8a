"""Rows to pipelines and back."""

from __future__ import annotations

from sqlalchemy import Table

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.pipelines import pipelines
from octavo_server.pipelines.definitions.domain import Pipeline


def save_pipeline(rows: Rows, pipeline: Pipeline) -> None:
    """Keep a pipeline, new or changed."""
    values = _values(pipelines, pipeline) | {"parameters": dict(pipeline.parameters)}
    values["graph"] = None if pipeline.graph is None else dict(pipeline.graph)
    key: list[Where] = [("project", "=", pipeline.project), ("name", "=", pipeline.name)]
    if not rows.update(pipelines, values, *key):
        rows.insert(pipelines, values)


def pipeline(rows: Rows, project: str, name: str) -> Pipeline | None:
    """Return a pipeline, or None."""
    row = rows.get(pipelines, project=project, name=name)
    return None if row is None else Pipeline(**row)


def delete_pipeline(rows: Rows, project: str, name: str) -> None:
    """Remove a pipeline; its runs stay."""
    rows.delete(pipelines, ("project", "=", project), ("name", "=", name))


def all_pipelines(rows: Rows, project: str, limit: int, offset: int) -> list[Pipeline]:
    """Return a project's pipelines by name."""
    found = rows.find(
        pipelines, ("project", "=", project), order_by=("name",), limit=limit, offset=offset
    )
    return [Pipeline(**row) for row in found]


def _values(table: Table, record: object) -> Row:
    return {name: getattr(record, name) for name in table.c.keys()}  # noqa: SIM118
