"""The child process that executes one notebook.

It reads its order (JSON) from standard input, runs in the current folder, which is its account's
home, and leaves ``.octavo/events.jsonl`` and ``.octavo/output.ipynb`` there. It holds no secret but
the run's own token, and ends with its parent.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

BEFORE = """\
def _octavo_set_up():
    import ctypes, os, random, signal, sys
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    os.chdir({work!r})
    random.seed({seed})
    if {numpy}:
        import numpy
        numpy.random.seed({seed} % 2**32)
    if {torch}:
        import torch
        torch.manual_seed({seed})
        torch.set_num_threads({threads})
_octavo_set_up()
del _octavo_set_up
"""

AFTER = """\
def _octavo_loaded():
    import importlib.metadata, json, platform, sys
    owners = importlib.metadata.packages_distributions()
    tops = {{name.partition(".")[0] for name in list(sys.modules)}}
    found = sorted({{one for top in tops for one in owners.get(top, ())}})
    packages = {{name: importlib.metadata.version(name) for name in found}}
    with open({path!r}, "w") as file:
        json.dump({{"python": platform.python_version(), "packages": packages}}, file)
_octavo_loaded()
del _octavo_loaded
"""

LONGEST_SOCKET = 100
"""Unix socket paths end at 107 bytes; the kernel adds its port number."""


def main() -> int:
    """Execute the order; 0: all cells ran, 1: one failed (the log says which)."""
    order = json.load(sys.stdin)
    home = Path.cwd()
    own = home / ".octavo"
    work = home / "files"
    own.mkdir(exist_ok=True)
    work.mkdir(exist_ok=True)
    logging.basicConfig(level=logging.WARNING)

    from papermill.exceptions import PapermillExecutionError

    from octavo_server.adapters.papermill_engine import EventLog

    log = EventLog(own / "events.jsonl")
    try:
        _execute(order, log, own, work)
    except PapermillExecutionError:
        log.add("finished", ok=False)
        return 1
    except Exception as error:  # noqa: BLE001 - whatever it is, the log must say so
        log.add(
            "error",
            cell=None,
            source="",
            ename=type(error).__name__,
            evalue=str(error)[:2000],
            traceback=traceback.format_exc()[-20_000:],
        )
        log.add("finished", ok=False)
        return 1
    log.add("finished", ok=True)
    return 0


def _execute(order: dict[str, Any], log: Any, own: Path, work: Path) -> None:
    import nbformat
    import papermill
    from papermill.engines import papermill_engines
    from papermill.translators import papermill_translators

    from octavo_server.adapters.papermill_engine import DateTranslator, OctavoEngine

    papermill_engines.register("octavo", OctavoEngine)
    papermill_translators.register("python", DateTranslator)
    papermill_translators.register("python3", DateTranslator)
    papermill.execute_notebook(
        nbformat.reads(order["notebook"], as_version=4),
        None,
        parameters=order["parameters"],
        engine_name="octavo",
        kernel_name="python3",
        language="python",
        progress_bar=False,
        cwd=str(work),
        event_log=log,
        save_to=str(own / "output.ipynb"),
        connection_file=_connection_file(),
        before=_before(order, work),
        after=AFTER.format(path=str(own / "environment.json")) if order["lock"] else "",
    )


def _before(order: dict[str, Any], work: Path) -> str:
    return BEFORE.format(
        work=str(work),
        seed=int(order["seed"]),
        threads=int(order["threads"]),
        numpy="numpy" in order["notebook"] or "pandas" in order["notebook"],
        torch="torch" in order["notebook"],
    )


def _connection_file() -> str:
    folder = tempfile.mkdtemp(prefix="k")
    if len(folder) > LONGEST_SOCKET:
        folder = tempfile.mkdtemp(prefix="k", dir="/tmp")
    return str(Path(folder) / "k.json")


if __name__ == "__main__":
    sys.exit(main())
