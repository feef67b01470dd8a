"""A submitted notebook as data: checked for what nbformat 4 and our limits allow, canonical bytes.

Pure; nothing here trusts the notebook, and nothing executes it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from octavo_server.errors import Invalid

MOST_BYTES = 10 * 2**20
MOST_CELLS = 2000
MOST_SOURCE = 2**20
DEEPEST = 60
CELL_TYPES = ("code", "markdown", "raw")
PYTHONS = frozenset({"python", "ipython", "python3"})
FOREIGN_KERNEL = re.compile(
    r"^(?:ir\d*|julia|bash|xcpp|xeus-cling|scala|spylon|almond|java|ijava|rust|gonb|gophernotes"
    r"|javascript|tslab|deno|octave|matlab|sas|stata|sparkkernel|sos|xsql|raku|ruby)(?:[-\d.]|$)",
    re.IGNORECASE,
)
"""Names under which kernels of other languages are installed."""
PARAMETERS_TAG = "parameters"
VOLATILE_TAG = "volatile"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell."""

    index: int
    """From 0."""
    id: str | None
    """The cell's id, if it has one."""
    kind: str
    """``code``, ``markdown`` or ``raw``."""
    source: str
    """Its text."""
    tags: frozenset[str]
    """The tags in its metadata."""
    execution_count: int | None
    """The number it was last executed under."""
    outputs: tuple[Mapping[str, Any], ...]
    """Its saved outputs."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A notebook that has passed the checks."""

    content: bytes
    """Its canonical bytes."""
    cells: tuple[Cell, ...]
    """Its cells in order."""
    metadata: Mapping[str, Any]
    """Its own metadata."""

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells in order."""
        return tuple(cell for cell in self.cells if cell.kind == "code")


def parse(notebook: Mapping[str, Any]) -> Document:
    """Check a notebook's JSON and return it as a document.

    Raises Invalid naming the field, the value and the limit.
    """
    cells = notebook.get("cells")
    if isinstance(cells, list):
        _limit("notebook.cells", len(cells), MOST_CELLS, "cells", "Split the notebook.")
    _refuse_depth(notebook)
    try:
        text = json.dumps(notebook, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
        content = f"{text}\n".encode()
    except (ValueError, UnicodeEncodeError) as error:
        raise Invalid(
            f"notebook: it can't be written as JSON: {error}.", "Save it again."
        ) from None
    _limit(
        "notebook",
        len(content),
        MOST_BYTES,
        "bytes",
        "Clear its outputs, or move data to the lake.",
    )
    if notebook.get("nbformat") != 4:
        raise Invalid(
            f"notebook.nbformat: {_short(notebook.get('nbformat'))}; 4 is required.",
            "Open and save it with JupyterLab, which converts what is older.",
        )
    _object("notebook.metadata", notebook.get("metadata", {}))
    _refuse_other_language(notebook.get("metadata", {}))
    if not isinstance(cells, list):
        raise Invalid(f"notebook.cells: {_short(cells)}; a list is required.", "Save it again.")
    return Document(
        content=content,
        cells=tuple(_cell(index, cell) for index, cell in enumerate(cells)),
        metadata=notebook.get("metadata", {}),
    )


def load(content: bytes) -> Document:
    """Return the document of bytes that :func:`parse` once made."""
    return parse(json.loads(content))


def _refuse_other_language(metadata: Mapping[str, Any]) -> None:
    """Refuse another kernel's notebook, whichever of its metadata says so."""
    spec = _object("notebook.metadata.kernelspec", metadata.get("kernelspec", {}))
    info = _object("notebook.metadata.language_info", metadata.get("language_info", {}))
    said = {
        "kernelspec.language": spec.get("language", "python"),
        "language_info.name": info.get("name", "python"),
        "kernelspec.name": _language_of(str(spec.get("name", "python3"))),
    }
    for where, value in said.items():
        if str(value).lower() not in PYTHONS:
            raise Invalid(
                f"notebook.metadata.{where}: {_short(str(value).lower())}; python is required.",
                "Choose the Python 3 kernel and save the notebook.",
            )


def _language_of(kernel: str) -> str:
    """Return the kernel where it is known to be no Python; what is unknown counts as Python."""
    return kernel if FOREIGN_KERNEL.match(kernel) else "python"


def _cell(index: int, cell: Any) -> Cell:
    where = f"notebook.cells[{index}]"
    _object(where, cell)
    kind = cell.get("cell_type")
    if kind not in CELL_TYPES:
        raise Invalid(f"{where}.cell_type: {_short(kind)}; one of {CELL_TYPES} is required.")
    metadata = _object(f"{where}.metadata", cell.get("metadata", {}))
    tags = metadata.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Invalid(f"{where}.metadata.tags: {_short(tags)}; a list of text is required.")
    count = cell.get("execution_count")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool)):
        raise Invalid(f"{where}.execution_count: {_short(count)}; a whole number is required.")
    identifier = cell.get("id")
    if identifier is not None and not (isinstance(identifier, str) and len(identifier) <= 64):
        raise Invalid(f"{where}.id: {_short(identifier)}; at most 64 characters are allowed.")
    return Cell(
        index=index,
        id=identifier,
        kind=kind,
        source=_text(f"{where}.source", cell.get("source", "")),
        tags=frozenset(tags),
        execution_count=count,
        outputs=_outputs(where, cell.get("outputs", [])),
    )


def _outputs(where: str, outputs: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(outputs, list):
        raise Invalid(f"{where}.outputs: {_short(outputs)}; a list is required.")
    for number, output in enumerate(outputs):
        _object(f"{where}.outputs[{number}]", output)
        if not isinstance(output.get("output_type"), str):
            raise Invalid(f"{where}.outputs[{number}].output_type: text is required.")
    return tuple(outputs)


def _text(where: str, value: Any) -> str:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        raise Invalid(f"{where}: {_short(value)}; text or a list of lines is required.")
    _limit(where, len(value), MOST_SOURCE, "characters", "Split the cell.")
    return value


def _object(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid(
            f"{where}: {_short(value)}; an object is required.", "Save the notebook again."
        )
    return value


def _limit(where: str, value: int, limit: int, unit: str, remedy: str) -> None:
    if value > limit:
        raise Invalid(f"{where}: {value} {unit}; at most {limit} are allowed.", remedy)


def _refuse_depth(notebook: Mapping[str, Any]) -> None:
    level: list[Any] = [notebook]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, Mapping) else one)
            if isinstance(inner, Mapping | list)
        ]
        if not level:
            return
    raise Invalid(
        f"notebook: nested more than {DEEPEST} deep.", "Clear its outputs and save it again."
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
