"""Models are asked without MLflow's check of frames only where it changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys


def test_a_model_gets_the_same_without_the_check() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.scorer.direct_child"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "answer": [1, 1],
        "another_frame": True,
        "same": True,
        "takes_gap": False,
        "still_checks": True,
        "with_params": False,
        "with_times": False,
        "other_types": False,
        "no_columns": False,
    }
