"""Measure the linter on a notebook of 200 cells like those that people write, with outputs."""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from octavo_server.notebooks.document import parse
from octavo_server.notebooks.linting.rules import lint

TURNS = 9
CELL = """\
import numpy as np
import pandas as pd
frame_{n} = pd.DataFrame({{"a": range({n}, {n} + 9), "b": np.random.rand(9)}})
for step in range(10):
    total_{n} = frame_{n}["a"].sum() + step
def share_{n}(column, least=0.5):
    return [value / total_{n} for value in frame_{n}[column] if value > least]
print(f"{{total_{n}:,.2f}}", share_{n}("b"))
"""
OUTPUT = "2013-06-01,UA,EWR,ORD,1400,227.0,12.5\n" * 540
"""About 20 kB: 200 of them are 4 MB."""


def notebook(cells: int) -> dict[str, Any]:
    """Return a notebook of that many code cells, each with an output."""
    made = [
        {
            "cell_type": "code",
            "execution_count": number + 1,
            "id": f"cell-{number}",
            "metadata": {"tags": []},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": OUTPUT}],
            "source": CELL.format(n=number),
        }
        for number in range(cells)
    ]
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def main() -> int:
    """Print the figure as one JSON object."""
    content = notebook(200)
    taken, findings = [], 0
    for _ in range(TURNS):
        start = time.perf_counter()
        findings = len(lint(parse(content)).findings)
        taken.append(time.perf_counter() - start)
    sys.stderr.write(f"{findings} findings, from {min(taken):.3f} s\n")
    print(json.dumps({"lint200_s": round(statistics.median(taken), 3)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
