"""What batches keep, on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.batches.test_rules import NOON, a_batch, a_partition

from octavo_server.database.rows import Database
from octavo_server.deployments.batches import store
from octavo_server.deployments.batches.domain import PartitionState, State


def test_a_batch_comes_back_as_it_was(database: Database) -> None:
    batch, parts = a_batch(), [a_partition(0), a_partition(1)]
    with database.write() as rows:
        store.add(rows, batch, parts)
    ended = replace(
        batch, state=State.PARTIAL, ended_at=NOON, cost_eur=0.5, envelope={"payload": "x"}
    )
    done = replace(parts[1], state=PartitionState.DONE, digest="d" * 64, committed_at=NOON)
    with database.write() as rows:
        store.save(rows, ended)
        store.save_partition(rows, done)
    with database.read() as rows:
        assert store.batch(rows, "b1") == ended
        assert store.batch(rows, "b1", "weather") is None
        assert store.batch(rows, "b2") is None
        assert store.partitions(rows, "b1") == [parts[0], done]
        assert store.partitions(rows, "b1", [PartitionState.DONE]) == [done]
        assert store.partitions(rows, "b1", limit=1, offset=1) == [done]


def test_batches_are_found_newest_first_and_unfinished_oldest_first(database: Database) -> None:
    made = [
        a_batch(id=f"b{number}", created_at=NOON + timedelta(minutes=number), state=state)
        for number, state in enumerate((State.QUEUED, State.SUCCEEDED, State.RUNNING))
    ]
    with database.write() as rows:
        for one in [*made, a_batch(id="other", project="weather")]:
            store.add(rows, one, [])
    with database.read() as rows:
        newest = store.newest(rows, ("project", "=", "flights"), limit=2)
        assert [one.id for one in newest] == ["b2", "b1"]
        assert [one.id for one in store.unfinished(rows, "flights")] == ["b0", "b2"]
        assert {one.id for one in store.unfinished(rows)} == {"b0", "b2", "other"}
