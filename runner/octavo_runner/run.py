"""One run from its order to its end, in a kernel that nobody used before."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo_runner import notebook as notebooks
from octavo_runner import parameters, preparation, record
from octavo_runner.cells import CellRules, CellRunner
from octavo_runner.errors import (
    CellFailed,
    CellTimedOut,
    KernelDied,
    LimitReached,
    Refused,
    RunnerError,
    Stopped,
)
from octavo_runner.events import EventLog, StreamTeller
from octavo_runner.kernel import Kernel
from octavo_runner.limits import Watch
from octavo_runner.order import RunOrder
from octavo_runner.outputs import Outputs
from octavo_runner.redaction import Redactor
from octavo_runner.saving import NotebookFile
from octavo_runner.widgets import Widgets

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
LONGEST_TEXT = 20_000
"""Characters of a source, a message or a traceback that the log keeps."""
ENVIRONMENT = "environment.json"
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a run reads and writes."""

    own: Path
    """The runner's folder: event log and output notebook; the kernel can't reach it."""
    work: Path
    """The notebook's working folder."""
    scratch: Path
    """A folder that the kernel may write to, outside its working folder."""


class Run:
    """Executes one order."""

    def __init__(
        self,
        order: RunOrder,
        kernel: Kernel,
        places: Places,
        stop: Callable[[], str | None],
        wakes: tuple[int, ...] = (),
    ) -> None:
        """``stop`` gives the reason to end, once there is one; ``wakes`` are readable then."""
        self._order = order
        self._kernel = kernel
        self._places = places
        self._stop = stop
        self._redactor = Redactor(order.secrets)
        self.log = EventLog(places.own / "events.jsonl")
        self._teller = StreamTeller(self.log, self._redactor.text, self._redactor.longest)
        self._meter = kernel.meter()
        self._widgets = Widgets(self._to_kernel)
        self._outputs = Outputs(self._widgets, printed=self._teller.hear, changed=self._changed)
        self._watch = Watch(order.bounds, self._meter, places.work, lambda: self._outputs.size)
        rules = CellRules(timeout_s=order.bounds.cell_s, interrupts=True)
        self._cells = CellRunner(kernel, self._outputs, rules, self._look, wakes)
        self._file: NotebookFile | None = None
        self._notebook: notebooks.Notebook = {}
        self._place: int | None = None
        self._began = time.monotonic()

    def go(self) -> bool:
        """Run to the end and say in the log how it ended; True: all cells ran."""
        message, ok, stopped = "", False, False
        try:
            injected = self._opened()
            self._prepare()
            self._run_cells(injected)
            message, ok = "All cells ran.", True
        except Stopped as error:
            message, stopped = error.message, True
        except Refused as error:
            message = error.message
            self._tell_error("Refused", message, "")
        except RunnerError as error:
            message = self._told(error)
        finally:
            self._teller.finish()
        self._conclude(ok=ok)
        self.log.add("finished", ok=ok, stopped=stopped, message=message, **self._used())
        self.log.close()
        return ok

    def _opened(self) -> str | None:
        self._notebook = notebooks.read(self._order.notebook)
        notebooks.check_kernel(self._notebook)
        secret = set(self._order.secrets)
        injected = parameters.inject(self._notebook, self._order.parameters, secret)
        shown = {
            name: parameters.HIDDEN[1:-1] if name in secret else _plain(value)
            for name, value in self._order.parameters.items()
        }
        record.begin(self._notebook, shown)
        output = self._places.own / "output.ipynb"
        self._file = NotebookFile(output, self._notebook, self._redactor.json)
        self.log.add("started", cells=self._count())
        return injected

    def _prepare(self) -> None:
        order = self._order
        source = preparation.before(
            work=self._places.work,
            environment=order.environment,
            seed=order.seed,
            threads=order.threads,
            notebook=order.notebook,
        )
        self._cells.silently(source)

    def _run_cells(self, injected: str | None) -> None:
        place = -1
        for index, cell in enumerate(self._notebook["cells"]):
            given = notebooks.INJECTED in notebooks.tags(cell)
            place += not given
            self._place = None if given else place
            if self._cells.executes(cell):
                self._run_cell(cell, index, injected if given else None, told=not given)
                if _asked_to_exit(cell):
                    break
            else:
                record.cell_begins(cell)
                record.cell_ends(cell)
        self._place = None
        if self._order.record_environment:
            self._cells.silently(preparation.after(self._places.scratch / ENVIRONMENT))

    def _run_cell(
        self, cell: dict[str, Any], index: int, source: str | None, *, told: bool
    ) -> None:
        if told:
            self.log.add("cell_started", cell=self._place, cells=self._count())
        self._teller.begin(self._place)
        record.cell_begins(cell)
        self._meter.begin()
        began, cpu = time.monotonic(), self._meter.cpu_s()
        failed = True
        try:
            self._cells.run(cell, index, source)
            failed = False
        except CellFailed as error:
            # An exit that says all is well ends the run, and well, as papermill has it.
            failed = not (error.ename == "SystemExit" and error.evalue in ("", "0"))
            if failed:
                raise
        finally:
            self._teller.finish()
            record.cell_ends(cell, failed=failed)
            self._changed(index)
            if told:
                self.log.add(
                    "cell_finished",
                    cell=self._place,
                    cells=self._count(),
                    seconds=round(time.monotonic() - began, 4),
                    memory_mib=round(self._meter.peak() / MIB, 1),
                    cpu_s=round(self._meter.cpu_s() - cpu, 3),
                    text=self._redactor.text(_printed(cell))[:500],
                )

    def _told(self, error: RunnerError) -> str:
        """Write the error into the log and return the run's message."""
        cell = "" if self._place is None else f"Cell {self._place + 1}"
        if isinstance(error, CellFailed):
            value = error.evalue
            most = self._order.bounds.memory_mib
            if error.ename == "MemoryError" and most is not None:
                value = f"{value or 'no memory left'} (its profile allows {most:,} MiB)"
            self._tell_error(error.ename, value, error.traceback)
            return f"{cell or 'The parameters'} failed: {error.ename}: {value}"[:1000]
        if isinstance(error, LimitReached | CellTimedOut):
            whole = error.message[0].isupper()
            message = error.message if whole else f"{cell or 'The run'}: {error.message}."
            self._tell_error("LimitReached", message, "")
            return message
        name = "DeadKernelError" if isinstance(error, KernelDied) else type(error).__name__
        self._tell_error(name, error.message, "")
        return f"{cell or 'The run'} failed: {name}: {error.message}"

    def _tell_error(self, ename: str, evalue: str, traceback: str) -> None:
        source = ""
        if self._place is not None:
            submitted = [
                one
                for one in self._notebook["cells"]
                if notebooks.INJECTED not in notebooks.tags(one)
            ]
            source = submitted[self._place]["source"]
        hide = self._redactor.text
        self.log.add(
            "error",
            cell=self._place,
            source=hide(source)[:LONGEST_TEXT],
            ename=hide(ename)[:200],
            evalue=hide(evalue)[:LONGEST_TEXT],
            traceback=ANSI.sub("", hide(traceback))[-LONGEST_TEXT:],
        )

    def _conclude(self, *, ok: bool) -> None:
        """End the kernel and write the notebook a last time; what it asks of exit handlers runs."""
        self._meter.peak()
        self._meter.cpu_s()
        if self._file is not None:
            if info := self._kernel.facts.get("language_info"):
                self._notebook["metadata"]["language_info"] = info
            if widgets := self._widgets.metadata():
                self._notebook["metadata"]["widgets"] = widgets
            record.end(self._notebook, failed=not ok)
            self._file.save()
        if ok:
            self._kernel.leave()
        else:
            self._kernel.kill()

    def _used(self) -> dict[str, Any]:
        return {
            "seconds": round(time.monotonic() - self._began, 4),
            "cpu_s": round(self._meter.cpu_s(), 3),
            "peak_memory_mib": round(self._meter.highest / MIB, 1),
        }

    def _look(self) -> None:
        if reason := self._stop():
            raise Stopped(reason)
        self._watch.look()
        self._teller.look()
        if self._file is not None:
            self._outputs.settle()
            self._file.save_if_due()

    def _changed(self, index: int) -> None:
        if self._file is not None:
            self._file.changed(index)

    def _count(self) -> int:
        return len(self._notebook["cells"]) - self._given()

    def _given(self) -> int:
        return bool(self._order.parameters)

    def _to_kernel(self, kind: str, content: dict[str, Any], parent: dict[str, Any]) -> None:
        self._kernel.wire.send(self._kernel.wire.shell, kind, content, parent)


def _asked_to_exit(cell: dict[str, Any]) -> bool:
    return any(
        one["output_type"] == "error" and one["ename"] == "SystemExit" for one in cell["outputs"]
    ) and "raises-exception" not in notebooks.tags(cell)


def _plain(value: Any) -> Any:
    with suppress(TypeError, ValueError):
        json.dumps(value)
        return value
    return str(value)


def _printed(cell: dict[str, Any]) -> str:
    texts = [one["text"] for one in cell["outputs"] if one["output_type"] == "stream"]
    return ANSI.sub("", "".join(text[:2000] for text in texts[:10]))
