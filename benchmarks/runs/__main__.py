"""Measure runs beside papermill; `make bench-runs` runs it.

The last line is one JSON object::

    {"cells10_ratio", "cells200_ratio", "cells200_4mb_ratio", "own_execution_ratio",
     "runner_rss_mib", ...}

- ``cells10_ratio``, ``cells200_ratio``, ``cells200_4mb_ratio``: from handing an order to the runner
  until its result is back, to papermill's command on the same notebook, medians of turns: 10 and
  200 cells with a line of output each, and 200 cells with 4 MB of outputs together
- ``own_execution_ratio``: what a run takes beyond 0.3 s, to the same cells sent one after the other
  to a kernel that runs already; the worst of the three notebooks
- ``lint200_s``: the linter on a notebook of 200 cells with 4 MB of outputs, seconds, median
- ``runner_rss_mib``: the most memory that a run's process was seen to take beside its kernel

Each module of this package measures by itself too: ``python -m benchmarks.runs.execution``.
"""

from __future__ import annotations

import json
import subprocess
import sys

PARTS = ("execution", "lint")


def main() -> int:
    """Run the parts one after the other, each in a process of its own, and join their figures."""
    figures: dict[str, object] = {}
    for part in PARTS:
        sys.stderr.write(f"measuring {part}\n")
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.runs.{part}"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            sys.stderr.write(f"{part} ended with status {done.returncode}\n")
            return 1
        figures |= json.loads(lines[-1])
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
