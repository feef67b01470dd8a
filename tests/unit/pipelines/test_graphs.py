"""Graphs of steps: what runs after what, what is handed over, reused, retried and skipped."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.notebooks import notebook
from tests.support.people import SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.graphs import Graph
from octavo.records.pipelines import PipelineRequest, PipelineRun
from octavo_server.database.rows import Database
from octavo_server.errors import IllegalMove, Invalid
from octavo_server.execution import Ending, Order
from octavo_server.pipelines.graphs import rules

SCIENTIST_HERE = in_project(SCIENTIST)
TEXT = 'source: str = "none"\nn: int = 3\nday: str = "2013-06-01"'


@pytest.fixture
def areas(database: Database, tmp_path: Any) -> Areas:
    return open_areas(database, tmp_path)


def graph(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> Graph:
    """Return a graph; steps lack nothing but a release."""
    filled = [{"release": "score@latest", **step} for step in steps]
    return Graph.model_validate({"steps": filled, "parameters": parameters or []})


def defined(areas: Areas, made: Graph, **more: Any) -> None:
    """Make the pipeline ``daily`` of a graph."""
    request = PipelineRequest(name="daily", graph=made, **more)
    areas.parts.editing.create(SCIENTIST_HERE, PROJECT, request)


def started(areas: Areas, **given: Any) -> PipelineRun:
    """Start a run of ``daily``."""
    return areas.pipelines.start(SCIENTIST_HERE, PROJECT, "daily", given)


def moved(areas: Areas, identifier: str, most: int = 30) -> PipelineRun:
    """Let orchestrator and worker do what they do, until nothing moves."""
    for _ in range(most):
        turns = areas.parts.orchestrator.step()
        waiting = areas.attempts.waiting()
        for run, _key in waiting:
            areas.attempts.run(run)
        if not turns and not waiting:
            break
    return areas.runs.run(PROJECT, identifier)


def ran(areas: Areas, **given: Any) -> PipelineRun:
    """Start a run of ``daily`` and bring it to its end."""
    return moved(areas, started(areas, **given).id)


def states(run: PipelineRun) -> dict[str, str]:
    return {step.name: step.state for step in run.steps}


TWO = ({"name": "load", "outputs": {"rows": {"path": "a.txt"}}},
       {"name": "train", "inputs": {"source": "load.rows"}})  # fmt: skip


def released(areas: Areas, **more: Any) -> None:
    """Release the notebook that steps run."""
    areas.released(notebook=notebook("print(n)", parameters=TEXT), **more)


def test_steps_run_in_order_and_hand_files_over(areas: Areas) -> None:
    released(areas)
    defined(areas, graph(*TWO))
    done = ran(areas)
    assert (done.state, done.message) == ("succeeded", "2 of 2 steps ran.")
    assert (done.kind, states(done)) == ("graph", {"load": "succeeded", "train": "succeeded"})
    train = areas.runs.run(PROJECT, done.steps[1].runs[0])
    assert train.parent == done.id
    assert train.parameters["source"] == "../inputs/source/rows"
    (handed,) = train.handed
    assert (handed.path, handed.source) == ("source/rows", "load.rows")
    order = areas.runner.orders[-1]
    assert order.files == {"source/rows": handed.digest}
    assert done.cost == pytest.approx(0.5)


def test_a_fan_out_is_one_run_a_value_and_hands_a_folder_over(areas: Areas) -> None:
    released(areas)
    load = {**TWO[0], "fan_out": {"parameter": "n", "values": [1, 2, 3]}}
    defined(areas, graph(load, TWO[1]))
    done = ran(areas)
    assert [step.items for step in done.steps] == [3, 1]
    values = [areas.runs.run(PROJECT, one).parameters["n"] for one in done.steps[0].runs]
    assert values == [1, 2, 3]
    train = areas.runs.run(PROJECT, done.steps[1].runs[0])
    assert [one.path for one in train.handed] == [
        f"source/rows/000{item}/a.txt" for item in range(3)
    ]


def test_a_step_after_one_that_failed_is_skipped_and_says_why(areas: Areas) -> None:
    released(areas)
    other = {"name": "other", "when": [{"step": "load", "ended": "any"}]}
    defined(areas, graph(*TWO, {**other, "needs": ["train"]}))
    areas.runner.endings = [Ending.FAILED]
    done = ran(areas)
    assert states(done) == {"load": "failed", "train": "skipped", "other": "skipped"}
    assert done.steps[1].message == "Skipped: load was failed."
    assert done.steps[2].message == "Skipped: train was skipped."
    assert done.state == "succeeded", "other was to follow on load's failure as well"


def test_a_failure_that_nothing_was_to_follow_on_fails_the_whole(areas: Areas) -> None:
    released(areas)
    defined(areas, graph(*TWO))
    areas.runner.endings = [Ending.FAILED]
    done = ran(areas)
    assert done.state == "failed"
    assert done.message.startswith("Step load failed: Cell 1 failed")


def test_a_step_may_follow_on_a_failure_and_then_the_whole_is_well(areas: Areas) -> None:
    released(areas)
    repair = {"name": "repair", "when": [{"step": "load", "ended": "failed"}]}
    always = {"name": "tidy", "when": [{"step": "load", "ended": "any"}]}
    defined(areas, graph({"name": "load"}, repair, always))
    assert states(ran(areas)) == {"load": "succeeded", "repair": "skipped", "tidy": "succeeded"}
    areas.runner.endings = [Ending.FAILED]
    done = ran(areas)
    assert states(done) == {"load": "failed", "repair": "succeeded", "tidy": "succeeded"}
    assert done.state == "succeeded"


def test_a_condition_on_a_parameter_skips(areas: Areas) -> None:
    released(areas)
    declared = [{"name": "mode", "type": "str", "default": "quick"}]
    step = {"name": "load", "when": [{"parameter": "mode", "one_of": ["full"]}]}
    defined(areas, graph(step, {"name": "end", "uses": {"source": "mode"}}, parameters=declared))
    done = ran(areas)
    assert done.steps[0].message == "Skipped: mode is 'quick'."
    assert done.message == "1 of 2 steps ran; 1 skipped."
    assert ran(areas, mode="full").message == "2 of 2 steps ran."
    given = [order.parameters["source"].value for order in areas.runner.orders[-2:]]
    assert sorted(given) == ["full", "none"]


def test_a_cached_step_takes_an_earlier_result_until_something_changes(areas: Areas) -> None:
    released(areas)
    step = {"name": "load", "cache": {"max_age_hours": 24}}
    defined(areas, graph(step, parameters=[]))
    first = ran(areas)
    executed = len(areas.runner.orders)
    again = ran(areas)
    assert len(areas.runner.orders) == executed
    took = areas.runs.run(PROJECT, again.steps[0].runs[0])
    assert took.reuses == first.steps[0].runs[0]
    assert took.message == f"It took the result of run {took.reuses}. Nothing had changed."
    assert took.artifacts == areas.runs.run(PROJECT, took.reuses or "").artifacts
    areas.inputs.digest = "d2"
    ran(areas)
    assert len(areas.runner.orders) == executed + 1, "other data, another result"
    areas.clock.forward(hours=25)
    ran(areas)
    assert len(areas.runner.orders) == executed + 2, "the result is too old"


def test_only_idempotent_steps_may_be_retried(areas: Areas) -> None:
    released(areas)
    step = {"name": "load", "retry": {"attempts": 3, "wait_s": 10}}
    with pytest.raises(Invalid, match=r"steps\.load\.retry: its release isn't declared idempotent"):
        defined(areas, graph(step))


def test_a_retry_waits_longer_each_time_and_gives_up_in_the_end(areas: Areas) -> None:
    released(areas, idempotent=True)
    step = {"name": "load", "retry": {"attempts": 3, "wait_s": 10, "factor": 3}}
    defined(areas, graph(step))
    areas.runner.endings = [Ending.FAILED] * 3
    asked = started(areas)
    waits = moved(areas, asked.id)
    assert waits.state == "running"
    child = areas.runs.run(PROJECT, waits.steps[0].runs[0])
    assert child.message.startswith("Attempt 1 of 3 failed, it is tried again.")
    assert child.not_before == areas.clock.now.replace(second=10)
    areas.clock.forward(seconds=9)
    assert areas.attempts.waiting() == []
    areas.clock.forward(seconds=1)
    moved(areas, asked.id)
    areas.clock.forward(seconds=29)
    assert areas.attempts.waiting() == [], "the second wait is three times as long"
    areas.clock.forward(seconds=1)
    done = moved(areas, asked.id)
    assert (done.state, states(done)) == ("failed", {"load": "failed"})
    assert len(areas.runs.run(PROJECT, child.id).attempts) == 3


def test_a_run_that_failed_goes_on_with_what_had_succeeded_and_its_own_settings(
    areas: Areas,
) -> None:
    released(areas)
    defined(areas, graph(*TWO))
    areas.runner.endings = [Ending.SUCCEEDED, Ending.FAILED]
    failed = ran(areas)
    assert states(failed) == {"load": "succeeded", "train": "failed"}
    defined(areas, graph({"name": "load"}))
    again = areas.pipelines.resume(SCIENTIST_HERE, PROJECT, failed.id)
    done = moved(areas, again.id)
    assert states(done) == {"load": "succeeded", "train": "succeeded"}
    assert done.resumes == failed.id
    load = areas.runs.run(PROJECT, done.steps[0].runs[0])
    assert load.reuses == failed.steps[0].runs[0]
    with pytest.raises(IllegalMove, match="only a run of several steps that failed"):
        areas.pipelines.resume(SCIENTIST_HERE, PROJECT, done.id)


def test_cancel_ends_what_waits_and_what_runs(areas: Areas) -> None:
    released(areas)
    defined(areas, graph(*TWO, {"name": "other"}))
    asked = started(areas)
    areas.parts.orchestrator.step()
    areas.parts.orchestrator.step()

    def cancel(order: Order) -> None:
        areas.runs.cancel(SCIENTIST_HERE, PROJECT, asked.id)
        areas.parts.orchestrator.step()

    areas.runner.during = cancel
    (first, _), *_ = areas.attempts.waiting()
    areas.attempts.run(first)
    areas.runner.during = lambda _: None
    done = moved(areas, asked.id)
    assert done.state == "cancelled"
    assert set(states(done).values()) <= {"cancelled", "waiting"}
    assert done.message == f"{SCIENTIST.name} cancelled it."


def test_a_file_that_was_promised_and_not_left_refuses_the_next_step(areas: Areas) -> None:
    released(areas)
    load = {"name": "load", "outputs": {"rows": {"path": "b.parquet", "kind": "parquet"}}}
    defined(areas, graph(load, TWO[1]))
    done = ran(areas)
    assert states(done)["train"] == "refused"
    assert "left no file 'b.parquet', which it hands over as rows" in done.message


def test_runs_of_a_pipeline_wait_for_a_place(areas: Areas) -> None:
    released(areas)
    defined(areas, graph({"name": "load"}), concurrency=1)
    first, second = started(areas), started(areas)
    areas.parts.orchestrator.step()
    found = [areas.runs.run(PROJECT, one.id).state for one in (first, second)]
    assert sorted(found) == ["queued", "running"]
    moved(areas, first.id)
    assert moved(areas, second.id).state == "succeeded"


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (({"name": "a"}, {"name": "a"}), "'a' is there twice"),
        (({"name": "a", "needs": ["b"]},), "there is no step 'b'"),
        (({"name": "a", "needs": ["b"]}, {"name": "b", "needs": ["a"]}),
         "a, b wait for each other in a circle"),
        (({"name": "a"}, {"name": "b", "inputs": {"source": "a.rows"}}), "hands over no 'rows'"),
        (({"name": "a", "uses": {"n": "m"}},), "the pipeline has no parameter 'm'"),
        (({"name": "a", "parameters": {"n": 1}, "fan_out": {"parameter": "n", "values": [1]}},),
         "n gets its value from two places"),
        (({"name": "a", "when": [{}]},), "about a parameter or about a step"),
        (({"name": "a", "parameters": {"m": 1}},), "its release has no parameter 'm'"),
        (({"name": "a", "parameters": {"n": "x"}},), "steps.a: "),
        (({"name": "a", "outputs": {"rows": {"path": "x"}}},
          {"name": "b", "inputs": {"n": "a.rows"}}), "a path is text, and 'n' is of type int"),
        (tuple({"name": f"a{i}", "fan_out": {"parameter": "n", "values": list(range(100))}}
               for i in range(6)), "would be made of 600 runs; the limit is 500"),
    ],
)  # fmt: skip
def test_graphs_that_cannot_run_are_refused(
    areas: Areas, steps: tuple[dict[str, Any], ...], words: str
) -> None:
    released(areas)
    with pytest.raises(Invalid) as caught:
        defined(areas, graph(*steps))
    assert words in f"{caught.value.message} {caught.value.remedy}"


def test_a_release_that_was_changed_refuses_its_step_and_the_whole_says_so(areas: Areas) -> None:
    released(areas)
    defined(areas, graph({"name": "load"}))
    asked = started(areas)
    (digest,) = areas.files.files
    areas.files.files[digest]["notebook.ipynb"] += b" "
    done = moved(areas, asked.id)
    assert (done.state, states(done)) == ("failed", {"load": "refused"})
    assert done.message.startswith("Step load was refused: ")


def test_two_workers_make_each_step_once(areas: Areas) -> None:
    released(areas)
    defined(areas, graph(*TWO))
    asked = started(areas)
    areas.parts.orchestrator.step()
    family = areas.parts.orchestrator._family(areas.runs.record(PROJECT, asked.id))
    assert family is not None
    found = rules.following(family.graph, {}, family.children)
    made = [areas.parts.orchestrator._child(family, due) for due in found.due]
    assert areas.parts.orchestrator._apply(family, made, None)
    assert not areas.parts.orchestrator._apply(family, made, None)
    assert moved(areas, asked.id).state == "succeeded"
