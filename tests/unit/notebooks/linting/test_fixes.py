"""One click mends what it says it does: applied, the finding is gone and the cell is Python."""

from __future__ import annotations

import ast
import copy
from typing import Any

import pytest
from tests.support.notebooks import code, notebook

from octavo.records.linting import Edit, LintFinding, ReplaceText
from octavo_server.notebooks.document import parse
from octavo_server.notebooks.linting.rules import Surrounding, lint

VERSIONS = {"pandas": "2.3.3", "scikit-learn": "1.9.0"}
KNOWN = Surrounding(version=VERSIONS.get)


def found(made: dict[str, Any], rule: str) -> list[LintFinding]:
    return [one for one in lint(parse(made), "prod", KNOWN).findings if one.rule == rule]


def replaced(source: str, edit: ReplaceText) -> str:
    """Apply an edit as an editor does: columns count UTF-16 code units."""
    lines = [one.encode("utf-16-le") for one in source.split("\n")]
    assert edit.start_line == edit.end_line
    line = lines[edit.start_line - 1]
    start, end = 2 * edit.start_column, 2 * edit.end_column
    assert line[start:end].decode("utf-16-le") == edit.expected
    lines[edit.start_line - 1] = line[:start] + edit.text.encode("utf-16-le") + line[end:]
    return b"\n\0".join(lines).decode("utf-16-le")


def apply(made: dict[str, Any], edits: list[Edit]) -> dict[str, Any]:
    after = copy.deepcopy(made)
    for edit in reversed(edits):
        if edit.kind == "replace":
            cell = after["cells"][edit.cell]
            cell["source"] = replaced(cell["source"], edit)
            ast.parse(cell["source"].replace("%pip", "#").replace("!pip", "#"))
        elif edit.kind == "insert_cell":
            after["cells"].insert(edit.index, code(edit.source, *edit.tags))
        elif edit.kind == "tag_cell":
            tags = after["cells"][edit.cell]["metadata"]["tags"]
            tags.append(edit.tag) if edit.present else tags.remove(edit.tag)
        elif edit.kind == "clear_outputs":
            after["cells"][edit.cell]["outputs"] = []
    return after


SKLEARN = "from sklearn.model_selection import train_test_split as split\n"


@pytest.mark.parametrize(
    ("source", "rule", "after"),
    [
        ("import numpy as np\nnp.random.rand(3)", "unseeded-randomness",
         "import numpy as np\nnp.random.seed(0)\nnp.random.rand(3)"),
        ("import random\nrandom.random()", "unseeded-randomness",
         "import random\nrandom.seed(0)\nrandom.random()"),
        ("import numpy as np\nnp.random.default_rng()", "unseeded-randomness",
         "import numpy as np\nnp.random.default_rng(0)"),
        (SKLEARN + "split(n, (n))", "unseeded-randomness",
         SKLEARN + "split(n, (n), random_state=0)"),
        (SKLEARN + "split(\n    n,\n    n,\n)", "unseeded-randomness",
         SKLEARN + "split(\n    n,\n    n,\n random_state=0)"),
        ("d = n\nd.sample(n=3); 'é😀'", "unseeded-randomness",
         "d = n\nd.sample(n=3, random_state=0); 'é😀'"),
        ("'é😀'; n.sample(frac=.5)", "unseeded-randomness",
         "'é😀'; n.sample(frac=.5, random_state=0)"),
        ("%pip install -q pandas", "unpinned-install", "%pip install -q pandas==2.3.3"),
        ("!pip install 'pandas>=2' scikit-learn", "unpinned-install",
         "!pip install pandas==2.3.3 scikit-learn==1.9.0"),
    ],
)  # fmt: skip
def test_an_edit_of_the_source_mends_it(source: str, rule: str, after: str) -> None:
    made = notebook(source)
    findings = found(made, rule)
    assert len(findings) == 1
    assert findings[0].safe_fix is not None
    mended = apply(made, findings[0].safe_fix.edits)
    assert mended["cells"][1]["source"] == after
    assert found(mended, rule) == []


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("%pip install unknown", "unpinned-install"),
        ("%pip install -r requirements.txt", "unpinned-install"),
        ("%pip install git+https://example.org/a.git", "unpinned-install"),
        ("from random import random\nrandom()", "unseeded-randomness"),
        ("def f():\n    import numpy as np\n    return np.random.rand(3)", "unseeded-randomness"),
        ("import uuid\nuuid.uuid4()", "unseeded-randomness"),
        ("import time\ntime.time()", "wall-clock"),
    ],
)
def test_where_a_person_must_decide_there_is_no_click(source: str, rule: str) -> None:
    findings = found(notebook(source), rule)
    assert [one.safe_fix for one in findings] == [None]
    assert findings[0].fix


def test_the_first_cell_of_literals_gets_the_tag() -> None:
    made = notebook("import os", "rows = 3\nname = 'a'", "rows", parameters=None)
    finding = found(made, "parameters-missing")[0]
    assert finding.safe_fix is not None
    assert finding.safe_fix.label == "Tag cell 2"
    mended = apply(made, finding.safe_fix.edits)
    assert found(mended, "parameters-missing") == []


def test_without_literals_a_cell_is_added() -> None:
    made = notebook("import os", parameters=None)
    finding = found(made, "parameters-missing")[0]
    assert finding.safe_fix is not None
    mended = apply(made, finding.safe_fix.edits)
    assert mended["cells"][0]["metadata"]["tags"] == ["parameters"]
    assert found(mended, "parameters-missing") == []


def test_a_second_tag_is_removed() -> None:
    made = notebook(code("m = 1", "parameters"))
    finding = found(made, "parameters-twice")[0]
    assert finding.safe_fix is not None
    assert found(apply(made, finding.safe_fix.edits), "parameters-twice") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ghp_" + "a1B2" * 9, "secret"),
        ("jane.doe@airline.aero", "personal-data"),
        ("x" * 2**21, "large-output"),
    ],
)
def test_an_output_is_cleared(text: str, rule: str) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": text}
    made = notebook(code("n", outputs=[output]))
    finding = found(made, rule)[0]
    assert finding.in_output
    assert finding.safe_fix is not None
    assert found(apply(made, finding.safe_fix.edits), rule) == []


def test_cells_out_of_order_are_run_again() -> None:
    findings = found(notebook(code("a = 1", count=5), code("a", count=2)), "cells-out-of-order")
    assert [one.safe_fix.edits[0].kind for one in findings if one.safe_fix] == ["run_all"]


def test_a_place_is_told_as_editors_count() -> None:
    finding = found(notebook("é = '😀'; missing"), "undefined-name")[0]
    assert (finding.line, finding.column, finding.end_column) == (1, 10, 17)
