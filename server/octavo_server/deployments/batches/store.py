"""Rows of batches and their partitions <-> records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Final

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.batches import batch_partitions, batches
from octavo_server.deployments.batches.domain import (
    UNFINISHED,
    Batch,
    LakeFile,
    Partition,
    PartitionState,
    State,
)

_UNFINISHED: Final = sorted(one.value for one in UNFINISHED)


def add(rows: Rows, batch: Batch, partitions: Sequence[Partition]) -> None:
    """Keep a new batch with its partitions."""
    rows.insert(batches, _row(batch))
    for one in partitions:
        rows.insert(batch_partitions, _partition_row(one))


def save(rows: Rows, batch: Batch) -> None:
    """Keep what has changed in a batch."""
    rows.update(batches, _row(batch), ("id", "=", batch.id))


def batch(rows: Rows, identifier: str, project: str | None = None) -> Batch | None:
    """Return a batch, or None; with ``project`` only if it belongs there."""
    row = rows.get(batches, id=identifier)
    if row is None or project not in (None, row["project"]):
        return None
    return _batch(row)


def newest(rows: Rows, *where: Where, limit: int, offset: int = 0) -> list[Batch]:
    """Return the matching batches, the newest first."""
    found = rows.find(batches, *where, order_by=("-created_at", "id"), limit=limit, offset=offset)
    return [_batch(row) for row in found]


def unfinished(rows: Rows, project: str | None = None, limit: int = 500) -> list[Batch]:
    """Return batches that wait or are under way, the oldest first."""
    where: list[Where] = [("state", "in", _UNFINISHED)]
    where += [("project", "=", project)] if project else []
    found = rows.find(batches, *where, order_by=("created_at", "id"), limit=limit)
    return [_batch(row) for row in found]


def save_partition(rows: Rows, one: Partition) -> None:
    """Keep what has changed in a partition."""
    at: tuple[Where, Where] = (("batch", "=", one.batch), ("number", "=", one.number))
    rows.update(batch_partitions, _partition_row(one), *at)


def partitions(
    rows: Rows,
    identifier: str,
    states: Collection[PartitionState] | None = None,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> list[Partition]:
    """Return a batch's partitions in order; of some states if they are named."""
    where: list[Where] = [("batch", "=", identifier)]
    where += [("state", "in", sorted(one.value for one in states))] if states else []
    found = rows.find(batch_partitions, *where, order_by=("number",), limit=limit, offset=offset)
    return [_partition(row) for row in found]


def _row(one: Batch) -> Row:
    values = {name: getattr(one, name) for name in Batch.__dataclass_fields__}
    envelope = None if one.envelope is None else dict(one.envelope)
    return values | {"state": one.state.value, "keep": list(one.keep), "envelope": envelope}


def _batch(row: Row) -> Batch:
    return Batch(**{**row, "state": State(row["state"]), "keep": tuple(row["keep"])})


def _partition_row(one: Partition) -> Row:
    values = {name: getattr(one, name) for name in Partition.__dataclass_fields__}
    files = [asdict(file) for file in one.files]
    return values | {"state": one.state.value, "keys": dict(one.keys), "files": files}


def _partition(row: Row) -> Partition:
    files = tuple(LakeFile(**file) for file in row["files"])
    return Partition(**{**row, "state": PartitionState(row["state"]), "files": files})
