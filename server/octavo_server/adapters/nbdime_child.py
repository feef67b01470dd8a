"""Aligns two notebooks with nbdime, in a process of its own that ends when it is done.

Reads ``{"old": notebook, "new": notebook}`` from standard input and writes a list of cells.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator
from typing import Any


def main() -> None:
    """Answer one question."""
    question = json.load(sys.stdin)
    json.dump(list(cells(question["old"], question["new"])), sys.stdout)


def cells(old: dict[str, Any], new: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every cell of both notebooks in order, with what happened to it."""
    import nbformat
    from nbdime.diffing.notebooks import diff_notebooks

    before, after = (nbformat.from_dict(one) for one in (old, new))
    ops: list[Any] = next(
        (op.diff for op in diff_notebooks(before, after) if op.key == "cells"), []
    )
    was = now = 0
    for op in sorted(ops, key=lambda one: (int(one.key), one.op != "addrange")):
        while was < int(op.key):
            yield _same(before.cells[was], after.cells[now], was, now)
            was, now = was + 1, now + 1
        if op.op == "addrange":
            for cell in op.valuelist:
                yield _one("added", cell, None, now)
                now += 1
        elif op.op == "removerange":
            for _ in range(op.length):
                yield _one("removed", before.cells[was], was, None)
                was += 1
        else:
            yield _changed(before.cells[was], after.cells[now], was, now)
            was, now = was + 1, now + 1
    while was < len(before.cells):
        yield _same(before.cells[was], after.cells[now], was, now)
        was, now = was + 1, now + 1


def _one(op: str, cell: Any, was: int | None, now: int | None) -> dict[str, Any]:
    mark = {"added": "added", "removed": "removed"}.get(op, "same")
    lines = [{"op": mark, "text": line} for line in _source(cell)]
    return _cell(op, cell, was, now, lines, outputs_changed=False)


def _same(old: Any, new: Any, was: int, now: int) -> dict[str, Any]:
    if _source(old) != _source(new):
        return _changed(old, new, was, now)
    return _one("same", new, was, now)


def _changed(old: Any, new: Any, was: int, now: int) -> dict[str, Any]:
    lines = []
    for line in difflib.ndiff(_source(old), _source(new)):
        mark = {"  ": "same", "+ ": "added", "- ": "removed"}.get(line[:2])
        if mark:
            lines.append({"op": mark, "text": line[2:]})
    outputs = old.get("outputs") != new.get("outputs")
    op = (
        "changed"
        if any(one["op"] != "same" for one in lines) or _tags(old) != _tags(new)
        else "same"
    )
    return _cell(op, new, was, now, lines, outputs_changed=outputs)


def _cell(
    op: str,
    cell: Any,
    was: int | None,
    now: int | None,
    lines: list[dict[str, str]],
    *,
    outputs_changed: bool,
) -> dict[str, Any]:
    return {
        "op": op,
        "cell_type": cell["cell_type"],
        "old_index": was,
        "new_index": now,
        "lines": lines,
        "outputs_changed": outputs_changed,
    }


def _source(cell: Any) -> list[str]:
    source = cell.get("source", "")
    return str("".join(source) if isinstance(source, list) else source).splitlines()


def _tags(cell: Any) -> Any:
    return cell.get("metadata", {}).get("tags", [])


if __name__ == "__main__":
    main()
