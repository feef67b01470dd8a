"""Runs: one row a tick, one committed result, never lost, never a changed byte."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.notebooks import notebook
from tests.support.people import ADMIN, ONCALL, SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.pipelines import PipelineRequest, PipelineRun, RunState, ScheduleRequest
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, IllegalMove, Invalid, NotFound, PolicyRefused
from octavo_server.execution import Ending, Order
from octavo_server.notebooks.service import ReleaseRefused


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    return open_areas(database, tmp_path)


def pipeline(areas: Areas, release: str, **more: Any) -> Any:
    wanted = PipelineRequest(name="daily", release=release, **more)
    return areas.parts.editing.create(in_project(SCIENTIST), PROJECT, wanted)


def start(areas: Areas, **parameters: Any) -> PipelineRun:
    return areas.pipelines.start(in_project(SCIENTIST), PROJECT, "daily", parameters)


def ran(areas: Areas, identifier: str) -> PipelineRun:
    areas.attempts.run(identifier)
    return areas.runs.run(PROJECT, identifier)


def test_a_run_commits_one_result_with_evidence(areas: Areas) -> None:
    release = areas.released()
    assert pipeline(areas, release).release_number == 1
    asked = start(areas)
    assert (asked.state, asked.parameters) == ("queued", {"n": 3, "day": "2013-06-01"})
    assert areas.attempts.waiting() == [(asked.id, f"run-{asked.id}-1")]
    done = ran(areas, asked.id)
    assert (done.state, done.verdict, done.cost) == ("succeeded", "identical", 0.25)
    assert [(one.path, one.size) for one in done.artifacts] == [("a.txt", 1)]
    assert [one.state for one in done.attempts] == ["succeeded"]
    assert areas.runs.artifact(PROJECT, asked.id, "a.txt") == b"a"
    assert json.loads(areas.runs.output(PROJECT, asked.id))["nbformat"] == 4
    proof = areas.runs.provenance(PROJECT, asked.id)
    assert proof.verified
    assert {one["name"] for one in proof.statement["subject"]} == {"a.txt", "output.ipynb"}
    assert areas.attempts.waiting() == []
    areas.attempts.run(asked.id)
    assert len(areas.runner.orders) == 3
    assert areas.ledger.booked == [f"{asked.id}.1"]


def test_a_forged_provenance_does_not_verify(areas: Areas) -> None:
    pipeline(areas, areas.released())
    done = ran(areas, start(areas).id)
    with areas.database.read():
        pass
    for digest, content in areas.blobs.kept.items():
        if b"payloadType" in content:
            envelope = json.loads(content)
            envelope["signatures"][0]["sig"] = "AAAA"
            areas.blobs.kept[digest] = json.dumps(envelope).encode()
    proof = areas.runs.provenance(PROJECT, done.id)
    assert (proof.verified, proof.statement) == (False, {})


def test_other_parameters_compare_with_the_first_run_that_had_them(areas: Areas) -> None:
    pipeline(areas, areas.released())
    first, second, third = (start(areas, n=5) for _ in range(3))
    areas.runner.printed = ["2.0", "2.0", "3.0"]
    assert ran(areas, first.id).verdict == "not_compared"
    done = ran(areas, second.id)
    assert done.verdict == "identical"
    assert done.comparison is not None
    assert first.id in done.comparison.reason
    assert ran(areas, third.id).verdict == "different"


def test_changed_inputs_are_told(areas: Areas) -> None:
    pipeline(areas, areas.released())
    areas.inputs.digest = "d2"
    done = ran(areas, start(areas).id)
    assert done.inputs_changed == ["data:curated"]
    assert done.comparison is not None
    assert "changed since: data:curated" in done.comparison.reason


def test_inputs_that_change_under_a_runs_hands_are_told(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)
    areas.runner.during = lambda _: setattr(areas.inputs, "digest", "d2")
    assert ran(areas, asked.id).inputs_changed == ["data:curated (while it ran)"]


def test_a_failed_cell_is_reported_with_source_and_traceback(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)
    areas.runner.endings = [Ending.FAILED]
    done = ran(areas, asked.id)
    assert (done.state, done.verdict) == ("failed", None)
    assert done.error is not None
    assert (done.error.source, done.error.traceback) == ("raise ValueError('no')", "Trace")
    assert done.output_digest
    with pytest.raises(NotFound, match="no provenance"):
        areas.runs.provenance(PROJECT, asked.id)


def test_a_run_goes_where_a_retired_profile_leads_and_says_so(areas: Areas) -> None:
    pipeline(areas, areas.released(profile="cpu-old"))
    asked = start(areas)
    areas.runner.during = lambda _: areas.more.update(run=areas.runs.run(PROJECT, asked.id))
    assert ran(areas, asked.id).profile == "cpu-small"
    assert areas.more["run"].message == "It runs. cpu-old is cpu-small now."


def test_a_changed_byte_refuses_to_start_and_to_execute(areas: Areas) -> None:
    release = areas.released()
    pipeline(areas, release)
    waits = start(areas)
    areas.files.files[release]["notebook.ipynb"] += b" "
    with pytest.raises(ReleaseRefused, match=r"notebook\.ipynb: Its SHA-256"):
        start(areas)
    orders = len(areas.runner.orders)
    done = ran(areas, waits.id)
    assert done.state == "refused"
    assert "notebook.ipynb: Its SHA-256" in done.message
    assert len(areas.runner.orders) == orders
    with pytest.raises(ReleaseRefused):
        pipeline(areas, release)


def test_a_lost_attempt_of_an_idempotent_release_is_tried_again(areas: Areas) -> None:
    pipeline(areas, areas.released(idempotent=True))
    asked = start(areas)
    areas.runner.endings = [Ending.VANISHED, Ending.SUCCEEDED]
    done = ran(areas, asked.id)
    assert done.state == "succeeded"
    assert [one.state for one in done.attempts] == ["lost", "succeeded"]


def test_a_release_that_is_lost_again_and_again_needs_a_person(areas: Areas) -> None:
    pipeline(areas, areas.released(idempotent=True))
    areas.runner.endings = [Ending.VANISHED] * 5
    done = ran(areas, start(areas).id)
    assert (done.state, len(done.attempts)) == ("unknown", 3)


def test_otherwise_a_person_decides(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked, other = start(areas), start(areas)
    areas.runner.endings = [Ending.VANISHED]
    done = ran(areas, asked.id)
    assert done.state == "unknown"
    assert "a person has to decide" in done.message
    oncall = in_project(ONCALL)
    again = areas.runs.resolve(oncall, PROJECT, asked.id, "retry", "It only reads.")
    assert again.state == "queued"
    assert ran(areas, asked.id).state == "succeeded"
    with pytest.raises(IllegalMove, match="only an unknown one"):
        areas.runs.resolve(oncall, PROJECT, asked.id, "retry", "It only reads.")
    areas.runner.endings = [Ending.VANISHED]
    ran(areas, other.id)
    given_up = areas.runs.resolve(oncall, PROJECT, other.id, "give_up", "Not worth it.")
    assert given_up.state == "failed"


def killed_while_running(areas: Areas) -> str:
    """Return the id of a run whose worker was killed in the middle."""
    asked = start(areas)

    def die(order: Order) -> None:
        raise KeyboardInterrupt

    areas.runner.during = die
    with pytest.raises(KeyboardInterrupt):
        areas.attempts.run(asked.id)
    areas.runner.during = lambda _: None
    return asked.id


@pytest.mark.parametrize(("idempotent", "state"), [(True, "succeeded"), (False, "unknown")])
def test_a_killed_workers_run_is_found_at_the_next_start(
    areas: Areas, idempotent: bool, state: str
) -> None:
    pipeline(areas, areas.released(idempotent=idempotent))
    identifier = killed_while_running(areas)
    assert areas.attempts.waiting() == []
    areas.workers.restart("worker-2")
    assert areas.attempts.waiting() == [(identifier, f"recover-{identifier}-1-worker-2")]
    done = ran(areas, identifier)
    assert (done.state, done.attempts[0].state) == (state, "lost")
    assert f"{identifier}-1" in areas.runner.swept


@pytest.mark.parametrize("idempotent", [True, False])
def test_what_outlives_its_worker_is_taken_up_in_the_same_attempt(
    areas: Areas, idempotent: bool
) -> None:
    pipeline(areas, areas.released(idempotent=idempotent))
    identifier = killed_while_running(areas)
    areas.runner.outliving = {f"{identifier}-1"}
    areas.workers.restart("worker-2")
    done = ran(areas, identifier)
    assert (done.state, [one.number for one in done.attempts]) == ("succeeded", [1])
    assert [order.id for order in areas.runner.orders[-2:]] == [f"{identifier}-1"] * 2
    assert areas.runner.swept[-1] == f"{identifier}-1"


def test_a_worker_that_stops_leaves_what_goes_on_without_it(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)
    areas.runner.endings = [Ending.LEFT]
    assert ran(areas, asked.id).state == "running"
    areas.runner.outliving = {f"{asked.id}-1"}
    areas.workers.restart("worker-2")
    assert ran(areas, asked.id).state == "succeeded"


def test_what_was_changed_while_its_worker_was_away_is_not_taken_up(areas: Areas) -> None:
    digest = areas.released()
    pipeline(areas, digest)
    identifier = killed_while_running(areas)
    areas.runner.outliving = {f"{identifier}-1"}
    areas.workers.restart("worker-2")
    areas.files.files[digest]["notebook.ipynb"] += b" "
    done = ran(areas, identifier)
    assert done.state == "unknown"
    assert done.message.startswith("Its worker died, and ")
    assert areas.runner.swept[-1] == f"{identifier}-1"


def test_a_living_workers_run_is_left_alone(areas: Areas) -> None:
    pipeline(areas, areas.released(idempotent=True))
    identifier = killed_while_running(areas)
    areas.workers.own_id = "worker-2"
    assert areas.attempts.waiting() == []
    assert ran(areas, identifier).state == "running"


def test_a_result_that_comes_too_late_is_dropped(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)

    def meanwhile(order: Order) -> None:
        areas.runner.during = lambda _: None
        areas.workers.restart("worker-2")
        areas.attempts.run(asked.id)

    areas.runner.during = meanwhile
    done = ran(areas, asked.id)
    assert (done.state, done.output_digest, len(done.attempts)) == ("unknown", None, 1)


def test_cancelling(areas: Areas) -> None:
    pipeline(areas, areas.released())
    waits, under_way = start(areas), start(areas)
    oncall = in_project(ONCALL)
    assert areas.runs.cancel(oncall, PROJECT, waits.id).state == "cancelled"
    areas.attempts.run(waits.id)
    assert areas.runs.run(PROJECT, waits.id).attempts == []

    def cancel(order: Order) -> None:
        areas.runs.cancel(oncall, PROJECT, under_way.id)

    areas.runner.during = cancel
    done = ran(areas, under_way.id)
    assert (done.state, done.message) == ("cancelled", "oncall cancelled it.")
    with pytest.raises(IllegalMove, match="is cancelled"):
        areas.runs.cancel(oncall, PROJECT, waits.id)


def test_a_stopped_workers_attempt_counts_as_lost(areas: Areas) -> None:
    pipeline(areas, areas.released(idempotent=True))
    asked = start(areas)
    areas.runner.during = lambda _: areas.attempts.stop()
    done = ran(areas, asked.id)
    assert (done.state, done.attempts[0].state) == ("queued", "lost")


def test_a_fault_of_the_worker_leaves_no_run_hanging(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)

    def fault(order: Order) -> None:
        raise RuntimeError("disk full")

    areas.runner.during = fault
    assert ran(areas, asked.id).state == "unknown"


@pytest.mark.parametrize(
    ("name", "value"), [("n", "x"), ("n = 1; import os", 1), ("missing", 2), ("day", 5)]
)
def test_wrong_parameters_start_nothing(areas: Areas, name: str, value: Any) -> None:
    pipeline(areas, areas.released())
    with pytest.raises(Invalid):
        start(areas, **{name: value})
    found = areas.runs.runs(PROJECT, pipeline=None, state=None, limit=9, cursor=None)
    assert found.items == []


def test_without_budget_nothing_runs(areas: Areas) -> None:
    pipeline(areas, areas.released())
    waits = start(areas)
    areas.ledger.left = 0
    with pytest.raises(PolicyRefused, match="budget is used up"):
        start(areas)
    assert ran(areas, waits.id).state == "refused"


def test_a_pipeline_takes_another_release(areas: Areas) -> None:
    pipeline(areas, areas.released(), parameters={"n": 7})
    assert start(areas).parameters["n"] == 7
    newer = areas.released(notebook=notebook("print(m)", parameters="m: int = 1"))
    schedule(areas, parameters={"n": 8})
    with pytest.raises(Conflict, match="doesn't fit this release"):
        pipeline(areas, newer)
    [one] = areas.schedules.schedules(PROJECT, "daily").items
    areas.schedules.unschedule(in_project(SCIENTIST), PROJECT, "daily", one.id)
    changed = pipeline(areas, newer)
    assert (changed.release_number, [one.name for one in changed.parameters]) == (2, ["m"])
    assert [one.name for one in areas.pipelines.pipelines(PROJECT, limit=9, cursor=None).items] == [
        "daily"
    ]


def schedule(areas: Areas, **more: Any) -> Any:
    wanted = ScheduleRequest(**{"cron": "0 * * * *", "time_zone": "Europe/Berlin", **more})
    return areas.schedules.schedule(in_project(ADMIN), PROJECT, "daily", wanted)


def test_a_tick_makes_one_run(areas: Areas) -> None:
    pipeline(areas, areas.released())
    made = schedule(areas, parameters={"n": 9})
    assert made.next_at == areas.clock.now + timedelta(hours=1)
    assert areas.ticker.tick() == 0
    areas.clock.forward(hours=1)
    assert (areas.ticker.tick(), areas.ticker.tick()) == (1, 0)
    [run] = areas.runs.runs(PROJECT, pipeline="daily", state=None, limit=9, cursor=None).items
    assert (run.trigger, run.tick, run.requested_by) == ("schedule", areas.clock.now, "admin")
    assert ran(areas, run.id).parameters["n"] == 9
    [shown] = areas.schedules.schedules(PROJECT, "daily").items
    assert (shown.last_run, shown.next_at) == (run.id, areas.clock.now + timedelta(hours=1))


def test_missed_ticks_are_one_run(areas: Areas) -> None:
    pipeline(areas, areas.released())
    schedule(areas)
    areas.clock.forward(hours=5, minutes=10)
    assert areas.ticker.tick() == 1
    [run] = areas.runs.runs(PROJECT, pipeline=None, state=None, limit=9, cursor=None).items
    assert run.tick == areas.clock.now - timedelta(minutes=10)
    assert "4 earlier ticks" in areas.runs.run(PROJECT, run.id).message


def test_the_same_tick_never_runs_twice(areas: Areas) -> None:
    pipeline(areas, areas.released())
    schedule(areas)
    areas.clock.forward(hours=1)
    assert areas.ticker.tick() == 1
    areas.clock.now -= timedelta(minutes=30)
    assert areas.ticker.tick() == 0


def test_watching_a_run(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)
    assert not areas.runs.has_ended(PROJECT, asked.id)
    ran(areas, asked.id)
    assert areas.runs.has_ended(PROJECT, asked.id)
    events = areas.runs.events(PROJECT, asked.id, 0)
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    assert [one.kind for one in events] == [
        "state", "state", "cell_started", "cell_finished", "state",
    ]  # fmt: skip
    assert events[-1].state is RunState.SUCCEEDED
    assert [one.seq for one in areas.runs.events(PROJECT, asked.id, 3)] == [4, 5]


def test_a_foreign_project_sees_nothing(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)
    for call in (areas.runs.run, areas.runs.output, areas.runs.provenance):
        with pytest.raises(NotFound):
            call("other", asked.id)
    with pytest.raises(NotFound):
        areas.pipelines.pipeline("other", "daily")
    with pytest.raises(NotFound):
        areas.runs.cancel(in_project(SCIENTIST), "other", asked.id)
