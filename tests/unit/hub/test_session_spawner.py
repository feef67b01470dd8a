"""The base of all spawners: it hides nothing of JupyterHub's, and tells steps in order."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from jupyterhub.spawner import LocalProcessSpawner, Spawner, SpawnException
from kubespawner import KubeSpawner
from tests.support.hub_records import session

from octavo.records.workspaces import Session
from octavo_hub.failure import Failure, StartRefused
from octavo_hub.session_spawner import SessionSpawner
from octavo_hub.steps import Steps, duration, queue_line

MEANT = {
    "get_env",
    "get_options_form",
    "get_state",
    "load_state",
    "options_from_query",
    "poll",
    "progress",
    "run_options_from_form",
    "start",
    "stop",
}
"""What the base replaces on purpose."""


@pytest.mark.parametrize("stock", [Spawner, LocalProcessSpawner, KubeSpawner])
def test_the_base_shadows_nothing_of_the_stock_spawners(stock: type[Spawner]) -> None:
    """A method that happens to be called like a property of JupyterHub's breaks it silently."""
    traits = {"_all_trait_default_generators", "_descriptors", "_instance_inits", "_traits",
              "_static_immutable_initial_values", "_trait_default_generators"}  # fmt: skip
    own = {name for name in vars(SessionSpawner) if not name.startswith("__")} - traits
    assert {name for name in own if hasattr(stock, name)} == MEANT


def test_a_failed_start_is_not_counted_by_jupyterhub() -> None:
    failure = Failure(kind="volume", sentence="The volume is busy.", action="Start again.")
    refused = StartRefused(failure)
    assert isinstance(refused, SpawnException)
    assert (refused.reason, refused.failure) == ("volume", failure)
    assert "The volume is busy. Start again." in str(refused)


def test_why_a_workspace_ended_outlives_its_spawner() -> None:
    failure = Failure(
        kind="out_of_memory", sentence="It took 8 GiB.", action="Take more.", raw=("a", "b")
    )
    assert Failure.found(json.loads(json.dumps(failure.kept()))) == failure


def test_a_page_that_opens_late_reads_all_steps_and_the_newest_place_alone() -> None:
    async def told() -> list[dict[str, Any]]:
        steps = Steps()
        steps.tell("profile", "Checked.")
        for place in (3, 2, 2, 1):
            steps.queued(_queued(place))
        late = asyncio.create_task(_all(steps))
        await asyncio.sleep(0)
        steps.tell("starting", "JupyterLab is starting.")
        steps.end()
        return await late

    events = asyncio.run(told())
    assert [one["step"] for one in events] == ["profile", "queued", "starting"]
    assert events[1]["position"] == 1
    assert [one["progress"] for one in events] == sorted(one["progress"] for one in events)


def test_pages_leave_when_a_start_is_over_though_nothing_more_was_told() -> None:
    async def told() -> list[dict[str, Any]]:
        steps = Steps()
        steps.tell("profile", "Checked.")
        page = asyncio.create_task(_all(steps))
        await asyncio.sleep(0)
        steps.end()
        return await page

    assert [one["step"] for one in asyncio.run(told())] == ["profile"]


async def _all(steps: Steps) -> list[dict[str, Any]]:
    return [event async for event in steps.follow()]


def _queued(place: int) -> Session:
    return session(
        state="queued",
        position=place,
        expected_wait_s=20.0 * place,
        waits_for="It waits for a GPU to come free.",
    )


def test_a_place_in_the_queue_is_one_sentence() -> None:
    assert queue_line(_queued(2)) == (
        "You are number 2 in the queue, about 40 s to wait. It waits for a GPU to come free."
    )
    assert queue_line(session(state="queued")) == "You are number 1 in the queue."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (89, "89 s"), (600, "10 min"), (7200, "2.0 h"), (86400, "a day or more")],
)
def test_a_wait_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words
