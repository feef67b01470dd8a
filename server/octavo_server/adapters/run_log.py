"""What a run tells in its event log, as the happenings and the failure of an execution."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from octavo_server.adapters import run_folder
from octavo_server.execution import Failure, Happening, Order


class RunLog:
    """Follows the log of one run and tells each happening once."""

    def __init__(self, place: Path, order: Order, happened: Callable[[Happening], None]) -> None:
        """``place`` is the run's folder; the log may not be there yet."""
        self._tail = run_folder.EventTail(place)
        self._happened = happened
        self._sources = _sources(order)
        self._cell: int | None = None
        self.began = False
        """Whether there is any line."""
        self.finished: dict[str, Any] | None = None
        """Its last line, once it is there."""
        self.failure: Failure | None = None
        """The first error."""

    @property
    def cell(self) -> int | None:
        """Index of the cell that was started last."""
        return self._cell

    def read(self) -> None:
        """Take in all that is new."""
        while lines := self._tail.lines():
            for line in lines:
                with suppress(ValueError, KeyError, TypeError):
                    self._note(json.loads(line))

    def close(self) -> None:
        """Close the log."""
        self._tail.close()

    def _note(self, line: dict[str, Any]) -> None:
        self.began = True
        known = {key: line[key] for key in ("cell", "cells", "seconds") if key in line}
        rest = {key: value for key, value in line.items() if key not in {*known, "kind", "at"}}
        happening = Happening(
            kind=str(line["kind"]), at=datetime.fromisoformat(line["at"]), **known, details=rest
        )
        if happening.kind == "cell_started":
            self._cell = happening.cell
        if happening.kind == "error" and self.failure is None:
            if happening.cell is None and self._cell is not None:
                # Not the cell raised: its kernel died under it.
                happening = replace(happening, cell=self._cell)
                rest["source"] = self._sources.get(self._cell, "")
            texts = {
                key: str(rest.get(key, "")) for key in ("source", "ename", "evalue", "traceback")
            }
            self.failure = Failure(cell=happening.cell, **texts)
        if happening.kind == "finished":
            self.finished = rest
        self._happened(happening)


def _sources(order: Order) -> dict[int, str]:
    try:
        cells = json.loads(order.notebook).get("cells", [])
        return {index: "".join(cell.get("source", "")) for index, cell in enumerate(cells)}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}
