"""A running cell is seen in real kernels, without a browser, whatever else they answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from tests.unit.lab.conditions import becomes
from tests.unit.lab.conftest import Lab

from octavo_lab.cells import ACTIONS, Cells, Work

HOLD = "import time\nwhile not __import__('os').path.exists({gate!r}): time.sleep(0.02)"


def status(state: str, parent: str = "", kind: str = "execute_request") -> dict[str, Any]:
    """Return a status message that a kernel publishes about the request ``parent``."""
    return {
        "header": {"msg_type": "status"},
        "parent_header": {"msg_id": parent, "msg_type": kind} if parent else {},
        "content": {"execution_state": state},
    }


def test_a_kernel_is_busy_from_the_beginning_to_the_end_of_a_cell() -> None:
    work = Work()
    work.record(status("busy", "a"))
    assert work.busy
    work.record(status("idle", "a"))
    assert not work.busy


def test_other_answers_do_not_end_a_cell_and_are_no_work() -> None:
    work = Work()
    work.record(status("busy", "s", "create_subshell_request"))
    assert not work.busy
    work.record(status("busy", "a"))
    work.record(status("idle", "s", "create_subshell_request"))
    work.record({"header": {"msg_type": "stream"}, "content": {"text": "x"}})
    assert work.busy


def test_what_a_widget_sets_off_is_work_too() -> None:
    work = Work()
    work.record(status("busy", "w", "comm_msg"))
    assert work.busy


def test_a_kernel_that_starts_anew_has_nothing_to_do() -> None:
    work = Work()
    work.record(status("busy", "a"))
    work.record(status("starting"))
    assert not work.busy


def running(lab: Lab, kernel_id: str) -> Any:
    """Return a kernel of the lab; Jupyter Server adds its state where no type knows it."""
    return lab.app.kernel_manager.get_kernel(kernel_id)


@asynccontextmanager
async def kernel_client(lab: Lab, kernel_id: str) -> AsyncIterator[AsyncKernelClient]:
    client: AsyncKernelClient = running(lab, kernel_id).client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=30)
        yield client
    finally:
        client.stop_channels()


@pytest.fixture
async def cells(lab: Lab) -> AsyncIterator[Cells]:
    followed = Cells(lab.app.kernel_manager)
    assert lab.app.event_logger is not None
    lab.app.event_logger.add_listener(schema_id=ACTIONS, listener=followed.heard)
    yield followed
    followed.close()


async def test_a_cell_counts_until_it_ends_though_the_kernel_answers_a_browser(
    lab: Lab, cells: Cells, tmp_path: Any
) -> None:
    kernel_id = await lab.app.kernel_manager.start_kernel()
    kernel, gate = running(lab, kernel_id), tmp_path / "gate"
    async with kernel_client(lab, kernel_id) as client:
        await becomes(lambda: cells.followed == {kernel_id}, "it is followed from its start")
        assert cells.count() == (0, 1)
        client.execute(HOLD.format(gate=str(gate)))
        await becomes(lambda: cells.count() == (1, 1), "the cell is seen")

        client.control_channel.send(client.session.msg("create_subshell_request"))
        await asyncio.wait_for(client.control_channel.get_msg(timeout=10), 10)
        await becomes(lambda: kernel.execution_state == "idle", "Jupyter takes the cell for ended")
        assert cells.count() == (1, 1)

        gate.touch()
        await becomes(lambda: cells.count() == (0, 1), "the cell's end is seen")
    await lab.app.kernel_manager.shutdown_kernel(kernel_id, now=True)
    assert cells.count() == (0, 0)


async def test_a_restarted_kernel_and_a_new_one_are_followed(
    lab: Lab, cells: Cells, tmp_path: Any
) -> None:
    kernel_id = await lab.app.kernel_manager.start_kernel()
    async with kernel_client(lab, kernel_id) as client:
        client.execute(HOLD.format(gate=str(tmp_path / "never")))
        await becomes(lambda: cells.count() == (1, 1), "the cell is seen")
    await lab.app.kernel_manager.restart_kernel(kernel_id, now=True)
    await becomes(lambda: cells.count() == (0, 1), "the restart ended the cell")
    async with kernel_client(lab, kernel_id) as client:
        client.execute(HOLD.format(gate=str(tmp_path / "never")))
        await becomes(lambda: cells.count() == (1, 1), "the next cell is seen")


async def test_a_kernel_behind_a_gateway_counts_by_what_jupyter_knows() -> None:
    class Remote:
        """A kernel without ports here."""

        execution_state = "busy"

    class Gateway:
        """Two of them: one is busy, one is gone when it is looked at."""

        def list_kernel_ids(self) -> list[str]:
            """List both."""
            return ["there", "gone"]

        def get_kernel(self, kernel_id: str) -> Remote:
            """Return the one that is there."""
            return {"there": Remote()}[kernel_id]

    assert Cells(Gateway()).count() == (1, 1)  # type: ignore[arg-type]
