"""Measure the panels beside MLflow's and Feast's own interfaces; `make bench-panels` runs it.

The last line is one JSON object::

    {"runs_p95_ms", "runs_speedup", "search_p95_ms", "search_speedup", "detail_p95_ms",
     "index_lag_s", "scroll_fps", "script_mib", "workspace_rss_mib", ...}

- ``runs_p95_ms``: the slowest 95th percentile of newest 100 runs, sorted by a metric and filtered
  with two clauses, over HTTP with 100,000 runs of 10 metrics and 10 parameters
- ``runs_speedup``: how many times longer MLflow's own REST takes for the same on the same SQLite,
  the least of the three
- ``index_lag_s``: from a run's write in MLflow to its row in the panel's answer, the longest while
  50 runs log at once
- ``search_p95_ms`` / ``search_speedup``: a search as typed over 10,000 features, and how many times
  longer Feast's own REST takes on the same registry
- ``detail_p95_ms``: a feature view's page
- ``scroll_fps``: frames per second while 100,000 rows scroll in a real browser
- ``script_mib``: all scripts of the lab extension
- ``workspace_rss_mib``: what the server half adds to a Jupyter Server's memory

Each module of this package measures by itself too: ``python -m benchmarks.panels.runs``.
"""

from __future__ import annotations

import json
import subprocess
import sys

PARTS = ("runs", "features", "browser")


def main() -> int:
    """Run the parts one after the other, each in a process of its own, and join their figures."""
    figures: dict[str, object] = {}
    for part in PARTS:
        sys.stderr.write(f"measuring {part}\n")
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.panels.{part}"],
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
