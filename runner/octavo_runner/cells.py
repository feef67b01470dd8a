"""Executes one cell and waits until both its reply and its last output are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from octavo_runner.errors import CellFailed, CellTimedOut, KernelDied
from octavo_runner.kernel import Kernel
from octavo_runner.outputs import Cell, Outputs
from octavo_runner.wire import Message

GRACE_S = 5.0
"""Seconds that a cell has after an interrupt."""
LOOK_S = 0.25
"""How long the kernel is waited for before the limits are looked at."""


@dataclass(frozen=True, kw_only=True)
class CellRules:
    """How cells are executed; the names and defaults are nbclient's."""

    timeout_s: float | None = None
    """Seconds that a cell may take; None: as long as it likes."""
    interrupts: bool = False
    """True: a cell that takes too long is interrupted, so that its outputs so far are kept."""
    goes_on: bool = False
    """True: after that interrupt the next cell runs."""
    iopub_timeout_s: float = 4.0
    """Seconds that outputs may lag behind the reply."""
    allow_errors: bool = False
    force_raise_errors: bool = False
    allowed_names: tuple[str, ...] = ()
    """Names of exceptions that don't end the run."""
    record_timing: bool = True
    skip_tag: str = "skip-execution"
    """Cells with this tag aren't executed."""


@dataclass(slots=True)
class _Progress:
    """Where the execution of one cell is."""

    asked: str
    reply: dict[str, Any] | None = None
    idle: bool = False
    deadline: float | None = None
    interrupted: bool = False
    overdue: bool = False


class CellRunner:
    """Executes cells in one kernel, one after the other."""

    def __init__(
        self,
        kernel: Kernel,
        outputs: Outputs,
        rules: CellRules,
        look: Callable[[], None] = lambda: None,
        wakes: tuple[int, ...] = (),
    ) -> None:
        """``look`` is called about four times a second, and may raise to end the run.

        ``wakes`` are descriptors that call it at once.
        """
        self._kernel = kernel
        self._outputs = outputs
        self._rules = rules
        self._look = look
        self._wakes = wakes

    def executes(self, cell: Mapping[str, Any]) -> bool:
        """Whether the cell is one that is executed at all."""
        return (
            cell["cell_type"] == "code"
            and bool(cell["source"].strip())
            and self._rules.skip_tag not in _tags(cell)
        )

    def run(self, cell: Cell, index: int, source: str | None = None) -> None:
        """Execute ``cell``; ``source`` is what runs where the cell shows something else.

        Raises CellFailed for an exception that nothing allows, CellTimedOut, KernelDied, and what
        ``look`` raises.
        """
        allowed = not self._rules.force_raise_errors and (
            self._rules.allow_errors or "raises-exception" in _tags(cell)
        )
        if self._rules.record_timing:
            cell["metadata"]["execution"] = {}
        self._outputs.begin(cell, index)
        asked = self._kernel.execute(source or cell["source"], stops=not allowed)
        progress = _Progress(asked)
        if self._rules.timeout_s:
            progress.deadline = time.monotonic() + self._rules.timeout_s
        try:
            self._follow(progress, cell)
        finally:
            self._outputs.settle()
        if progress.overdue and not self._rules.goes_on:
            raise CellTimedOut(f"took longer than its limit of {self._rules.timeout_s:g} s")
        self._judge(progress.reply or {}, allowed=allowed)

    def silently(self, source: str, patience_s: float = 600.0) -> None:
        """Execute ``source`` beside the notebook: no output, no history. Raises KernelDied."""
        asked = self._kernel.execute(source, silent=True)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            shell, _ = self._kernel.messages(LOOK_S, *self._wakes)
            for message in shell:
                if message.parent == asked:
                    if message.content.get("status") != "ok":
                        why = f"{message.content.get('ename')}: {message.content.get('evalue')}"
                        raise KernelDied(f"The kernel's set-up failed: {why}")
                    return
            self._still_there()
            self._look()
        raise KernelDied(f"The kernel's set-up took longer than {patience_s:g} s.")

    def _follow(self, progress: _Progress, cell: Cell) -> None:
        looked = time.monotonic()
        lagging: float | None = None
        while not (progress.reply is not None and progress.idle):
            wait = LOOK_S if progress.deadline is None else self._until(progress.deadline)
            shell, published = self._kernel.messages(wait, *self._wakes)
            for message in published:
                self._published(message, progress, cell)
            for message in shell:
                if message.parent == progress.asked and message.kind == "execute_reply":
                    progress.reply = message.content
                    self._mark(cell, "shell.execute_reply", message)
            now = time.monotonic()
            if not (shell or published):
                self._still_there()
            if now - looked >= LOOK_S or not (shell or published):
                self._look()
                looked = now
            if progress.reply is None:
                self._hurry(progress, now)
            elif not progress.idle:
                lagging = now if lagging is None or published else lagging
                if now - lagging > self._rules.iopub_timeout_s:
                    raise CellTimedOut("replied, but its outputs never came to an end")

    def _published(self, message: Message, progress: _Progress, cell: Cell) -> None:
        if message.parent != progress.asked:
            return
        try:
            self._outputs.take(message)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return  # a kernel that speaks nonsense adds no output
        if message.kind == "status":
            state = message.content.get("execution_state")
            progress.idle = progress.idle or state == "idle"
            if state in ("idle", "busy"):
                self._mark(cell, f"iopub.status.{state}", message)
        elif message.kind == "execute_input":
            self._mark(cell, "iopub.execute_input", message)

    def _mark(self, cell: Cell, name: str, message: Message) -> None:
        if self._rules.record_timing:
            cell["metadata"]["execution"][name] = str(message.header.get("date", ""))

    def _hurry(self, progress: _Progress, now: float) -> None:
        """Interrupt or give up a cell that takes too long."""
        if progress.deadline is None or now < progress.deadline:
            return
        if self._rules.interrupts and not progress.interrupted:
            progress.interrupted = progress.overdue = True
            progress.deadline = None if self._rules.goes_on else now + GRACE_S
            self._kernel.interrupt()
            return
        raise CellTimedOut(f"took longer than its limit of {self._rules.timeout_s:g} s")

    def _until(self, deadline: float) -> float:
        return max(0.0, min(LOOK_S, deadline - time.monotonic()))

    def _still_there(self) -> None:
        if not self._kernel.alive():
            raise KernelDied

    def _judge(self, reply: Mapping[str, Any], *, allowed: bool) -> None:
        if reply.get("status") != "error":
            return
        name = str(reply.get("ename", ""))
        if allowed or (not self._rules.force_raise_errors and name in self._rules.allowed_names):
            return
        lines = reply.get("traceback") or ()
        traceback = "\n".join(map(str, lines))
        raise CellFailed(name, str(reply.get("evalue", "")), traceback)


def _tags(cell: Mapping[str, Any]) -> list[str]:
    tags = cell["metadata"].get("tags", [])
    return tags if isinstance(tags, list) else []
