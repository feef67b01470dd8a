"""Rules on what a notebook was saved with: execution numbers, outputs, errors. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from octavo.records.linting import ClearOutputs, RunAll, SafeFix
from octavo_server.notebooks.document import Cell
from octavo_server.notebooks.linting import personal, secrets
from octavo_server.notebooks.linting.domain import Finding

_RUN_ALL: Final = SafeFix(label="Restart and run all", edits=[RunAll()])
_NO_TEXT: Final = ("image/", "audio/", "video/", "application/pdf")


def findings(cells: Sequence[Cell], largest_kib: int) -> Iterator[Finding]:
    """Yield what the saved state of the code cells is faulted for."""
    yield from _order(cells)
    for cell in cells:
        if not cell.outputs:
            continue
        text = "\n".join(_texts(cell.outputs))
        yield from _size(cell, largest_kib)
        yield from _error(cell)
        yield from secrets.of_outputs(cell, text)
        yield from personal.findings(cell, text)


def _order(cells: Sequence[Cell]) -> Iterator[Finding]:
    last, above = 0, 0
    for cell in cells:
        if cell.execution_count is None:
            continue
        if cell.execution_count < last:
            yield Finding(
                rule="cells-out-of-order",
                cell=cell.index,
                message=f"It was executed as [{cell.execution_count}], before cell {above + 1} "
                f"([{last}]) that stands above it.",
                fix="Restart the kernel, run all cells, and save.",
                safe_fix=_RUN_ALL,
            )
        last, above = cell.execution_count, cell.index


def _size(cell: Cell, largest_kib: int) -> Iterator[Finding]:
    size = len(json.dumps(cell.outputs, ensure_ascii=False).encode()) / 1024
    if size > largest_kib:
        yield Finding(
            rule="large-output",
            cell=cell.index,
            in_output=True,
            message=f"Its saved output has {size:,.0f} KiB; at most {largest_kib:,} are allowed.",
            fix="Show a summary, and write the data to a file.",
            safe_fix=SafeFix(
                label="Clear this output", edits=[ClearOutputs(cell=cell.index, cell_id=cell.id)]
            ),
        )


def _error(cell: Cell) -> Iterator[Finding]:
    error = next((one for one in cell.outputs if one.get("output_type") == "error"), None)
    if error is not None and "raises-exception" not in cell.tags:
        name = str(error.get("ename", "")) or "an error"
        yield Finding(
            rule="saved-error",
            cell=cell.index,
            in_output=True,
            message=f"It failed with {name[:60]} when it was last executed.",
            fix="Correct it, run all cells, and save.",
            safe_fix=_RUN_ALL,
        )


def _texts(outputs: Sequence[Any]) -> Iterator[str]:
    """Yield the texts that a person sees or can read in saved outputs."""
    for output in outputs:
        for key in ("text", "evalue", "traceback"):
            yield from _strings(output.get(key))
        data = output.get("data")
        for kind, value in data.items() if isinstance(data, dict) else ():
            if not str(kind).startswith(_NO_TEXT) or kind == "image/svg+xml":
                yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        yield "".join(value)
    elif isinstance(value, list | dict):
        yield json.dumps(value, ensure_ascii=False)
