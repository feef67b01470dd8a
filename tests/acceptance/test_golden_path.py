"""The golden path as tests: the play runs once, each step is held to its line."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.golden_path.steps import STEPS
from tests.acceptance.installation import Installation, clean_environment

pytestmark = [pytest.mark.acceptance, pytest.mark.browser, pytest.mark.timeout(420)]

CHECKOUT = Path(__file__).resolve().parents[2]
STEP_S = 360.0

Line = dict[str, Any]


@pytest.fixture(scope="module")
def play(
    octavo: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Line]]:
    """Start `make golden-path`'s program on the shared Octavo; give each step's line by name."""
    pictures = str(tmp_path_factory.mktemp("pictures"))
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.golden_path", "--pictures", pictures],
        cwd=CHECKOUT,
        env=clean_environment() | {"OCTAVO_HOME": str(octavo.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    lines: dict[str, Line] = {}

    def step(name: str) -> Line:
        deadline = time.monotonic() + STEP_S
        while name not in lines:
            read = _next_line(child, deadline)
            lines[read["step"]] = read
        return lines[name]

    yield step
    child.terminate()
    child.communicate(timeout=30)


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_step(name: str, play: Callable[[str], Line]) -> None:
    line = play(name)
    assert line["ok"], line["evidence"]


def _next_line(child: subprocess.Popen[bytes], deadline: float) -> Line:
    """Return the play's next line. Raises when it ended or the time is over."""
    assert child.stdout is not None
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"no further line within {STEP_S:.0f} s"
        read = os.read(child.stdout.fileno(), 1)
        assert read, f"the play ended with status {child.wait(10)}"
        text += read
    line: Line = json.loads(text)
    return line
