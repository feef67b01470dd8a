"""How fast a rollback counts, and whether a request fails meanwhile.

Two versions run as scorers behind the router. Clients ask without a pause while all traffic goes
to the second version and is rolled back, again and again. ``python -m benchmarks.serving.rollback``
prints one JSON object:

- ``rollback_s``: the longest time from the decision to roll back to the last request that was
  still sent by the old shares, as the router confirms it
- ``rollback_failed``: requests that failed over all swaps and rollbacks, of ``rollback_requests``
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.serving.scoring import make
from tests.support.databases import open_database
from tests.support.people import ONCALL
from tests.support.serving import NAME, PROJECT, Asking, Serving, open_serving

from octavo_server.deployments.rollouts.rules import rollback_s

CLIENTS = 4
ROUNDS = 5
WITHIN_S = 60.0
REASON = "The benchmark rolls back."


def answered(serving: Serving, asking: Asking, version: int) -> None:
    """Return when the clients get their newest answers from a version."""
    deadline = time.monotonic() + WITHIN_S
    while not asking.versions or set(asking.versions[-CLIENTS:]) != {version}:
        if time.monotonic() > deadline:
            raise SystemExit(f"v{version} did not answer within {WITHIN_S:g} s")
        serving.reconciler.step()
        time.sleep(0.005)


def turn(serving: Serving, asking: Asking) -> float:
    """Swap to version 2, roll back to version 1, and return how long that took to count."""
    serving.go_live(2)
    answered(serving, asking, 2)
    serving.rollouts.roll_back(ONCALL, PROJECT, NAME, REASON)
    answered(serving, asking, 1)
    took = rollback_s(serving.rollouts.history(PROJECT, NAME).rollouts[0])
    if took is None:
        raise SystemExit("no router confirmed the rollback")
    serving.until(lambda view: 2 not in view.scorers)
    return took


def main() -> None:
    """Measure, and print one line."""
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as place:
        folder, home = Path(place), Path(place) / "home"
        folder.chmod(0o711)
        home.mkdir()
        make(folder)
        shutil.copytree(folder / "converted", folder / "other")
        row = json.loads((folder / "rows.json").read_text())[0]
        versions = {
            ("flights-late", 1): folder / "converted",
            ("flights-late", 2): folder / "other",
        }
        with open_database("sqlite", home, home) as database:
            serving = open_serving(home, database, versions)
            try:
                serving.go_live(1)
                with serving.asking(row, CLIENTS) as asking:
                    answered(serving, asking, 1)
                    times = [turn(serving, asking) for _ in range(ROUNDS)]
            finally:
                serving.close()
    print(
        json.dumps(
            {
                "rollback_s": round(max(times), 3),
                "rollback_failed": len(asking.failures),
                "rollback_requests": len(asking.versions) + len(asking.failures),
            }
        )
    )


if __name__ == "__main__":
    main()
