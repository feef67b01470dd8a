"""Batches from the click to the end: planned, scored, failed, cancelled, resumed, killed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.batches import PROJECT, SOURCE, World, a_table, failing
from tests.support.materialization import Worker
from tests.support.people import ONCALL, SCIENTIST

from octavo.records.batches import BatchRequest
from octavo_server.deployments.batches import store
from octavo_server.deployments.batches.domain import PartitionState, State
from octavo_server.errors import Conflict, IllegalMove, Invalid, NotFound, OctavoError, Unavailable

DAYS = ("day=1/a.parquet", "day=2/a.parquet", "day=3/a.parquet")


class Killed(BaseException):
    """The process ends here, and nothing after it happens."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    a_table(made.lakes, *DAYS)
    return made


def wanted(**more: Any) -> BatchRequest:
    return BatchRequest(**{"source": SOURCE, "model": "late", "version": 1, **more})


# ---- asking


def test_a_batch_is_planned_before_it_is_started(world: World) -> None:
    plan = world.batches.plan(SCIENTIST, PROJECT, wanted(source=f"{SOURCE}/"))
    assert (plan.source, len(plan.planned), plan.files, plan.size) == (SOURCE, 3, 3, 45)
    assert (plan.model.version, plan.model.digest) == (1, "a" * 64)
    assert (plan.profile, plan.price) == ("cpu-small", 1.0)
    assert world.batches.refusal(PROJECT) is None
    world.ledger.left = 0
    assert "is used up" in str(world.batches.refusal(PROJECT))
    assert world.actions() == []


def test_an_alias_is_bound_to_the_digest_it_names_at_the_start(world: World) -> None:
    identifier = world.start(version=None, alias="champion")
    world.models.aliases["champion"] = 1
    batch = world.get(identifier)
    assert (batch.version, batch.alias, batch.digest) == (2, "champion", "b" * 64)


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"version": 9}, NotFound, "There is no version 9 of 'late'"),
        ({"version": None, "alias": "none"}, NotFound, "Alias 'none' of late names no version"),
        ({"alias": "champion"}, Invalid, "version, alias: both of them given"),
        ({"source": "../weather"}, Invalid, "is no path below the project's lake"),
        ({"source": "curated/x"}, NotFound, "The lake of flights has no 'curated/x'"),
        ({"keep": ["prediction"]}, Invalid, "keep: 'prediction'"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    world: World, more: dict[str, Any], error: type[OctavoError], said: str
) -> None:
    with pytest.raises(error, match=said):
        world.start(**more)
    assert world.actions() == []


def test_no_money_and_a_flood_are_refused(world: World) -> None:
    for _ in range(20):
        world.start()
    with pytest.raises(Conflict, match="20 batches of flights wait or are under way"):
        world.start()
    world.ledger.left = 0
    with pytest.raises(Conflict, match="is used up"):
        world.start()


def test_unknown_batches_are_not_found(world: World) -> None:
    mine = world.start()
    for ask in (
        world.batches.get,
        world.batches.manifest,
        lambda p, b: world.batches.cancel(SCIENTIST, p, b),
        lambda p, b: world.batches.resume(SCIENTIST, p, b),
    ):
        with pytest.raises(NotFound, match="There is no batch 'x' in flights"):
            ask(PROJECT, "x")
        with pytest.raises(NotFound, match="in weather"):
            ask("weather", mine)


# ---- executing


def test_partitions_are_committed_one_by_one_signed_linked_and_booked(world: World) -> None:
    identifier = world.start()
    world.bench.before = lambda _one: world.clock.on(timedelta(seconds=36))
    world.work()
    batch = world.get(identifier)
    assert (batch.state, batch.done, batch.rows, batch.seconds) == (State.SUCCEEDED, 3, 30, 3.0)
    assert batch.message == "3 of 3 partitions done, 30 rows."
    files = world.output(identifier)
    assert files["day=2/part-00001.parquet"] == b"scored day=2"
    assert set(files) == {
        "_manifest.json",
        "_manifest.dsse.json",
        *(f"day={day}/part-{day - 1:05d}.parquet" for day in (1, 2, 3)),
    }
    for one in world.parts(identifier):
        assert one.state is PartitionState.DONE
        assert one.digest == hashlib.sha256(files[one.output]).hexdigest()
    assert batch.cost_eur == pytest.approx(0.03)
    assert world.ledger.parts == {"batch late"}
    assert world.actions() == [
        "deployments.batch_start",
        "deployments.batch_begin",
        "deployments.batch_end",
    ]
    assert world.bench.open == 0


def test_the_manifest_is_signed_and_says_when_it_does_not_hold(world: World) -> None:
    identifier = world.start()
    with pytest.raises(NotFound, match="is queued and has no manifest"):
        world.batches.manifest(PROJECT, identifier)
    world.work()
    manifest = world.batches.manifest(PROJECT, identifier)
    written = world.output(identifier)["_manifest.json"]
    assert manifest.problem == ""
    assert manifest.digest == hashlib.sha256(written).hexdigest()
    subjects = {one["name"]: one["digest"]["sha256"] for one in manifest.statement["subject"]}
    assert subjects["_manifest.json"] == manifest.digest
    assert len(json.loads(written)["outputs"]) == 3
    world.signer.verify(json.loads(world.output(identifier)["_manifest.dsse.json"]))
    batch = world.get(identifier)
    assert batch.envelope is not None
    spoiled = {**batch.envelope, "payload": "e30="}
    with world.database.write() as rows:
        store.save(rows, replace(batch, envelope=spoiled))
    held = world.batches.manifest(PROJECT, identifier)
    assert held.statement == {}
    assert held.problem


def test_the_lineage_leads_from_the_data_over_the_batch_to_its_outputs(world: World) -> None:
    identifier = world.start()
    world.work()
    node = f"batch:{PROJECT}/{identifier}"
    digest = world.get(identifier).manifest_digest
    assert [one.target for one in world.lineage.targets(PROJECT, node)] == [
        f"data:{PROJECT}/batches/{identifier}@{digest}"
    ]
    sources = sorted(one.source for one in world.lineage.sources(PROJECT, node))
    assert sources[0].startswith(f"data:{PROJECT}/{SOURCE}@")
    assert sources[1] == f"model_version:{PROJECT}/late/1"


def test_a_partition_that_fails_is_named_and_the_others_go_on(world: World) -> None:
    world.bench.fails["day=2"] = failing("a.parquet: Column 'delay', row 7: null.")
    identifier = world.start()
    world.work()
    batch = world.get(identifier)
    assert (batch.state, batch.done, batch.failed) == (State.PARTIAL, 2, 1)
    second = world.parts(identifier)[1]
    assert (second.state, second.message) == (
        PartitionState.FAILED,
        "a.parquet: Column 'delay', row 7: null.",
    )
    assert json.loads(world.output(identifier)["_manifest.json"])["missing"] == ["day=2"]
    assert world.batches.resume(SCIENTIST, PROJECT, identifier).state is State.QUEUED
    world.work()
    assert world.get(identifier).state is State.SUCCEEDED
    assert world.bench.scored == ["day=1", "day=3", "day=2"]
    assert json.loads(world.output(identifier)["_manifest.json"])["missing"] == []


def test_more_failures_than_may_be_end_it(world: World) -> None:
    world.bench.fails |= {"day=1": failing(), "day=2": failing()}
    identifier = world.start(max_failures=0)
    world.work()
    batch = world.get(identifier)
    assert (batch.state, batch.failed, world.bench.scored) == (State.FAILED, 1, [])
    assert batch.message == "0 of 3 partitions done, 1 failed, 0 rows. At most 0 may fail."


def test_a_version_that_changed_meanwhile_scores_nothing(world: World) -> None:
    identifier = world.start()
    world.models.digests[1] = "c" * 64
    world.work()
    batch = world.get(identifier)
    assert (batch.state, world.bench.scored) == (State.FAILED, [])
    assert "v1 of late has the digest cccccccccccc, chosen was aaaaaaaaaaaa" in batch.message


def test_a_version_whose_key_was_revoked_meanwhile_scores_nothing(world: World) -> None:
    identifier = world.start()
    world.models.signed = False
    world.work()
    assert "The signature on v1 of late doesn't hold" in world.get(identifier).message
    assert world.bench.scored == []


def test_one_batch_of_a_project_is_under_way(world: World) -> None:
    first = world.start()
    world.clock.on(timedelta(seconds=1))
    second = world.start()
    assert [identifier for identifier, _ in world.executing.waiting()] == [first]
    seen: list[State] = []
    world.bench.before = lambda _one: seen.append(world.get(second).state)
    world.executing.run(second)
    world.executing.run(first)
    assert seen[:3] == [State.RUNNING] * 3
    assert [world.get(one).state for one in (first, second)] == [State.SUCCEEDED] * 2


# ---- cancelling


def test_a_waiting_batch_is_cancelled_at_once(world: World) -> None:
    identifier = world.start()
    assert world.batches.cancel(ONCALL, PROJECT, identifier).state is State.CANCELLED
    assert world.get(identifier).message == "oncall cancelled it; 0 of 3 partitions done."
    with pytest.raises(IllegalMove, match="is cancelled already"):
        world.batches.cancel(ONCALL, PROJECT, identifier)


def test_a_running_batch_stops_and_keeps_what_it_committed(world: World) -> None:
    identifier = world.start()

    def cancel(one: Any) -> None:
        if one.name == "day=2":
            world.batches.cancel(ONCALL, PROJECT, identifier)
            world.executing.stop()

    world.bench.before = cancel
    world.executing.run(identifier)
    batch = world.get(identifier)
    assert (batch.state, batch.done) == (State.CANCELLED, 1)
    assert batch.message == "oncall cancelled it; 1 of 3 partitions done."
    assert "day=1/part-00000.parquet" in world.output(identifier)
    world.bench.before = lambda _one: None
    world.batches.resume(SCIENTIST, PROJECT, identifier)
    world.work(world.execution(Worker("w1")))
    assert world.get(identifier).state is State.SUCCEEDED
    assert world.bench.scored == ["day=1", "day=2", "day=3"]
    with pytest.raises(IllegalMove, match="every partition is done"):
        world.batches.resume(SCIENTIST, PROJECT, identifier)


# ---- dying


def test_a_stopped_worker_leaves_the_rest_to_the_next_one(world: World) -> None:
    identifier = world.start()
    world.bench.before = lambda one: world.executing.stop() if one.name == "day=3" else None
    world.executing.run(identifier)
    assert (world.get(identifier).state, world.get(identifier).lost) == (State.QUEUED, 0)
    world.work(world.again())
    assert world.bench.scored == ["day=1", "day=2", "day=3"]
    assert world.get(identifier).attempts == 2


def test_a_kill_while_scoring_scores_that_partition_again_and_no_other(world: World) -> None:
    world.bench.fails["day=2"] = Killed()
    identifier = world.start()
    with pytest.raises(Killed):
        world.executing.run(identifier)
    assert world.get(identifier).state is State.RUNNING
    assert world.executing.waiting() == []
    world.work(world.again())
    assert world.get(identifier).state is State.SUCCEEDED
    assert world.bench.scored == ["day=1", "day=2", "day=3"]
    assert [one.tries for one in world.parts(identifier)] == [1, 1, 1]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_around_the_commit_scores_nothing_twice(world: World, when: str) -> None:
    publish = world.lake.publish

    def kill(batch: Any, one: Any) -> bool:
        if one.name == "day=2":
            world.lake.publish = publish
            if when == "after":
                publish(batch, one)
            raise Killed
        return bool(publish(batch, one))

    world.lake.publish = kill
    identifier = world.start()
    with pytest.raises(Killed):
        world.executing.run(identifier)
    assert world.parts(identifier)[1].state is PartitionState.STAGED
    world.work(world.again())
    batch = world.get(identifier)
    assert (batch.state, batch.done, batch.rows) == (State.SUCCEEDED, 3, 30)
    assert world.bench.scored == ["day=1", "day=2", "day=3"]
    assert not [name for name in world.output(identifier) if name.endswith(".part")]


def test_an_output_that_is_gone_before_its_commit_is_scored_again(world: World) -> None:
    publish, gone = world.lake.publish, iter([False])
    world.lake.publish = lambda batch, one: next(gone, None) is None and publish(batch, one)
    identifier = world.start()
    world.executing.run(identifier)
    assert world.get(identifier).state is State.QUEUED
    assert "was gone before it was committed" in world.get(identifier).message
    world.clock.on(timedelta(minutes=5))
    world.work()
    assert world.get(identifier).state is State.SUCCEEDED
    assert world.bench.scored == ["day=1", "day=2", "day=3", "day=1"]


def test_a_sandbox_that_is_away_is_tried_five_times(world: World) -> None:
    identifier = world.start()
    for _ in range(5):
        world.bench.fails["day=1"] = Unavailable("No account is free.", "Try again.")
        assert world.get(identifier).state is State.QUEUED
        world.clock.on(timedelta(minutes=5))
        world.executing.run(identifier)
    batch = world.get(identifier)
    assert batch.state is State.FAILED
    assert batch.message.endswith("5 attempts in a row came to nothing.")


def test_no_more_batches_are_under_way_than_the_installation_lets(world: World) -> None:
    mine = world.start()
    world.clock.on(timedelta(seconds=1))
    a_table(world.lakes, *DAYS, project="weather")
    theirs = world.batches.start(SCIENTIST, "weather", wanted()).id
    assert [one for one, _ in world.executing.waiting()] == [mine]
    seen: list[State] = []

    def look(one: Any) -> None:
        world.executing.run(theirs)
        seen.append(world.batches.get("weather", theirs).state)

    world.bench.before = look
    world.executing.run(mine)
    assert seen == [State.QUEUED] * 3
    world.bench.before = lambda _one: None
    world.work()
    assert world.batches.get("weather", theirs).state is State.SUCCEEDED
