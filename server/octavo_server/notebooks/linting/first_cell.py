"""Rules on the cell tagged `parameters`, with the tag as a fix. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from octavo.records.linting import Edit, InsertCell, SafeFix, TagCell
from octavo_server.notebooks import parameters
from octavo_server.notebooks.document import PARAMETERS_TAG, Cell, Document
from octavo_server.notebooks.linting.domain import Finding, Span
from octavo_server.notebooks.linting.reading import CodeCell

_EMPTY: Final = "# What a run may choose: `name: type = literal`, one a line.\n"


def findings(document: Document, cells: Sequence[CodeCell]) -> Iterator[Finding]:
    """Yield what the notebook's parameters are faulted for."""
    tagged = [code for code in cells if PARAMETERS_TAG in code.cell.tags]
    if not tagged:
        yield _missing(cells)
        return
    for code in tagged[1:]:
        yield _twice(code.cell, tagged[0].cell)
    for fault in parameters.faults(document):
        yield Finding(
            rule="parameters-untyped" if fault.untyped else "parameters-bounds",
            cell=tagged[0].cell.index,
            span=Span(line=fault.line) if fault.line else None,
            message=fault.message,
            fix=fault.fix,
        )


def _missing(cells: Sequence[CodeCell]) -> Finding:
    """Return the finding; one click tags the first cell that only assigns literals."""
    fit = next((code for code in cells[:5] if _assigns_literals(code)), None)
    edit: Edit
    if fit is not None:
        label = f"Tag cell {fit.cell.index + 1}"
        edit = TagCell(cell=fit.cell.index, cell_id=fit.cell.id, tag=PARAMETERS_TAG, present=True)
    else:
        label = "Add a parameters cell"
        first = cells[0].cell.index if cells else 0
        edit = InsertCell(index=first, cell_type="code", source=_EMPTY, tags=[PARAMETERS_TAG])
    return Finding(
        rule="parameters-missing",
        message="No cell is tagged `parameters`, so every run does the same.",
        fix="Put what a run may choose into one cell and tag it `parameters`.",
        safe_fix=SafeFix(label=label, edits=[edit]),
    )


def _assigns_literals(code: CodeCell) -> bool:
    if code.tree is None or not code.tree.body or code.plain.magics:
        return False
    assigned = all(isinstance(one, ast.Assign | ast.AnnAssign) for one in code.tree.body)
    found = parameters.read_cell(code.cell.source) if assigned else []
    return bool(found) and None not in found


def _twice(cell: Cell, first: Cell) -> Finding:
    edit = TagCell(cell=cell.index, cell_id=cell.id, tag=PARAMETERS_TAG, present=False)
    return Finding(
        rule="parameters-twice",
        cell=cell.index,
        message=f"Cell {first.index + 1} is tagged `parameters` already.",
        fix="Move these parameters there and remove the tag.",
        safe_fix=SafeFix(label="Remove this tag", edits=[edit]),
    )
