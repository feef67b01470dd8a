"""Measure serving beside MLflow's own scoring server; `make bench-serving` runs it.

The last line is one JSON object::

    {"rps_ratio", "p99_ratio", "one_row_p50_ms", "batch100_ratio", "cold_ready_s",
     "swap_failed", ...}

- ``rps_ratio``: requests per second of one row, ours to ``mlflow models serve`` with one worker,
  the same model (scikit-learn pipeline of 22 inputs, one-hot and boosted trees) on the same
  machine in turns; the least of 1, 8 and 32 clients
- ``p99_ratio``: 99th percentile of the latency, ours to theirs; the worst of 1, 8 and 32 clients
- ``one_row_p50_ms``: median latency of one row over HTTP with one client
- ``batch100_ratio``: median latency of 100 rows over HTTP to the model's own ``predict_proba`` on
  the same 100 rows in process, asked in turns with as many threads; ``one_row_ratio``: of one row
- ``pyfunc_...``: the same figures where the model was not converted and answers as it was logged
- ``with_features_p50_ms``: median latency of one row that names an entity: 18 of its inputs are
  read from the online store, through gateway, token, router and scorer;
  ``through_router_p50_ms``: the same row sent whole
- ``cold_ready_s``: from the start of a scorer to its readiness, with the converted model
- ``swap_failed``: requests of 8 clients that failed while the scorer's model was swapped 5 times;
  ``swap_requests`` is how many there were
- ``register_ratio``: taking over and keeping a model of 200 MiB, to copying and hashing its files
- ``rollback_s``: the longest time from the decision to roll back to the last request that was still
  sent by the old shares, with 4 clients asking through the router; ``rollback_failed`` of
  ``rollback_requests`` failed over 5 swaps and rollbacks

Each module of this package measures by itself too: ``python -m benchmarks.serving.scoring``.
"""

from __future__ import annotations

import json
import subprocess
import sys

PARTS = ("scoring", "swapping", "featured", "registering", "rollback")


def main() -> int:
    """Run the parts one after the other, each in a process of its own, and join their figures."""
    figures: dict[str, object] = {}
    for part in PARTS:
        sys.stderr.write(f"measuring {part}\n")
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.serving.{part}"],
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
