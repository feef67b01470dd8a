"""papermill's engine as Octavo needs it: an append-only event log, saves that can't be torn.

papermill's own engine rewrites the whole notebook twice a cell and truncates it first. This one
appends a line of JSON for each thing that happens and writes the notebook to a temporary file that
it renames, at most as often as a time budget allows.
"""

from __future__ import annotations

import json
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager
from papermill.translators import PythonTranslator
from traitlets.config import Config

INJECTED = "injected-parameters"
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SAVE_SHARE = 0.05
"""Saving may take this share of the time at most."""
LONGEST_TEXT = 20_000
"""Characters of a source, a message or a traceback that the log keeps."""


class EventLog:
    """Appends what happens, one JSON object a line, flushed at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def add(self, kind: str, **details: Any) -> None:
        """Append one line of ``kind`` with the time (UTC)."""
        line = {"kind": kind, "at": datetime.now(UTC).isoformat(), **details}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


class DateTranslator(PythonTranslator):  # type: ignore[misc]
    """Writes parameters as Python literals; text by ``repr``, which escapes everything."""

    @classmethod
    def translate(cls, val: Any) -> str:
        """Return the Python source of ``val``; ``{"date": iso}`` gives a ``datetime.date``."""
        if isinstance(val, dict):
            year, month, day = (int(part) for part in str(val["date"]).split("-"))
            return f'__import__("datetime").date({year}, {month}, {day})'
        return repr(val)


class LoggedExecution(NotebookExecutionManager):  # type: ignore[misc]
    """papermill's bookkeeping of one execution, with the log and the safe save."""

    def __init__(self, nb: Any, log: EventLog, output: Path) -> None:
        super().__init__(nb, progress_bar=False, autosave_cell_every=0)
        self.log = log
        self._output = output
        self._started: dict[int, float] = {}
        self._next_save = 0.0

    def save(self, **kwargs: Any) -> None:
        """Write the notebook if the time budget allows it."""
        if "nb" in kwargs:
            self.nb = kwargs["nb"]
        if time.monotonic() >= self._next_save:
            self.save_now()

    def save_now(self) -> None:
        """Write the notebook: to a temporary file, then renamed."""
        began = time.monotonic()
        temporary = self._output.with_suffix(".part")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(nbformat.writes(self.nb))
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._output)
        ended = time.monotonic()
        self._next_save = ended + (ended - began) / SAVE_SHARE

    def cell_start(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note that a cell starts."""
        super().cell_start(cell, cell_index, **kwargs)
        if cell.cell_type == "code" and not _injected(cell):
            self._started[id(cell)] = time.monotonic()
            self.log.add("cell_started", cell=self.place(cell_index), cells=self.cells)

    def cell_exception(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note a failed cell with its source and traceback."""
        super().cell_exception(cell, cell_index, **kwargs)
        error = kwargs.get("exception")
        if isinstance(error, CellExecutionError):
            self.log.add(
                "error",
                cell=self.place(cell_index),
                source=str(cell.source)[:LONGEST_TEXT],
                ename=str(error.ename)[:200],
                evalue=str(error.evalue)[:LONGEST_TEXT],
                traceback=ANSI.sub("", str(error.traceback))[-LONGEST_TEXT:],
            )

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note that a cell is over, and how long it took."""
        super().cell_complete(cell, cell_index, **kwargs)
        began = self._started.pop(id(cell), None)
        if began is not None:
            self.log.add(
                "cell_finished",
                cell=self.place(cell_index),
                cells=self.cells,
                seconds=round(time.monotonic() - began, 4),
                text=_printed(cell)[:500],
            )

    def notebook_complete(self, **kwargs: Any) -> None:
        """Write the notebook a last time."""
        super().notebook_complete(**kwargs)
        self.save_now()

    @property
    def cells(self) -> int:
        """How many cells the submitted notebook has."""
        return sum(1 for cell in self.nb.cells if not _injected(cell))

    def place(self, index: int | None) -> int | None:
        """Return the index in the submitted notebook; None for the injected cell."""
        if index is None or _injected(self.nb.cells[index]):
            return None
        return sum(1 for cell in self.nb.cells[:index] if not _injected(cell))


class SetUpClient(PapermillNotebookClient):  # type: ignore[misc]
    """Runs a snippet in the fresh kernel before the first cell and one after the last."""

    before = ""
    after = ""

    def papermill_execute_cells(self) -> None:
        """Run the cells between the two snippets."""
        self._silently(self.before)
        super().papermill_execute_cells()
        if self.after:
            self._silently(self.after)

    def _silently(self, source: str) -> None:
        reply = self.wait_for_reply(self.kc.execute(source, silent=True, store_history=False))
        content = reply["content"] if reply else {"status": "no answer"}
        if content["status"] != "ok":
            raise RuntimeError(f"the kernel's set-up failed: {content.get('evalue', content)}")


class OctavoEngine(Engine):  # type: ignore[misc]
    """Executes a notebook in a kernel over Unix sockets, with the log and the safe save."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,  # noqa: ARG003 - papermill passes it; `save_to` is used
        **kwargs: Any,
    ) -> Any:
        """Execute ``nb`` and return it; a failing cell stops it and stays in its outputs."""
        execution = LoggedExecution(nb, kwargs["event_log"], Path(kwargs["save_to"]))
        execution.notebook_start()
        execution.log.add("started", cells=execution.cells)
        try:
            cls.execute_managed_notebook(execution, kernel_name, **kwargs)
        finally:
            execution.notebook_complete()
        return execution.nb

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        """Start the kernel, set it up, and run the cells."""
        kernel = {"transport": "ipc", "connection_file": kwargs["connection_file"]}
        client = SetUpClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=None,
            startup_timeout=60,
            config=Config({"KernelManager": kernel}),
        )
        client.before, client.after = kwargs["before"], kwargs["after"]
        client.execute()


def _injected(cell: Any) -> bool:
    return INJECTED in cell.metadata.get("tags", [])


def _printed(cell: Any) -> str:
    texts = [one.text for one in cell.get("outputs", []) if one.output_type == "stream"]
    return ANSI.sub("", "".join(texts))
