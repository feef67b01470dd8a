"""Terminals at work: a real pty and a real shell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jupyter_server_terminals.terminalmanager import TerminalManager
from tests.unit.lab.conditions import becomes

from octavo_lab.terminals import active, foreground_program, newest_output


@pytest.fixture
async def terminal(terminals: TerminalManager) -> Any:
    return terminals.terminals[terminals.create()["name"]]


def _later() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def test_a_program_in_the_foreground_counts_without_output(terminal: Any) -> None:
    await becomes(lambda: foreground_program(terminal) is False, "the shell has the foreground")
    assert active({"1": terminal}, _later()) == 0
    terminal.ptyproc.write("cat\n")
    await becomes(lambda: foreground_program(terminal) is True, "cat has the foreground")
    assert active({"1": terminal}, _later()) == 1
    terminal.ptyproc.write("\x04")
    await becomes(lambda: foreground_program(terminal) is False, "cat has ended")


async def test_output_counts_for_as_long_as_it_is_new(terminal: Any) -> None:
    before = datetime.now(UTC)
    terminal.ptyproc.write("echo one\n")
    await becomes(lambda: terminal.last_activity > before, "the output is seen")
    assert active({"1": terminal}, before) == 1
    assert newest_output({"1": terminal}) == terminal.last_activity
    assert newest_output({}) is None


async def test_a_terminal_that_has_ended_counts_no_more(terminal: Any) -> None:
    terminal.ptyproc.close(force=True)
    assert foreground_program(terminal) is None
    assert active({"1": terminal}, _later()) == 0
