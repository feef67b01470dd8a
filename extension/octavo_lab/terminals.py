"""Which terminals are at work: output since a moment, or a program in the foreground."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any


def foreground_program(terminal: Any) -> bool | None:
    """Whether something other than the terminal's own shell has its foreground.

    None where the operating system doesn't say, as for a terminal that has just ended.
    """
    process = terminal.ptyproc
    try:
        return os.tcgetpgrp(process.fd) != int(process.pid)
    except (OSError, ValueError):
        return None


def active(terminals: dict[str, Any], since: datetime) -> int:
    """Count the terminals with output after ``since`` or with a program in the foreground."""
    return sum(
        one.last_activity > since or foreground_program(one) is True for one in terminals.values()
    )


def newest_output(terminals: dict[str, Any]) -> datetime | None:
    """Return when a terminal last put something out or took something in."""
    return max((one.last_activity for one in terminals.values()), default=None)
