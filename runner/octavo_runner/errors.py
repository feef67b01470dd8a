"""What ends a run before its last cell."""

from __future__ import annotations


class RunnerError(Exception):
    """A run can't go on; ``message`` says why, with the value and the limit."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(RunnerError):
    """The notebook or its order can't be run at all; nothing was executed."""


class CellFailed(RunnerError):
    """A cell raised, and nothing allowed it to."""

    def __init__(self, ename: str, evalue: str, traceback: str) -> None:
        super().__init__(f"{ename}: {evalue}")
        self.ename = ename
        self.evalue = evalue
        self.traceback = traceback


class CellTimedOut(RunnerError):
    """A cell took longer than it may, or its outputs never came."""


class KernelDied(RunnerError):
    """The kernel's process is gone."""

    def __init__(self, message: str = "Kernel died") -> None:
        super().__init__(message)


class LimitReached(RunnerError):
    """The run used more than it may."""


class Stopped(RunnerError):
    """Somebody asked for the end."""
