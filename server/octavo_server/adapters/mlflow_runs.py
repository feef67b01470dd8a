"""Reads runs straight from MLflow's tables, inside the tracking process.

MLflow's own search makes objects of every metric, parameter and tag, and pages by offset: reading
100,000 runs takes it many minutes. Five queries a page over the indexes take seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class StoreRuns:
    """Looks into MLflow's store, in process."""

    def some(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Those of `ids` that there are."""
        from sqlalchemy import select

        table = _table("SqlRun")
        return _read(select(table).where(table.c.run_uuid.in_(ids)).order_by(table.c.run_uuid))

    def after(
        self, run_id: str, most: int, experiments: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """At most `most` runs whose ids come after `run_id`, by id; of some experiments or all."""
        from sqlalchemy import select

        table = _table("SqlRun")
        asked = select(table).where(table.c.run_uuid > run_id)
        if experiments:
            named = [int(one) for one in experiments if one.isdecimal()]
            asked = asked.where(table.c.experiment_id.in_(named))
        return _read(asked.order_by(table.c.run_uuid).limit(most))


def _table(name: str) -> Any:
    from mlflow.store.tracking.dbmodels import models

    return getattr(models, name).__table__


def _read(asked: Any) -> list[dict[str, Any]]:
    from mlflow.server.handlers import _get_tracking_store

    store: Any = _get_tracking_store()
    with store.engine.connect() as connection:
        found = {row.run_uuid: _run(row) for row in connection.execute(asked)}
        if found:
            _add_values(connection, found)
            _add_inputs(connection, found)
            _add_models(connection, found)
    return list(found.values())


def _run(row: Any) -> dict[str, Any]:
    return {
        "run_id": row.run_uuid,
        "experiment_id": str(row.experiment_id),
        "name": row.name or "",
        "owner": row.user_id or "",
        "status": row.status,
        "started_at": row.start_time,
        "ended_at": row.end_time,
        "removed": row.lifecycle_stage == "deleted",
        "metrics": {},
        "params": {},
        "tags": {},
        "inputs": [],
        "models": 0,
    }


def _add_values(connection: Any, found: dict[str, dict[str, Any]]) -> None:
    from sqlalchemy import select

    metrics, ids = _table("SqlLatestMetric"), list(found)
    columns = (metrics.c.run_uuid, metrics.c.key, metrics.c.value, metrics.c.step)
    asked = select(*columns, metrics.c.timestamp, metrics.c.is_nan)
    for run, name, value, step, at, is_nan in connection.execute(
        asked.where(metrics.c.run_uuid.in_(ids))
    ):
        found[run]["metrics"][name] = ["nan" if is_nan else value, step, at or 0]
    for kind, source in (("params", "SqlParam"), ("tags", "SqlTag")):
        table = _table(source)
        asked = select(table.c.run_uuid, table.c.key, table.c.value)
        for run, name, value in connection.execute(asked.where(table.c.run_uuid.in_(ids))):
            found[run][kind][name] = value or ""


def _add_inputs(connection: Any, found: dict[str, dict[str, Any]]) -> None:
    from sqlalchemy import and_, select

    inputs, sets, tags = _table("SqlInput"), _table("SqlDataset"), _table("SqlInputTag")
    context = and_(tags.c.input_uuid == inputs.c.input_uuid, tags.c.name == "mlflow.data.context")
    asked = (
        select(
            inputs.c.destination_id,
            sets.c.name,
            sets.c.digest,
            sets.c.dataset_source,
            tags.c.value,
        )
        .join_from(inputs, sets, inputs.c.source_id == sets.c.dataset_uuid)
        .outerjoin(tags, context)
        .where(inputs.c.destination_type == "RUN", inputs.c.destination_id.in_(list(found)))
        .order_by(inputs.c.destination_id, sets.c.name, sets.c.digest)
    )
    for run, name, digest, source, value in connection.execute(asked):
        one = {"name": name, "digest": digest, "source": source, "context": value}
        found[run]["inputs"].append(one)


def _add_models(connection: Any, found: dict[str, dict[str, Any]]) -> None:
    from sqlalchemy import func, select

    outputs = _table("SqlInput")
    asked = (
        select(outputs.c.source_id, func.count())
        .where(
            outputs.c.source_type == "RUN_OUTPUT",
            outputs.c.source_id.in_(list(found)),
            outputs.c.destination_type == "MODEL_OUTPUT",
        )
        .group_by(outputs.c.source_id)
    )
    for run, count in connection.execute(asked):
        found[run]["models"] = count
