"""Writes parameters as the cell that papermill would inject, for Python.

The text is the same as papermill's translator's; names are checked, which papermill's aren't.
"""

from __future__ import annotations

import datetime as dt
import keyword
import math
from collections.abc import Collection, Mapping
from typing import Any

from octavo_runner.errors import Refused
from octavo_runner.notebook import INJECTED, Notebook, tags

LONGEST = 1_000_000
"""Characters of one value's source."""
HIDDEN = '"[secret]"'


def inject(
    notebook: Notebook, parameters: Mapping[str, Any], secrets: Collection[str] = ()
) -> str | None:
    """Put the cell of parameters where papermill puts it and return the source to execute.

    Values named in ``secrets`` aren't in the cell. None: there are no parameters.
    Raises Refused for a name that is no Python name and for a value too large to be a parameter.
    """
    if not parameters:
        return None
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "injected",
        "metadata": {"tags": [INJECTED]},
        "outputs": [],
        "source": source(parameters, secrets),
    }
    cells = notebook["cells"]
    old = _first(notebook, INJECTED)
    declared = _first(notebook, "parameters")
    if old is not None:
        cells[old] = cell
    else:
        cells.insert(0 if declared is None else declared + 1, cell)
    return source(parameters)


def source(parameters: Mapping[str, Any], hidden: Collection[str] = ()) -> str:
    """Return the source that assigns ``parameters``; the values of ``hidden`` are left out."""
    lines = ["# Parameters"]
    for name, value in parameters.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            raise Refused(f"The parameter name {name[:100]!r} is no name of a Python variable.")
        text = HIDDEN if name in hidden else literal(value)
        if len(text) > LONGEST:
            raise Refused(
                f"The parameter {name!r} has {len(text):,} characters; at most {LONGEST:,} fit. "
                "Hand it over as a file."
            )
        lines.append(f"{name} = {text}")
    return "\n".join(lines) + "\n"


def literal(value: Any) -> str:
    """Return a value as Python source, as papermill writes it; a date as ``datetime.date``."""
    if value is None or isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return str(value)
        return "float('nan')" if math.isnan(value) else f"float('{'-' * (value < 0)}inf')"
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return f'__import__("datetime").date({value.year}, {value.month}, {value.day})'
    if isinstance(value, dict):
        inner = ", ".join(f"{literal(str(key))}: {literal(one)}" for key, one in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    escaped = str(value).encode("unicode_escape").decode().replace('"', r"\"")
    return f'"{escaped}"'


def _first(notebook: Notebook, tag: str) -> int | None:
    cells = enumerate(notebook["cells"])
    return next((index for index, cell in cells if tag in tags(cell)), None)
