"""Programs with Feast, each in a process of its own, that don't each spend seconds on its import.

``running_programs`` starts one Python that has imported Feast and forks once a program: a program
finds the modules loaded, and shares nothing else with those before it.

``python -m tests.support.feast_programs`` is that Python: an order a line comes in, and the file
with what became of it is named in a line that goes out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

Programs = Callable[..., str]
"""Takes code, its arguments, and further variables by name; returns the last line printed."""
KEPT = ("PATH", "HOME")


@contextmanager
def running_programs() -> Iterator[Programs]:
    """Give what runs programs; each must end well."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.support.feast_programs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**kept, "TZ": "UTC", "OMP_NUM_THREADS": "1"},
    )

    def run(code: str, *given: object, **environment: str) -> str:
        assert child.stdin is not None
        assert child.stdout is not None
        with tempfile.TemporaryDirectory(prefix="octavo-programs-") as folder:
            order = {
                "code": code,
                "given": [*map(str, given)],
                "environment": environment,
                "folder": folder,
            }
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
            assert line, f"what runs programs with Feast ended with status {child.wait(10)}"
            said, complaints = (Path(folder, name).read_text() for name in ("said", "complaints"))
        assert int(line) == 0, complaints[-3000:]
        return (said.splitlines() or [""])[-1]

    try:
        yield run
    finally:
        child.communicate(timeout=60)


def main() -> None:
    """Run an order a line until there are no more."""
    import feast.repo_operations  # noqa: F401  # loaded once, for all

    import octavo.features  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        program = os.fork()
        if program == 0:
            _play(order)
        _, status = os.waitpid(program, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _play(order: dict[str, Any]) -> None:
    """Be the program; never returns."""
    folder = Path(order["folder"])
    for number, name in ((1, "said"), (2, "complaints")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(order["environment"])
    time.tzset()
    sys.argv = ["-c", *order["given"]]
    status = 0
    # A program may import what was written anew within the second: no older than bytecode of it.
    sys.dont_write_bytecode = True
    # What pickles a program's own code looks for it in this module.
    own = sys.modules["__main__"] = ModuleType("__main__")
    try:
        exec(compile(order["code"], "<program>", "exec"), own.__dict__)  # noqa: S102
    except BaseException:  # noqa: BLE001  # the test is told, whatever it is
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(status)


if __name__ == "__main__":
    main()
