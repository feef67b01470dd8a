"""Pure decisions about notebook versions: what is taken, what a cell was, what the margin shows.

A notebook is read as data alone: nothing here executes it, renders it or trusts its metadata.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from octavo.records.cells import LARGEST_SOURCE, LARGEST_VERSION
from octavo_server.errors import Invalid, TooLarge
from octavo_server.experiments.cells.domain import (
    CellRun,
    Execution,
    Notebook,
    Outline,
    Place,
    Saved,
    Version,
)

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
MOST_CELLS: Final = 10_000
LONGEST_ID: Final = 200
MOST_METRICS: Final = 8
"""How many metrics of a run the margin is told; it shows one and lists the others."""
CELL_TYPES: Final = ("code", "markdown", "raw")


def check_digest(sha256: str) -> None:
    """Raise Invalid for what is no digest."""
    if not DIGEST.fullmatch(sha256):
        raise Invalid(
            f"sha256: {sha256[:80]!r} is no SHA-256.", "Send 64 hexadecimal digits in lower case."
        )


def check_bytes(sha256: str, content: bytes, *, exact: bool) -> None:
    """Raise TooLarge for a version over the limit, Invalid for bytes of another digest."""
    check_digest(sha256)
    if len(content) > LARGEST_VERSION:
        raise TooLarge(
            f"The notebook has {len(content):,} bytes; at most {LARGEST_VERSION:,} are stored.",
            "Send it without outputs, with exact=false.",
        )
    found = hashlib.sha256(content).hexdigest()
    if exact and found != sha256:
        raise Invalid(
            f"The bytes have the SHA-256 {found}, not {sha256}.",
            "Send the file as it is, or exact=false for one without its outputs.",
        )


def checked_source(sha256: str, content: bytes) -> str:
    """Return a cell's source. Raises TooLarge, or Invalid for another digest or no text."""
    check_digest(sha256)
    if len(content) > LARGEST_SOURCE:
        raise TooLarge(
            f"The cell has {len(content):,} bytes; at most {LARGEST_SOURCE:,} are stored.",
            "Keep long data in a file instead of in the cell.",
        )
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise Invalid(f"The bytes have the SHA-256 {found}, not {sha256}.", "Send the source.")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Invalid("The source is not UTF-8.", "Send it as UTF-8.") from error
    if "\0" in text:
        raise Invalid("The source holds a null character, which is no text.", "Remove it.")
    return text


def notebook_from(content: bytes) -> Notebook:
    """Return a notebook's JSON. Raises Invalid for what is none of nbformat 4."""
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Invalid(
            f"The notebook can't be read as JSON: {why}.", "Save it again in JupyterLab."
        ) from error
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        given = notebook.get("nbformat") if isinstance(notebook, dict) else type(notebook).__name__
        raise Invalid(
            f"notebook.nbformat: {str(given)[:40]!r}; 4 is required.",
            "Open and save it with JupyterLab.",
        )
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(one, dict) for one in cells):
        raise Invalid("notebook.cells: a list of objects is required.", "Save it again.")
    if len(cells) > MOST_CELLS:
        raise Invalid(
            f"notebook.cells: {len(cells):,} cells; at most {MOST_CELLS:,} are stored.",
            "Split the notebook.",
        )
    return notebook


def outline(notebook: Notebook) -> Outline:
    """Where each cell stands and what digest its source has; of two with one id the first."""
    places: dict[str, Place] = {}
    for index, cell in enumerate(notebook["cells"]):
        name = cell.get("id")
        if isinstance(name, str) and 0 < len(name) <= LONGEST_ID and name not in places:
            digest = hashlib.sha256(_source(cell).encode("utf-8", "replace")).hexdigest()
            places[name] = Place(index=index, sha256=digest)
    return Outline(cells=len(notebook["cells"]), places=places)


def bare(notebook: Notebook) -> bytes:
    """The notebook with nothing but its cells' ids, kinds, sources and tags, for comparing.

    Half of a surrogate pair, which JSON can write and nothing can show, becomes a question mark.
    By their ids cells are known again where they were edited beyond recognition.
    """
    cells: list[dict[str, Any]] = [
        {
            **({"id": name} if isinstance(name := cell.get("id"), str) else {}),
            "cell_type": kind if (kind := cell.get("cell_type")) in CELL_TYPES else "raw",
            "source": _source(cell),
            "metadata": {"tags": _tags(cell)},
            **({"outputs": [], "execution_count": None} if kind == "code" else {}),
        }
        for cell in notebook["cells"]
    ]
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")


def as_it_ran(notebook: Notebook, cell: str, source: str) -> tuple[Notebook, int]:
    """The notebook with the cell that made a run as it ran, and where it stands.

    A cell that was not saved yet stands at the end.
    """
    ran = {"cell_type": "code", "id": cell, "source": source}
    cells = list(notebook["cells"])
    place = outline(notebook).places.get(cell)
    if place is None:
        return {**notebook, "cells": [*cells, ran]}, len(cells)
    cells[place.index] = {**cells[place.index], **ran}
    return {**notebook, "cells": cells}, place.index


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(one for one in source if isinstance(one, str))
    return source if isinstance(source, str) else ""


def _tags(cell: Mapping[str, Any]) -> list[str]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []


def saved(version: Version | None, cell: str | None, cell_sha256: str | None) -> Saved:
    """How the cell in the stored version compares with what ran."""
    if version is None or cell is None:
        return "unknown"
    place = version.outline.places.get(cell)
    if place is None:
        return "absent"
    if cell_sha256 is None:
        return "unknown"
    return "same" if place.sha256 == cell_sha256 else "changed"


def notes(
    version: Version | None, sha256: str | None, cell: str | None, state: Saved, *, source: bool
) -> list[str]:
    """What is missing or differs, as sentences."""
    found = []
    if sha256 is None:
        found.append("The run's notebook has no digest: its file could not be read, or is too big.")
    elif version is None:
        found.append("This version of the notebook was not stored when the run began.")
    elif not version.exact:
        found.append(
            f"The file was too big to store whole: this is its text without outputs, as "
            f"{version.stored_by} sent it."
        )
    if cell is None:
        found.append("Which cell made the run is not known: it was not started from JupyterLab.")
    elif state == "changed":
        found.append("The cell was changed after the last save: what ran is not what was saved.")
    elif state == "absent":
        found.append("The cell was not saved yet when the run began: the version has no such cell.")
    if state in ("changed", "absent") and not source:
        found.append("The cell's source as it ran was not stored.")
    return found


def by_cell(executions: Sequence[Execution], most: int) -> dict[str, tuple[int, list[str]]]:
    """How many runs each cell made, and at most `most` of them, in the order they came."""
    counts = Counter(one.cell for one in executions)
    kept: dict[str, list[str]] = {}
    for one in executions:
        mine = kept.setdefault(one.cell, [])
        if len(mine) < most:
            mine.append(one.run_id)
    return {cell: (counts[cell], ids) for cell, ids in kept.items()}


def leading(runs: Sequence[CellRun]) -> list[str]:
    """The metrics that the runs have in common most, by name where it is a tie."""
    counts = Counter(name for run in runs for name in run.metrics)
    return sorted(counts, key=lambda name: (-counts[name], name))[:MOST_METRICS]
