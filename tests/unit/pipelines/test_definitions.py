"""Pipelines as one text: what a plan says, and that only what was planned is applied."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.notebooks import notebook
from tests.support.people import SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.pipelines import PipelineDefinition, TriggerRequest
from octavo_server.adapters.pipeline_yaml import PipelineYaml
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.pipelines.definitions.rules import check
from octavo_server.pipelines.graphs.rules import check as check_graph

HERE = in_project(SCIENTIST)
TEXT = """\
name: daily
title: Each day
graph:
  parameters:
    - {name: day, type: date, default: "2013-06-01", literal: text}
  steps:
    - name: load
      release: score@latest
      uses: {day: day}
      outputs: {rows: {path: a.txt}}
    - name: train
      release: score@1
      inputs: {source: load.rows}
priority: 5
schedules:
  - {cron: "0 5 * * *", time_zone: Europe/Berlin, catch_up: all, max_age_hours: 48}
"""
PARAMETERS = 'source: str = "none"\nn: int = 3\nday: str = "2013-06-01"'


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    made = open_areas(database, tmp_path)
    made.released(notebook=notebook("print(n)", parameters=PARAMETERS))
    return made


def apply(areas: Areas, text: str) -> None:
    """Plan and apply a text."""
    planned = areas.parts.editing.plan(PROJECT, text)
    areas.parts.editing.apply(HERE, PROJECT, text, planned.digest)


def test_a_plan_names_what_would_change_and_changes_nothing(areas: Areas) -> None:
    planned = areas.parts.editing.plan(PROJECT, TEXT)
    assert planned.new
    assert [one.step for one in planned.releases] == ["load", "train"]
    assert {one.op for one in planned.changes} == {"add"}
    with pytest.raises(NotFound):
        areas.pipelines.pipeline(PROJECT, "daily")


def test_what_was_applied_reads_back_and_is_planned_to_nothing(areas: Areas) -> None:
    apply(areas, TEXT)
    made = areas.pipelines.pipeline(PROJECT, "daily")
    assert made.graph is not None
    assert [step.name for step in made.graph.steps] == ["load", "train"]
    assert (made.priority, made.schedules[0].catch_up) == (5, "all")
    text = areas.parts.editing.text(PROJECT, "daily")
    assert areas.parts.editing.plan(PROJECT, text).changes == []
    assert areas.parts.editing.plan(PROJECT, TEXT).changes == []


def test_a_plan_tells_steps_apart_by_their_names(areas: Areas) -> None:
    apply(areas, TEXT)
    changed = TEXT.replace("priority: 5", "priority: 7").replace(
        "    - name: train\n      release: score@1\n      inputs: {source: load.rows}\n",
        "    - {name: report, release: score@1, needs: [load]}\n",
    )
    planned = areas.parts.editing.plan(PROJECT, changed)
    told = {(one.op, one.what) for one in planned.changes}
    assert ("change", "priority") in told
    assert ("add", "graph.steps.report") in told
    assert ("remove", "graph.steps.train") in told
    assert not any("load" in what for _, what in told)


def test_a_plan_that_was_overtaken_is_refused(areas: Areas) -> None:
    planned = areas.parts.editing.plan(PROJECT, TEXT)
    apply(areas, TEXT.replace("priority: 5", "priority: 6"))
    with pytest.raises(Conflict, match="is not the plan of this definition against what is there"):
        areas.parts.editing.apply(HERE, PROJECT, TEXT, planned.digest)
    assert areas.pipelines.pipeline(PROJECT, "daily").priority == 6


def test_a_newer_release_is_another_plan_and_runs_keep_to_the_applied_one(areas: Areas) -> None:
    planned = areas.parts.editing.plan(PROJECT, TEXT)
    apply(areas, TEXT)
    areas.released(notebook=notebook("print(n + 0)", parameters=PARAMETERS))
    again = areas.parts.editing.plan(PROJECT, TEXT)
    assert again.digest != planned.digest
    assert [one.what for one in again.changes] == ["graph.steps.load.release"]
    made = areas.pipelines.pipeline(PROJECT, "daily")
    assert {one.number for one in made.releases} == {1}


def test_schedules_that_stay_keep_their_ticks(areas: Areas) -> None:
    apply(areas, TEXT)
    before = areas.pipelines.pipeline(PROJECT, "daily").schedules[0]
    apply(areas, TEXT + '  - {cron: "0 6 * * *"}\n')
    after = areas.pipelines.pipeline(PROJECT, "daily").schedules
    assert before.id in {one.id for one in after}
    assert len(after) == 2
    apply(areas, TEXT.partition("schedules:")[0])
    assert areas.pipelines.pipeline(PROJECT, "daily").schedules == []


def test_removing_a_pipeline_keeps_its_runs(areas: Areas) -> None:
    apply(areas, TEXT)
    run = areas.pipelines.start(HERE, PROJECT, "daily", {})
    areas.parts.editing.remove(HERE, PROJECT, "daily")
    assert areas.runs.run(PROJECT, run.id).pipeline == "daily"
    with pytest.raises(NotFound):
        areas.pipelines.pipeline(PROJECT, "daily")
    with pytest.raises(NotFound, match="There is no pipeline 'daily'"):
        areas.parts.editing.remove(HERE, PROJECT, "daily")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("name: daily", "name: Daily!", "pipeline.yaml: name: String should match pattern"),
        ("priority: 5", "priority: 500", "priority: Input should be less than or equal to 100"),
        ("priority: 5", "priorty: 5", "priorty: Extra inputs are not permitted"),
        ("score@1", "score@9", "There is no release 'score@9'"),
        ("score@1", "nothing@latest", "There is no release 'nothing@latest'"),
        ('"0 5 * * *"', '"*/0 5 * * *"', "cron"),
        ("Europe/Berlin", "Europe/Berlino", "'Europe/Berlino' is no IANA time zone"),
        ("name: daily", "name: daily\nrelease: score@1", "give one of them"),
        ("name: daily", "name: &a daily", "Anchors and aliases"),
        ("name: daily", "name: daily\nname: daily", "name"),
        ('"2013-06-01"', '"2013-13-01"', "day"),
        ("title: Each day", "title: Each\u2028day", "pipeline.yaml"),
        (TEXT, "", "pipeline.yaml: "),
        (TEXT, "[" * 2000, "pipeline.yaml: "),
    ],
)  # fmt: skip
def test_texts_that_say_nothing_useful_are_refused_with_the_place(
    areas: Areas, before: str, after: str, words: str
) -> None:
    text = TEXT.replace(before, after)
    with pytest.raises((Invalid, NotFound)) as caught:
        areas.parts.editing.plan(PROJECT, text)
    assert words in caught.value.message


def test_pipelines_that_would_start_each_other_for_ever_are_refused(areas: Areas) -> None:
    for name in ("one", "two"):
        apply(areas, f"name: {name}\nrelease: score@1\n")
    after = TriggerRequest.model_validate({"on": "pipeline", "source": "one"})
    areas.parts.triggers.add(HERE, PROJECT, "two", after)
    with pytest.raises(Invalid, match="start each other for ever: one <- two <- one"):
        areas.parts.triggers.add(HERE, PROJECT, "one", after.model_copy(update={"source": "two"}))
    text = "name: one\nrelease: score@1\ntriggers: [{on: pipeline, source: two}]\n"
    with pytest.raises(Invalid, match="for ever"):
        apply(areas, text)
    with pytest.raises(Invalid, match="would start itself"):
        areas.parts.editing.plan(PROJECT, text.replace("source: two", "source: one"))


def test_the_text_in_the_guide_is_one() -> None:
    guide = Path(__file__).parents[3] / "docs" / "user" / "pipelines.md"
    found = re.search(r"```yaml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    made = PipelineDefinition.model_validate(PipelineYaml().read(found[1]))
    assert made.graph is not None
    check_graph(made.graph)
    check(made)
