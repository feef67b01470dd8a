"""The server half stays light: every workspace carries it."""

from __future__ import annotations

import json
import subprocess
import sys

MEASURE = """
import json, resource, sys
import jupyter_server.serverapp, jupyterlab.labapp
def mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = mib()
import octavo_lab.app
print(json.dumps({"mib": mib() - before, "modules": sorted(sys.modules)}))
"""

HEAVY = {"mlflow", "feast", "pandas", "numpy", "torch", "sqlalchemy", "octavo_server"}
LIMIT_MIB = 40


def test_it_adds_little_memory_and_none_of_the_engines() -> None:
    run = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True
    )
    measured = json.loads(run.stdout)
    assert HEAVY.isdisjoint(name.partition(".")[0] for name in measured["modules"])
    assert measured["mib"] < LIMIT_MIB
