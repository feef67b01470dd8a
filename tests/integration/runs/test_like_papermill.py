"""Whatever stock papermill runs, our engine runs, with the same parameters and outputs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from tests.support.notebooks import code, notebook

WIDGETS = """\
import ipywidgets as w
from IPython.display import display
slider = w.IntSlider(value=3)
display(slider)
area = w.Output()
display(area)
with area:
    print('inside')
    display('shown inside')
slider.value = 5"""

# Cells that a corpus notebook has after its parameters, by what they are about.
CORPUS: dict[str, list[str | dict[str, Any]]] = {
    "plain": ["x = 1\nprint(n, day, x)", "x + 1", "", "   ", "# only a comment"],
    "streams": [
        "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
        "import os\nos.system('echo from a shell')",
        "print('no line end', end='')",
        "for i in range(2000): print(i)",
    ],
    "unicode": [
        "print('ä 中 \\u2028 \\U0001f600 \\x00 \\x1b[31m')",
        "'\\u2029 \\N{GREEK SMALL LETTER ALPHA}'",
        "ü = 'ü'\nü",
    ],
    "raises": ["1", code("1 / 0", "raises-exception"), "2", "raise ValueError('stop here')", "3"],
    "exits well": ["print('a')", "import sys\nsys.exit()"],
    "exits badly": ["print('a')", "import sys\nsys.exit(3)"],
    "syntax": ["def f(:\n  pass"],
    "displays": [
        "from IPython.display import HTML, Image, JSON, Markdown, clear_output, display",
        "h = display('first', display_id='one')\ndisplay('other')",
        "h.update('second')",
        "display('again', display_id='one')\nh.update(HTML('<b>third</b>'))",
        "print('gone')\nclear_output()\nprint('kept')",
        "print('gone')\nclear_output(wait=True)\nprint('kept')",
        "print('kept')\nclear_output(wait=True)",
        "display(JSON({'a': [1, {'b': None}]}), Markdown('# m'), metadata={'k': 1})",
        "display({'text/plain': 'raw', 'application/x-own+json': {'k': 1}}, raw=True)",
    ],
    "matplotlib": [
        "import matplotlib.pyplot as plt",
        "plt.plot([1, 2, 3]); plt.gcf().get_size_inches().tolist()",
    ],
    "widgets": [WIDGETS, "slider.value"],
    "stdin": ["name = input('who? ')"],
    "interrupts itself": ["import os, signal\nos.kill(os.getpid(), signal.SIGINT)", "1"],
    "skipped": [code("print('never')", "skip-execution"), "print('yes')"],
    "large": ["print('x' * 3_000_000)", "'y' * 2_000_000", "import os\nlen(os.urandom(10))"],
    "async": ["import asyncio\nawait asyncio.sleep(0.01)\n'done'"],
    "magics": ["%%capture kept\nprint('captured')", "kept.stdout", "!echo shell"],
    "history": ["1 + 1", "_ + 1", "Out[2], In[2]"],
    "threads": [
        "import threading\nt = threading.Thread(target=print, args=('in it',))\nt.start(); t.join()"
    ],
    "leaves late": ["import atexit\natexit.register(lambda: open('late.txt', 'w').write('x'))",
                    "kept_open = open('open.txt', 'w')\nkept_open.write('unflushed')"],
}  # fmt: skip

PARAMETERS: dict[str, dict[str, Any]] = {
    "none": {},
    "types": {
        "n": 7, "day": "2013-07-01", "yes": True, "no": None, "ratio": 0.1, "big": 10**30,
        "nan": float("nan"), "inf": float("-inf"), "list": [1, "a", [2.5, None]],
        "table": {"a": {"b": [True]}, "c d": "e"},
    },
    "texts": {
        "n": "\"; import os; os._exit(3) #", "day": "'\\ \n\t \u2028 \u2029 ä \U0001f600 \x00 {n}",
    },
}  # fmt: skip
NAMES = "n day yes no ratio big nan inf list table"
SHOW = f"for k in {NAMES.split()}: print(k, repr(globals().get(k)))"


def run(engine: str | None, given: Path, output: Path, parameters: Mapping[str, Any]) -> str:
    """Run a notebook and return the name of what was raised."""
    try:
        papermill.execute_notebook(
            str(given), str(output), parameters=dict(parameters), engine_name=engine,
            progress_bar=False, cwd=str(output.parent),
        )  # fmt: skip
    except (PapermillExecutionError, DeadKernelError, CellTimeoutError) as error:
        return type(error).__name__
    return ""


def normal(path: Path) -> Any:
    """A notebook without times, ids and how its streams were cut."""
    found = json.loads(path.read_text())
    found["metadata"].pop("papermill")
    found["metadata"].pop("widgets", None)
    for cell in found["cells"]:
        cell.pop("id")
        kept = cell["metadata"].pop("papermill", {})
        cell["status"] = kept.get("status"), kept.get("exception")
        cell["timed"] = sorted(cell["metadata"].pop("execution", {}))
        cell["outputs"] = joined(cell.get("outputs", []))
    return found


def joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs as text, each stream in one."""
    found: list[dict[str, Any]] = []
    streams: dict[str, dict[str, Any]] = {}
    for one in outputs:
        one = json.loads(json.dumps(one))
        for key, value in one.get("data", {}).items():
            one["data"][key] = "".join(value) if isinstance(value, list) else value
            if "widget-view" in key:
                one["data"][key]["model_id"] = ""
        if one["output_type"] == "stream":
            one["text"] = "".join(one["text"])
            if one["name"] in streams:
                streams[one["name"]]["text"] += one["text"]
                continue
            streams[one["name"]] = one
        found.append(one)
    return sorted(found, key=lambda one: one.get("name", ""))


@pytest.mark.parametrize("about", CORPUS)
def test_outputs_are_those_of_papermill(about: str, tmp_path: Path) -> None:
    made = notebook(*CORPUS[about])
    made["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python 3",
                                       "language": "python"}}  # fmt: skip
    given = tmp_path / "in.ipynb"
    given.write_text(json.dumps(made))
    found = {}
    for engine in (None, "octavo"):
        place = tmp_path / str(engine)
        place.mkdir()
        raised = run(engine, given, place / "out.ipynb", {"n": 7})
        files = {one.name: one.read_text() for one in place.iterdir() if one.suffix == ".txt"}
        nbformat.validate(nbformat.read(place / "out.ipynb", as_version=4))
        found[engine] = (raised, files, normal(place / "out.ipynb"))
    assert found["octavo"] == found[None]


@pytest.mark.parametrize("about", PARAMETERS)
def test_parameters_are_those_of_papermill(about: str, tmp_path: Path) -> None:
    given = tmp_path / "in.ipynb"
    made = notebook(SHOW)
    made["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python 3",
                                       "language": "python"}}  # fmt: skip
    given.write_text(json.dumps(made))
    for engine in (None, "octavo"):
        run(engine, given, tmp_path / f"{engine}.ipynb", PARAMETERS[about])
    assert normal(tmp_path / "octavo.ipynb") == normal(tmp_path / "None.ipynb")


def test_a_kernel_that_dies_and_a_cell_that_takes_too_long_raise_what_papermill_raises(
    tmp_path: Path,
) -> None:
    made = notebook("import os\nos.kill(os.getpid(), 9)")
    made["metadata"] = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    given = tmp_path / "in.ipynb"
    given.write_text(json.dumps(made))
    assert run("octavo", given, tmp_path / "out.ipynb", {}) == "DeadKernelError"
    made["cells"][1]["source"] = "import time\ntime.sleep(60)"
    given.write_text(json.dumps(made))
    with pytest.raises(CellTimeoutError, match="Cell 2 took longer than its limit of 1 s"):
        papermill.execute_notebook(
            str(given), str(tmp_path / "out.ipynb"), engine_name="octavo", progress_bar=False,
            execution_timeout=1,
        )  # fmt: skip


def test_the_command_line_finds_the_engine(tmp_path: Path) -> None:
    given = tmp_path / "in.ipynb"
    given.write_text(json.dumps(notebook("print('here')", parameters=None)))
    argv = [sys.executable, "-m", "papermill", "--engine", "octavo", "-k", "python3"]
    done = subprocess.run(
        [*argv, "--no-progress-bar", "--log-output", str(given), str(tmp_path / "out.ipynb")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "here" in done.stderr
    assert "here" in (tmp_path / "out.ipynb").read_text()
