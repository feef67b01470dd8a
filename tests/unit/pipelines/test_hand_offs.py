"""Hand-offs: one's own notebook runs on without the workspace, marked as nobody's approval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.notebooks import code, notebook
from tests.support.people import ADMIN, ONCALL, REVIEWER, SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.pipelines import HandOffRequest, PipelineRun
from octavo_server.database.rows import Database
from octavo_server.errors import Forbidden, IllegalMove, Invalid, NotFound, PolicyRefused
from octavo_server.execution import Ending
from octavo_server.identity import Caller
from octavo_server.pipelines.runs.filters import RunFilter
from octavo_server.pipelines.runs.seen import SeenRuns


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    return open_areas(database, tmp_path)


def handed_off(areas: Areas, **more: Any) -> PipelineRun:
    body: dict[str, Any] = {"path": "flights/train.ipynb", "profile": "cpu-small", **more}
    body.setdefault("notebook", notebook("print(1.0)", parameters=None))
    wanted = HandOffRequest.model_validate(body)
    return areas.hand_offs.take(in_project(SCIENTIST), PROJECT, wanted)


def seen(areas: Areas, caller: Caller) -> SeenRuns:
    return SeenRuns(areas.runs, in_project(caller), PROJECT)


def test_a_hand_off_is_a_dev_run_that_nobody_approved(areas: Areas) -> None:
    asked = handed_off(areas, session="s1")
    assert (asked.state, asked.trigger, asked.environment) == ("queued", "hand_off", "dev")
    assert (asked.approved, asked.release, asked.pipeline) == (False, None, "")
    assert (asked.notebook, asked.requested_by) == ("flights/train.ipynb", "scientist")
    areas.attempts.run(asked.id)
    done = areas.runs.run(PROJECT, asked.id)
    assert (done.state, done.verdict, done.cost) == ("succeeded", None, 0.25)
    assert areas.ledger.booked == [f"{asked.id}.1"]
    assert json.loads(areas.runs.output(PROJECT, asked.id))["nbformat"] == 4
    [order] = areas.runner.orders
    assert json.loads(order.notebook)["cells"][0]["source"] == "print(1.0)"
    assert order.parameters == {}
    with pytest.raises(NotFound, match="has no provenance"):
        areas.runs.provenance(PROJECT, asked.id)


def test_what_blocks_in_dev_is_not_handed_off(areas: Areas) -> None:
    leak = notebook("print(1)", "key = 'ghp_" + "a1B2" * 9 + "'", parameters=None)
    with pytest.raises(PolicyRefused) as refused:
        handed_off(areas, notebook=leak)
    said = "The notebook has findings that block in dev: cell 2: This looks like a GitHub token."
    assert refused.value.message == said
    assert handed_off(areas, notebook=notebook("missing", parameters=None)).state == "queued"


def test_the_trail_says_what_was_handed_off_and_from_where(areas: Areas) -> None:
    asked = handed_off(areas)
    [entry] = [one for one in areas.audit.entries(limit=50) if "hand_off" in one.action]
    assert entry.subject == f"pipeline_run:{PROJECT}/{asked.id}"
    assert entry.details["path"] == "flights/train.ipynb"
    assert entry.details["session"] == "s1"
    assert entry.details["policy"]["facts"]["environment"] == "dev"


def test_only_its_person_and_admins_know_of_it(areas: Areas) -> None:
    asked = handed_off(areas)
    areas.attempts.run(asked.id)
    every: dict[str, Any] = {"asked": RunFilter(), "limit": 9, "cursor": None}
    for caller in (SCIENTIST, ADMIN):
        assert [one.id for one in seen(areas, caller).all(**every).items] == [asked.id]
        assert seen(areas, caller).one(asked.id).state == "succeeded"
        assert seen(areas, caller).output(asked.id)
    for caller in (REVIEWER, ONCALL):
        other = seen(areas, caller)
        assert other.all(**every).items == []
        for look in (other.one, other.output, other.has_ended, other.provenance):
            with pytest.raises(NotFound, match=f"no run '{asked.id}'"):
                look(asked.id)
        with pytest.raises(NotFound):
            other.events(asked.id, 0)
        with pytest.raises(NotFound):
            other.artifact(asked.id, "a.txt")
        with pytest.raises(NotFound):
            areas.runs.cancel(in_project(caller), PROJECT, asked.id)


def test_it_can_be_cancelled(areas: Areas) -> None:
    asked = handed_off(areas)
    done = areas.runs.cancel(in_project(SCIENTIST), PROJECT, asked.id)
    assert done.state == "cancelled"
    with pytest.raises(IllegalMove):
        areas.runs.cancel(in_project(SCIENTIST), PROJECT, asked.id)


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_lost_attempt_fails_instead_of_waiting_for_a_decision(
    areas: Areas, cancelled: bool
) -> None:
    asked = handed_off(areas)

    def vanish(_order: Any) -> None:
        if cancelled:
            areas.runs.cancel(in_project(SCIENTIST), PROJECT, asked.id)
        areas.attempts.stop()

    areas.runner.during = vanish
    areas.attempts.run(asked.id)
    done = areas.runs.run(PROJECT, asked.id)
    assert done.state == "failed"
    assert done.message == "The worker was stopped. Hand the notebook off again to repeat it."
    assert done.ended_at is not None


def test_a_failed_cell_is_reported(areas: Areas) -> None:
    areas.runner.endings = [Ending.FAILED]
    asked = handed_off(areas)
    areas.attempts.run(asked.id)
    done = areas.runs.run(PROJECT, asked.id)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.source == "raise ValueError('no')"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"profile": "gpu-1"}, "'gpu-1' has 1 GPU; a notebook is handed off to a profile without"),
        ({"profile": "cpu-large"}, "runs may not use 'cpu-large'"),
        ({"notebook": {"nbformat": 3, "cells": []}}, "notebook.nbformat: 3; 4 is required"),
        ({"notebook": notebook(parameters=None)}, "it has no code to run"),
        ({"notebook": notebook(code(" \n"), parameters=None)}, "it has no code to run"),
    ],
)
def test_what_cant_run_is_refused_and_nothing_is_kept(
    areas: Areas, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        handed_off(areas, **more)
    assert areas.attempts.waiting() == []
    assert areas.blobs.kept == {}


def test_an_unknown_profile_or_anothers_session_is_refused(areas: Areas) -> None:
    with pytest.raises(NotFound, match="no profile 'none'"):
        handed_off(areas, profile="none")
    with pytest.raises(NotFound, match="'s2' isn't your open workspace"):
        handed_off(areas, session="s2")
    areas.desks.session = None
    with pytest.raises(NotFound, match="'s1' isn't your open workspace"):
        handed_off(areas, session="s1")


def test_who_may_not_use_the_profile_is_told_why(areas: Areas) -> None:
    areas.desks.refusals = ("Small CPU is for finance.",)
    with pytest.raises(Forbidden, match=r"Small CPU is for finance\."):
        handed_off(areas)


def test_a_profile_that_isnt_for_dev_is_refused(areas: Areas) -> None:
    areas.desks.environments = ("prod",)
    with pytest.raises(Invalid, match="is for prod; what nobody has approved runs in dev alone"):
        handed_off(areas)


def test_without_budget_none_is_taken_nor_started(areas: Areas) -> None:
    asked = handed_off(areas)
    areas.ledger.left = 0
    with pytest.raises(PolicyRefused, match="budget is used up"):
        handed_off(areas)
    areas.attempts.run(asked.id)
    done = areas.runs.run(PROJECT, asked.id)
    assert done.state == "refused"
    assert "budget is used up" in done.message


def test_changed_bytes_refuse_to_run(areas: Areas) -> None:
    asked = handed_off(areas)
    areas.blobs.kept.clear()
    areas.attempts.run(asked.id)
    assert areas.runs.run(PROJECT, asked.id).state == "refused"
    assert areas.runner.orders == []


def test_a_hand_off_stays_out_of_the_graph_of_what_was_approved(areas: Areas) -> None:
    asked = handed_off(areas)
    areas.attempts.run(asked.id)
    assert areas.lineage.sources(PROJECT, f"pipeline_run:{PROJECT}/{asked.id}") == []
