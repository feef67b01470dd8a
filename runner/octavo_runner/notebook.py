"""Reads a notebook that somebody else wrote, and refuses what can't be run or has two readings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from octavo_runner.errors import Refused

Notebook = dict[str, Any]

MOST_BYTES = 256 * 2**20
MOST_CELLS = 20_000
DEEPEST = 100
"""Levels of lists and objects inside each other."""
KINDS = ("code", "markdown", "raw")
INJECTED = "injected-parameters"


def read(text: str) -> Notebook:
    """Return the notebook as nbformat 4.5.

    Raises Refused for text that is no notebook, for a format that can't be read, for a name given
    twice in one object, and for more bytes, cells or levels than a run takes.
    """
    if len(text) > MOST_BYTES:
        raise Refused(
            f"The notebook has {len(text):,} characters; a run takes at most {MOST_BYTES:,}. "
            "Clear its outputs, or read the data from a file."
        )
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise Refused(_too_deep()) from None
    except ValueError as error:
        raise Refused(f"The notebook is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise Refused(f"The notebook is JSON, but a {type(found).__name__} instead of an object.")
    _check_depth(found)
    return _checked(_version_4(found, text))


def tags(cell: Mapping[str, Any]) -> list[str]:
    """Return a cell's tags."""
    found = cell["metadata"].get("tags", [])
    return [str(one) for one in found] if isinstance(found, list) else []


def kernel_of(notebook: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of the kernel that the notebook asks for, and its language."""
    spec = notebook["metadata"].get("kernelspec") or {}
    info = notebook["metadata"].get("language_info") or {}
    name = str(spec.get("name") or "python3")
    return name, str(spec.get("language") or info.get("name") or "python").lower()


def check_kernel(notebook: Mapping[str, Any]) -> None:
    """Refuse a notebook of another language than Python."""
    name, language = kernel_of(notebook)
    if language not in ("python", "ipython", "python3"):
        raise Refused(
            f"The notebook asks for the kernel {name[:100]!r} ({language[:50]}); "
            "this runner has Python's. Choose the kernel python3 and save the notebook again."
        )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"an object has the name {twice[:100]!r} twice, so it has two readings")
    return found


def _check_depth(found: Any) -> None:
    level = [found]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise Refused(_too_deep())


def _too_deep() -> str:
    return f"The notebook has more than {DEEPEST} levels of lists and objects inside each other."


def _version_4(found: Notebook, text: str) -> Notebook:
    major = found.get("nbformat")
    if major == 4:
        return found
    if major not in (1, 2, 3):
        raise Refused(
            f"The notebook says nbformat {str(major)[:50]!r}; this runner reads 1 to 4. "
            "Open it in JupyterLab and save it again."
        )
    import nbformat  # only old notebooks pay for it

    try:
        upgraded: Notebook = json.loads(nbformat.writes(nbformat.reads(text, as_version=4)))
    except Exception as error:
        raise Refused(
            f"The notebook says nbformat {major}, but can't be converted: {error}"
        ) from error
    return upgraded


def _checked(notebook: Notebook) -> Notebook:
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(one, dict) for one in cells):
        raise Refused("The notebook has no list of cells.")
    if len(cells) > MOST_CELLS:
        raise Refused(
            f"The notebook has {len(cells):,} cells; a run takes at most {MOST_CELLS:,}. "
            "Split it into several notebooks."
        )
    if not isinstance(notebook.setdefault("metadata", {}), dict):
        raise Refused("The notebook's metadata is no object.")
    for index, cell in enumerate(cells):
        _check_cell(cell, index)
    notebook["nbformat_minor"] = max(5, _whole(notebook.get("nbformat_minor")))
    return notebook


def _check_cell(cell: dict[str, Any], index: int) -> None:
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if cell.get("cell_type") not in KINDS or not isinstance(source, str):
        raise Refused(
            f"Cell {index + 1} has the type {str(cell.get('cell_type'))[:50]!r} or a source that "
            f"is no text; a cell is one of {', '.join(KINDS)}."
        )
    if not isinstance(cell.setdefault("metadata", {}), dict):
        raise Refused(f"Cell {index + 1} has metadata that is no object.")
    cell["source"] = source
    if not isinstance(cell.get("id"), str):
        # The same for the same notebook, so that two executions can be compared.
        cell["id"] = hashlib.sha256(f"{index}:{source}".encode(errors="replace")).hexdigest()[:8]
    cell["metadata"].setdefault("tags", [])
    if cell["cell_type"] == "code":
        cell["execution_count"], cell["outputs"] = None, []


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
