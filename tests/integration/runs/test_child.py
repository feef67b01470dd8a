"""A notebook in a child process: it runs, fails, is stopped, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.integration.runs.conftest import processes_of, until
from tests.support.notebooks import notebook

from octavo.local.accounts import Accounts
from octavo.local.process import MARK as INSTANCE
from octavo.local.process import marked
from octavo_server.adapters.child_runner import ChildRunner
from octavo_server.adapters.file_blobs import FileBlobs
from octavo_server.adapters.run_unit import RunUnit
from octavo_server.errors import Unavailable
from octavo_server.execution import (
    WORKER_STOPS,
    Ending,
    Execution,
    Happening,
    Injection,
    Limits,
    Order,
)

ROOT = os.geteuid() == 0


def execute(
    runner: ChildRunner,
    name: str,
    *cells: str,
    stop: Callable[[list[Happening]], str | None] = lambda _: None,
    memory_mib: int = 2048,
    wall_s: float = 100.0,
    **more: object,
) -> tuple[Execution, list[Happening]]:
    """Execute cells after the parameters and return what came of them."""
    order = Order(
        id=name,
        notebook=json.dumps(notebook(*cells)).encode(),
        parameters={"n": Injection(value=7), "day": Injection(value="2013-07-01", as_date=True)},
        environment={"OCTAVO_RUN": name},
        limits=Limits(memory_mib=memory_mib, wall_s=wall_s),
        record_environment=True,
    )
    seen: list[Happening] = []
    units: set[str] = set()

    def happened(one: Happening) -> None:
        units.add((runner.folder / f"{name}.unit").read_text())
        seen.append(one)

    done = runner.execute(order, happened=happened, stop=lambda: stop(seen))
    assert len(units) == 1
    assert processes_of(*units) == []
    return done, seen


def started(seen: list[Happening], cell: int) -> bool:
    return any(one.kind == "cell_started" and one.cell == cell for one in seen)


def test_a_run_that_goes_well(runner: ChildRunner) -> None:
    done, seen = execute(
        runner,
        "well",
        "import random\nprint(n, repr(day), random.random())",
        "open('a.txt', 'w').write('x' * n)\nimport os\n"
        "print(sorted(k for k in os.environ if 'TOKEN' in k or 'SECRET' in k), os.getuid())",
    )
    assert (done.ending, done.message) == (Ending.SUCCEEDED, "All cells ran.")
    assert [(one.path, one.size) for one in done.files] == [("a.txt", 7)]
    assert done.packages is not None
    assert {"ipykernel", "ipython"} <= set(done.packages)
    assert [(one.kind, one.cell) for one in seen if one.kind != "stream"] == [
        ("started", None),
        ("cell_started", 0), ("cell_finished", 0),
        ("cell_started", 1), ("cell_finished", 1),
        ("cell_started", 2), ("cell_finished", 2),
        ("finished", None),
    ]  # fmt: skip
    assert seen[1].cells == 3
    cells = json.loads(done.output or b"{}")["cells"]
    assert "datetime.date(2013, 7, 1) " in "".join(cells[2]["outputs"][0]["text"])
    account = "".join(cells[3]["outputs"][0]["text"])
    assert account.startswith("[] ")
    assert account.endswith(" 0\n") != ROOT
    assert bool(done.account) == ROOT
    again, _ = execute(runner, "well", "import random\nprint(n, repr(day), random.random())")
    other = json.loads(again.output or b"{}")["cells"]
    assert other[2]["outputs"] == cells[2]["outputs"]


def test_a_failing_cell_is_reported_with_source_and_traceback(runner: ChildRunner) -> None:
    done, seen = execute(runner, "fails", "def f():\n    return 1 / 0\n", "f()", "print('never')")
    assert done.ending is Ending.FAILED
    assert done.message == "Cell 3 failed: ZeroDivisionError: division by zero"
    assert done.failure is not None
    assert (done.failure.cell, done.failure.source) == (2, "f()")
    assert "return 1 / 0" in done.failure.traceback
    assert "\x1b" not in done.failure.traceback
    assert not started(seen, 3)
    assert b"ZeroDivisionError" in (done.output or b"")


def test_stopping_a_long_cell(runner: ChildRunner) -> None:
    began = time.monotonic()
    done, _ = execute(
        runner, "stopped", "import time\ntime.sleep(600)",
        stop=lambda seen: "oncall cancelled it." if started(seen, 1) else None,
    )  # fmt: skip
    assert (done.ending, done.message) == (Ending.STOPPED, "oncall cancelled it.")
    assert time.monotonic() - began < 60


def test_too_much_memory_and_too_much_time(runner: ChildRunner) -> None:
    eats = "x = bytearray(700 * 2**20)\nimport time\ntime.sleep(600)"
    done, _ = execute(runner, "memory", eats, memory_mib=512)
    assert done.ending is Ending.FAILED
    assert "its profile allows 512 MiB" in done.message
    done, _ = execute(runner, "time", "import time\ntime.sleep(600)", wall_s=8.0)
    assert (done.ending, done.message) == (Ending.FAILED, "It took longer than its limit of 8 s.")


def test_a_killed_runner_vanishes_and_its_kernel_dies(runner: ChildRunner, home: Path) -> None:
    units: list[str] = []

    def kill(seen: list[Happening]) -> None:
        if started(seen, 1) and not units:
            units.append((home / "runs" / "killed.unit").read_text())
            (first,) = [pid for pid in processes_of(units[0]) if _is_runner(pid)]
            os.kill(first, 9)

    done, _ = execute(runner, "killed", "import time\ntime.sleep(600)", stop=kill)
    assert done.ending is Ending.VANISHED
    assert "exit status -9" in done.message
    assert "Traceback" not in done.message
    until(lambda: not processes_of(units[0]), "its kernel is gone", 5)


def _is_runner(pid: int) -> bool:
    return b"octavo_runner" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def test_a_killed_kernel_is_a_failure(runner: ChildRunner) -> None:
    done, _ = execute(runner, "kernel", "import os\nos.kill(os.getpid(), 9)")
    assert done.ending is Ending.FAILED
    assert done.message == "Cell 2 failed: DeadKernelError: Kernel died"
    assert done.failure is not None
    assert "os.kill" in done.failure.source


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("link", "os.symlink('/etc/passwd', 'stolen')"),
        ("own", "shutil.rmtree('../../.octavo'); os.symlink('/etc', '../../.octavo')"),
        ("log", "os.remove('../../.octavo/events.jsonl'); os.mkfifo('../../.octavo/events.jsonl')"),
        ("fifo", "os.mkfifo('pipe')"),
    ],
)
def test_what_a_notebook_plants_is_not_followed(
    runner: ChildRunner, name: str, source: str
) -> None:
    done, _ = execute(runner, f"plant-{name}", f"import os, shutil\n{source}")
    assert done.files == ()
    if ROOT and ".octavo" in source:  # the account has no right there; the others are its own
        assert "PermissionError" in done.message
    assert b"root:" not in (done.output or b"")


def test_processes_that_a_notebook_leaves_are_ended(runner: ChildRunner) -> None:
    leaves = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)"
    done, _ = execute(runner, "leaves", leaves)
    assert done.ending is Ending.SUCCEEDED


def test_hostile_text_stays_text(runner: ChildRunner) -> None:
    order = Order(
        id="text",
        notebook=json.dumps(notebook("print(repr(day))")).encode(),
        parameters={"day": Injection(value="\"; import os; os._exit(3) #\n'\\")},
        environment={},
        limits=Limits(memory_mib=2048, wall_s=100.0),
    )
    done = runner.execute(order, happened=lambda _: None, stop=lambda: None)
    assert done.ending is Ending.SUCCEEDED
    cells = json.loads(done.output or b"{}")["cells"]
    assert "os._exit(3)" in "".join(cells[2]["outputs"][0]["text"])


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> str:
    """Mark what the test starts as an installation's own, as `octavo up` does."""
    mark = f"ending-{os.getpid()}"
    monkeypatch.setenv(INSTANCE, mark)
    return mark


def own_runner(home: Path, warm: int = 0) -> ChildRunner:
    return ChildRunner(Accounts(home), home / "runs", FileBlobs(home / "results"), warm=warm)


def test_a_runner_that_is_starting_ends_with_its_worker(home: Path, instance: str) -> None:
    starting = own_runner(home, warm=1)
    starting.warm_up()
    until(lambda: marked(instance), "a runner is starting", 20)
    starting.close()
    assert marked(instance) == []
    assert starting.waiting() == []


def test_an_order_whose_runner_is_starting_is_not_called_failed(home: Path, instance: str) -> None:
    starting = own_runner(home)
    order = Order(
        id="starting",
        notebook=json.dumps(notebook("print(1)")).encode(),
        parameters={},
        environment={},
        limits=Limits(memory_mib=2048, wall_s=100.0),
    )

    def run() -> Execution:
        return starting.execute(order, happened=lambda _: None, stop=lambda: None)

    with ThreadPoolExecutor() as pool:
        cut_short = pool.submit(run)
        until(lambda: marked(instance), "its runner is starting", 20)
        starting.close()
        done = cut_short.result(30)
    assert (done.ending, done.message) == (Ending.STOPPED, WORKER_STOPS)
    late = run()
    assert (late.ending, late.message) == (Ending.STOPPED, WORKER_STOPS)
    assert marked(instance) == []


def test_a_runner_that_dies_while_it_starts_says_so(home: Path) -> None:
    unit = RunUnit(Accounts(home), home / "runs", 64)
    try:
        unit.process.kill()
        with pytest.raises(Unavailable, match="ended before it was ready"):
            unit.wait_ready()
    finally:
        unit.remove()
