"""The notebooks that are measured."""

from __future__ import annotations

import json
from typing import Any


def trivial(cells: int) -> bytes:
    """A notebook of small cells, each with a line of output."""
    return _notebook([f"x{index} = {index} ** 2\nprint(x{index})" for index in range(cells)])


def with_outputs(cells: int, megabytes: float) -> bytes:
    """A notebook whose cells display this many MB together, as text of 80 characters a line."""
    lines = int(megabytes * 1e6 / cells / 80)
    return _notebook([f"print('{'x' * 79}\\n' * {lines}, end='')" for _ in range(cells)])


def sources(notebook: bytes) -> list[str]:
    """The sources of its cells."""
    return [cell["source"] for cell in json.loads(notebook)["cells"]]


def _notebook(cells: list[str]) -> bytes:
    made: dict[str, Any] = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{index}",
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for index, source in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(made).encode()
