"""What batches decide: names of data, states, ends, the manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from octavo_server.deployments.batches import rules
from octavo_server.deployments.batches.domain import (
    Batch,
    LakeFile,
    Model,
    Partition,
    PartitionState,
    Planned,
    State,
)
from octavo_server.errors import Conflict, IllegalMove, Invalid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_batch(**more: Any) -> Batch:
    values: dict[str, Any] = {
        "id": "b1",
        "project": "flights",
        "source": "curated/days",
        "model": "late",
        "version": 1,
        "alias": None,
        "digest": "a" * 64,
        "environment": "prod",
        "profile": "cpu-small",
        "keep": ("flight",),
        "max_failures": 2,
        "output": "batches/b1",
        "state": State.RUNNING,
        "message": "It goes on.",
        "requested_by": "scientist",
        "created_at": NOON,
        "partitions": 4,
    }
    return Batch(**values | more)


def a_partition(number: int, **more: Any) -> Partition:
    values: dict[str, Any] = {
        "batch": "b1",
        "number": number,
        "name": f"day={number}",
        "keys": {"day": str(number)},
        "files": (LakeFile(path=f"curated/days/day={number}/a.parquet", size=7, mtime_ns=3),),
        "output": f"day={number}/part-{number:05d}.parquet",
    }
    return Partition(**values | more)


@pytest.mark.parametrize("source", ["curated/days", "curated", "a/b/c=1", "curated/days/"])
def test_paths_below_the_lake_are_taken(source: str) -> None:
    assert "/".join(rules.source_parts(source)) == source.rstrip("/")


@pytest.mark.parametrize(
    "source",
    [
        "/etc",
        "../other",
        "a/../../b",
        "a//b",
        ".",
        "a/./b",
        "~/../x/..",
        "a\\..\\b",
        ".git/x",
        "a\0",
    ],
)
def test_paths_that_could_lead_elsewhere_are_refused(source: str) -> None:
    with pytest.raises(Invalid, match="is no path below the project's lake"):
        rules.source_parts(source)


def test_columns_of_the_output_are_not_taken_twice() -> None:
    rules.check_keep(["flight", "day"])
    with pytest.raises(Invalid, match="keep: 'prediction' is a column that every output has"):
        rules.check_keep(["prediction"])
    with pytest.raises(Invalid, match="keep: 'flight' is named twice"):
        rules.check_keep(["flight", "flight"])


@pytest.mark.parametrize(("given", "said"), [((1, "champion"), "both"), ((None, None), "neither")])
def test_a_version_is_named_once(given: tuple[int | None, str | None], said: str) -> None:
    with pytest.raises(Invalid, match=f"version, alias: {said} of them given"):
        rules.check_named(*given)


def test_a_version_that_may_not_score_is_refused_with_the_reason() -> None:
    good = Model(version=3, digest="a" * 64, signed=True, takes_columns=True)
    rules.check_model("late", good, (), "prod")
    with pytest.raises(Conflict, match="The signature on v3 of late doesn't hold"):
        rules.check_model("late", replace(good, signed=False), (), "prod")
    with pytest.raises(Conflict, match=r"v3 of late isn't taken in prod: No card\."):
        rules.check_model("late", good, ("No card.",), "prod")
    with pytest.raises(Invalid, match="v3 of late takes no named columns"):
        rules.check_model("late", replace(good, takes_columns=False), (), "prod")


def test_data_that_is_none_or_too_much_is_refused() -> None:
    one = Planned(name="a.parquet", keys={}, files=(LakeFile(path="a", size=1, mtime_ns=1),))
    rules.check_planned("curated", [one])
    with pytest.raises(Invalid, match="source: 'curated' holds no Parquet or CSV file"):
        rules.check_planned("curated", [])
    with pytest.raises(Invalid, match="has 2,001 partitions; a batch has at most 2,000"):
        rules.check_planned("curated", [one] * 2_001)
    many = replace(one, files=one.files * 501)
    with pytest.raises(Invalid, match=r"partition 'a\.parquet' has 501 files; one has at most 500"):
        rules.check_planned("curated", [many])


def test_limits_say_how_many() -> None:
    rules.check_room(19, "flights")
    with pytest.raises(Conflict, match="20 batches of flights wait or are under way; 20 may"):
        rules.check_room(20, "flights")
    with pytest.raises(Conflict, match="The budget of flights for this month is used up"):
        rules.check_budget("flights", 0)


def test_an_output_lies_where_its_data_does() -> None:
    files = (LakeFile(path="t/day=1/a.parquet", size=1, mtime_ns=1),)
    keyed = Planned(name="day=1", keys={"day": "1"}, files=files)
    plain = Planned(name="a.csv", keys={}, files=files)
    made = rules.partitions_of("b1", [keyed, plain])
    assert [one.output for one in made] == ["day=1/part-00000.parquet", "part-00001.parquet"]


def test_a_batch_ends_by_what_became_of_its_partitions() -> None:
    done = a_batch(done=4, rows=1_200)
    assert rules.ending(done) == (State.SUCCEEDED, "4 of 4 partitions done, 1,200 rows.")
    state, said = rules.ending(a_batch(done=3, failed=1, rows=9))
    assert (state, said.startswith("3 of 4 partitions done, 1 failed, 9 rows.")) == (
        State.PARTIAL,
        True,
    )
    assert rules.ending(a_batch(done=1, failed=3))[0] is State.FAILED
    assert rules.ending(a_batch(failed=1, partitions=1))[0] is State.FAILED
    assert [rules.over(a_batch(failed=many)) for many in (2, 3)] == [False, True]


def test_a_lost_attempt_is_taken_up_again_later_and_later() -> None:
    assert rules.after_loss(a_batch(), "It died.")[0] is State.QUEUED
    assert rules.after_loss(a_batch(lost=4), "It died.") == (
        State.FAILED,
        "It died. 5 attempts in a row came to nothing.",
    )
    cancelled = a_batch(cancel_requested_by="oncall")
    assert rules.after_loss(cancelled, "It died.") == (
        State.CANCELLED,
        "It died. oncall cancelled it.",
    )
    assert rules.retry_at(a_batch()) == NOON
    assert rules.retry_at(a_batch(lost=3, attempt_at=NOON)) == NOON + timedelta(seconds=8)
    assert rules.retry_at(a_batch(lost=30, attempt_at=NOON)) == NOON + timedelta(minutes=1)


def test_illegal_moves_are_refused_in_words() -> None:
    with pytest.raises(IllegalMove, match="Batch b1 is succeeded; it can't become running"):
        rules.moved(a_batch(state=State.SUCCEEDED), State.RUNNING)
    with pytest.raises(IllegalMove, match="Batch b1 is failed already; only a queued or running"):
        rules.check_cancel(a_batch(state=State.FAILED))
    with pytest.raises(IllegalMove, match="Batch b1 is being cancelled already"):
        rules.check_cancel(a_batch(cancel_requested_by="oncall"))
    with pytest.raises(IllegalMove, match="Batch b1 is succeeded: every partition is done"):
        rules.check_resume(a_batch(state=State.SUCCEEDED))
    with pytest.raises(IllegalMove, match="Batch b1 is running: it goes on by itself"):
        rules.check_resume(a_batch())


def test_the_manifest_names_what_is_there_and_what_is_missing() -> None:
    done = a_partition(0, state=PartitionState.DONE, digest="d" * 64, size=9, rows=3)
    failed = a_partition(1, state=PartitionState.FAILED)
    made = rules.manifest(a_batch(), [done, failed])
    assert made == rules.manifest(a_batch(rows=99), [done, failed])
    document = json.loads(made)
    assert document["missing"] == ["day=1"]
    assert document["model_sha256"] == "a" * 64
    assert [(one["path"], one["sha256"]) for one in document["outputs"]] == [
        ("day=0/part-00000.parquet", "d" * 64)
    ]
