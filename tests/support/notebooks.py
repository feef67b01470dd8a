"""Small notebooks for tests."""

from __future__ import annotations

from typing import Any

PARAMETERS = 'n: int = 3  # how many\nday: str = "2013-06-01"'


def code(text: str, *tags: str, count: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a code cell."""
    return {
        "cell_type": "code",
        "execution_count": count,
        "metadata": {"tags": list(tags)},
        "outputs": [],
        "source": text,
        **more,
    }


def notebook(*cells: str | dict[str, Any], parameters: str | None = PARAMETERS) -> dict[str, Any]:
    """Return a notebook of code cells, the first one tagged `parameters`."""
    first = [] if parameters is None else [code(parameters, "parameters")]
    made = [*first, *[code(one) if isinstance(one, str) else one for one in cells]]
    for number, cell in enumerate(made):
        cell.setdefault("id", f"cell-{number}")
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def printed(*texts: str) -> dict[str, Any]:
    """Return an output notebook whose cells printed these texts."""
    outputs = [[{"output_type": "stream", "name": "stdout", "text": text}] for text in texts]
    return notebook(*[code("print()", outputs=one) for one in outputs], parameters=None)
