"""Runner and kernel as the two containers of a pod have them: two processes and what they share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.notebooks import code, notebook

from octavo_runner.limits import Bounds
from octavo_runner.order import RunOrder

WITHIN_S = 60.0
KERNEL = {"PATH": os.defpath, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}


@dataclass
class Pod:
    """Both processes and their folders."""

    folder: Path
    shared: Path
    runner: subprocess.Popen[bytes] | None = None
    kernel: subprocess.Popen[bytes] | None = None

    def start(self, *cells: Any, parameters: dict[str, Any] | None = None, **bounds: Any) -> None:
        """Start both with an order."""
        for name in (".octavo", "home/files"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "notebook.ipynb").write_text(json.dumps(notebook(*cells, parameters=None)))
        order = RunOrder(notebook="", parameters=parameters or {}, bounds=Bounds(**bounds))
        told = json.loads(order.to_json())
        del told["notebook"]
        (self.folder / "order.json").write_text(json.dumps({**told, "kernel": KERNEL}))
        paths = {
            "OCTAVO_RUN_FOLDER": str(self.folder),
            "OCTAVO_ORDER": str(self.folder / "order.json"),
            "OCTAVO_SHARED": str(self.shared),
            "PATH": os.defpath,
        }
        leash = {"OCTAVO_LEASH": str(self.shared / "leash"), "PATH": os.defpath}
        self.kernel = self._process("octavo_runner.kernel_host", leash)
        self.runner = self._process("octavo_runner.pod", paths)

    def _process(self, module: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-P", "-m", module], env=environment)

    def ended(self) -> tuple[int, int]:
        """Wait for both; return their exit statuses."""
        assert self.runner
        assert self.kernel
        return self.runner.wait(WITHIN_S), self.kernel.wait(WITHIN_S)

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of the event log."""
        file = self.folder / ".octavo" / "events.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def until(self, kind: str) -> None:
        """Wait for a happening."""
        deadline = time.monotonic() + WITHIN_S
        while not any(line["kind"] == kind for line in self.log()):
            assert time.monotonic() < deadline, self.log()
            assert self.runner
            assert self.runner.poll() is None, self.log()


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    with tempfile.TemporaryDirectory(prefix="k", dir="/tmp") as shared:
        made = Pod(tmp_path / "run", Path(shared))
        try:
            yield made
        finally:
            for process in (made.runner, made.kernel):
                if process is not None and process.poll() is None:
                    process.kill()
                    process.wait()


def test_runner_and_kernel_are_two_and_both_end_when_all_cells_ran(pod: Pod) -> None:
    pod.start(
        code("n = 1", "parameters"),
        code("import os\nprint(n, os.getcwd())\nopen('left.txt', 'w').write('left')"),
        parameters={"n": 4},
    )
    assert pod.ended() == (0, 0)
    last = pod.log()[-1]
    assert (last["kind"], last["ok"], last["message"]) == ("finished", True, "All cells ran.")
    output = json.loads((pod.folder / ".octavo" / "output.ipynb").read_text())
    printed = output["cells"][-1]["outputs"][0]["text"]
    assert "".join(printed).split() == ["4", str(pod.folder / "home" / "files")]
    assert (pod.folder / "home" / "files" / "left.txt").read_text() == "left"


def test_a_cell_that_raises_fails_the_runner_and_not_the_other_container(pod: Pod) -> None:
    pod.start(code("raise ValueError('no')"))
    assert pod.ended() == (1, 0)
    assert pod.log()[-1]["message"] == "Cell 1 failed: ValueError: no"


def test_a_kernel_that_dies_is_told_of_with_its_cell(pod: Pod) -> None:
    pod.start(code("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    assert pod.ended() == (1, 0)
    assert "Cell 1 failed: DeadKernelError" in pod.log()[-1]["message"]


def test_a_stop_file_ends_the_run_and_says_who_asked(pod: Pod) -> None:
    pod.start(code("import time\nwhile True: time.sleep(0.1)"))
    pod.until("cell_started")
    (pod.folder / "stop").write_text("ada cancelled it.")
    assert pod.ended() == (1, 0)
    last = pod.log()[-1]
    assert (last["stopped"], last["message"]) == (True, "ada cancelled it.")


def test_a_pod_that_is_taken_away_leaves_no_last_word(pod: Pod) -> None:
    pod.start(code("import time\nwhile True: time.sleep(0.1)"))
    pod.until("cell_started")
    assert pod.runner
    pod.runner.terminate()
    assert pod.ended() == (143, 0)
    assert pod.log()[-1]["kind"] == "cell_started"


def test_a_cell_over_its_time_is_interrupted_across_containers(pod: Pod) -> None:
    pod.start(code("print('here', flush=True)\nwhile True: pass"), cell_s=1.0)
    assert pod.ended() == (1, 0)
    assert "Cell 1: took longer than its limit of 1 s." in pod.log()[-1]["message"]
    output = json.loads((pod.folder / ".octavo" / "output.ipynb").read_text())
    assert "here" in json.dumps(output["cells"][0]["outputs"])


def test_an_order_that_is_no_order_starts_nothing(pod: Pod) -> None:
    pod.start(code("1"))
    assert pod.runner
    pod.runner.kill()
    pod.runner.wait()
    (pod.folder / "order.json").write_text("{")
    assert pod._process("octavo_runner.pod", {
        "OCTAVO_RUN_FOLDER": str(pod.folder), "OCTAVO_ORDER": str(pod.folder / "order.json"),
        "OCTAVO_SHARED": str(pod.shared),
    }).wait(WITHIN_S) == 3  # fmt: skip
