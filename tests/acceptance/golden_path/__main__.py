"""Play the golden path and print one JSON line a step.

The exit status is 1 when a step fails, and when the whole play takes longer than it may.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance import browser
from tests.acceptance.golden_path.play import Report, play
from tests.acceptance.golden_path.steps import STEPS
from tests.acceptance.golden_path.story import Story
from tests.acceptance.installation import Installation, launcher, running

PLAY_S = 300.0
"""Seconds that the whole play may take on a machine that does nothing else."""


def main() -> int:
    """Play on the Octavo that runs, else on a fresh one."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.acceptance.golden_path", description=__doc__
    )
    parser.add_argument("--fresh", action="store_true", help="start an own Octavo even if one runs")
    parser.add_argument("--pictures", type=Path, help="folder for screenshots of failures")
    given = parser.parse_args()
    failed, taken_s = 0, 0.0
    with installation(fresh=given.fresh) as octavo, browser.opened() as chromium:
        pictures = given.pictures or octavo.home / "logs"
        for report in play(Story(octavo, chromium), STEPS, pictures):
            show(report)
            failed += not report.ok
            taken_s += report.seconds
    say(f"The steps took {taken_s:.0f} s; {PLAY_S:.0f} s are what they may take.")
    return 1 if failed or taken_s > PLAY_S else 0


@contextmanager
def installation(*, fresh: bool) -> Iterator[Installation]:
    """Give the Octavo that runs from OCTAVO_HOME; start one of its own where none does."""
    there = None if fresh else running(os.environ)
    if there is not None:
        say(f"Playing on the Octavo at {there.url}/")
        yield there
        return
    say("No Octavo runs here: starting a fresh one for this play.")
    with launcher(tell=say) as own:
        yield own.up()


def show(report: Report) -> None:
    """Print a step's line."""
    sys.stdout.write(json.dumps(report.line()) + "\n")
    sys.stdout.flush()


def say(line: str) -> None:
    """Tell a person, apart from the lines that programs read."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
