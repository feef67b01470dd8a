"""Each lint rule finds its fault, with cell and line, and leaves sound code alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.notebooks import code, notebook

from octavo.records.notebooks import LintFinding
from octavo_server.notebooks.document import parse
from octavo_server.notebooks.linting.domain import RULES
from octavo_server.notebooks.linting.rules import lint


def found(*cells: str | dict[str, Any], parameters: str | None = "n: int = 3") -> list[LintFinding]:
    return lint(parse(notebook(*cells, parameters=parameters))).findings


@pytest.mark.parametrize(
    ("source", "rule", "line"),
    [
        ("x = 1\nprint(missing)", "undefined-name", 2),
        ("def f():\n    return missing", "undefined-name", 2),
        ("[i for i in range(3) if missing]", "undefined-name", 1),
        ("x = (", "syntax", 1),
        ("import numpy as np\nnp.random.rand(3)", "unseeded-randomness", 2),
        ("import numpy as np\nr = np.random.default_rng()", "unseeded-randomness", 2),
        ("import random\nrandom.random()", "unseeded-randomness", 2),
        ("import uuid\nuuid.uuid4()", "unseeded-randomness", 2),
        ("def f(d): return d.sample(n=3)", "unseeded-randomness", 1),
        (
            "from sklearn.ensemble import RandomForestClassifier\nRandomForestClassifier()",
            "unseeded-randomness",
            2,
        ),
        ("import datetime\ndatetime.datetime.now()", "wall-clock", 2),
        ("from datetime import date\ndate.today()", "wall-clock", 2),
        ("import time\ntime.time()", "wall-clock", 2),
        ("import pandas as pd\npd.Timestamp.now()", "wall-clock", 2),
        ("import requests\nrequests.get('https://x')", "network", 2),
        ("import pandas as pd\npd.read_csv('https://x/a.csv')", "network", 2),
        ("x = '/home/me/data.csv'", "absolute-path", 1),
        ("x = 'C:\\\\data\\\\a.csv'", "absolute-path", 1),
        ("api_key = 'abcdefgh'", "written-password", 1),
        ("x = 1\ny = 'AKIAIOSFODNN7EXAMPLE'", "secret", 2),
        ("x = 'postgresql://me:hunter2@db/x'", "secret", 1),
        ("%pip install pandas", "unpinned-install", 1),
        ("!pip install pandas>=2", "unpinned-install", 1),
        ("%pip install pandas==2.3.3", "install", 1),
        ("x = 1\n!rm -rf data", "shell", 2),
        ("%%bash\nls", "shell", 1),
        ("x = 1\ny = x = = 2", "syntax", 2),
    ],
)
def test_a_fault_is_found_at_its_line(source: str, rule: str, line: int) -> None:
    findings = found(source)
    assert [(one.rule, one.cell, one.line) for one in findings] == [(rule, 1, line)]
    assert findings[0].message
    assert findings[0].fix


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nr = np.random.default_rng(7)\nr.normal(size=n)",
        "import numpy as np\nnp.random.seed(1)\nnp.random.rand(n)",
        "total = sum(i * n for i in range(n))\ntotal",
        "class A:\n    q = n\n    def get(self):\n        return self.q\nA().get()",
        "def outer(a, *b, c=1, **d):\n    def inner():\n        return a, b, c, d\n    inner()",
        "try:\n    n\nexcept ValueError as error:\n    print(error)",
        "with open('a.csv') as file:\n    text = file.read()\ntext",
        "match n:\n    case 1 as one:\n        print(one)\n    case [a, *b]:\n        print(a, b)",
        "%matplotlib inline\ndisplay(n)\nn?",
        "import os\nlake = os.environ['OCTAVO_LAKE']",
        "(m := n) + m",
        "url = 'https://example.org/docs'",
        "import pandas as pd\npd.DataFrame().sample(n=1, random_state=0)",
    ],
)
def test_sound_code_has_no_finding(source: str) -> None:
    assert found(source) == []


def test_a_name_defined_below_is_told_apart_from_one_defined_nowhere() -> None:
    findings = found("print(later)", "later = 1")
    assert [(one.rule, one.cell) for one in findings] == [("used-before-definition", 1)]
    assert found("def f():\n    return later", "later = 1\nf()") == []


def test_parameters_are_asked_for() -> None:
    assert [one.rule for one in found("1", parameters=None)] == ["parameters-missing"]
    assert [one.rule for one in found("1", parameters="n = [1]")] == ["parameters-untyped"]
    twice = found(code("m = 1", "parameters"))
    assert [(one.rule, one.cell) for one in twice] == [("parameters-twice", 1)]


def test_saved_state_is_looked_at() -> None:
    out_of_order = found(code("a = 1", count=5), code("a", count=2))
    assert [(one.rule, one.cell) for one in out_of_order] == [("cells-out-of-order", 2)]
    failed = found(code("1", outputs=[{"output_type": "error", "ename": "E", "evalue": ""}]))
    assert [one.rule for one in failed] == ["saved-error"]
    large = {"output_type": "stream", "name": "stdout", "text": "x" * (2**20 + 1)}
    assert [one.rule for one in found(code("1", outputs=[large]))] == ["large-output"]
    leaked = {"output_type": "stream", "name": "stdout", "text": "ghp_" + "a" * 36}
    assert [one.rule for one in found(code("1", outputs=[leaked]))] == ["secret"]


def test_the_worst_comes_first_and_is_counted() -> None:
    report = lint(parse(notebook("import time\ntime.time()", "print(missing)")))
    assert [one.severity.value for one in report.findings] == ["error", "warning"]
    assert (report.errors, report.warnings) == (1, 1)


@pytest.mark.parametrize("depth", [90, 900, 2500, 50_000])
@pytest.mark.parametrize(("one", "last"), [("1+", "1"), ("-", "1"), ("f(", "")])
def test_source_nested_too_deep_is_a_finding_at_most(one: str, last: str, depth: int) -> None:
    source = f"x = {one * depth}{last}"
    assert {finding.rule for finding in found(source)} <= {"syntax", "undefined-name"}
    lint(parse(notebook("1", parameters=source)))


def test_every_rule_is_documented_with_its_weights() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "user" / "lint.md").read_text()
    told = re.findall(r"\| `([a-z-]+)` \| (\w+) \| (\w+) \| (\w+) \|", page)
    weights = {name: rule.default for name, rule in RULES.items()}
    made = [(name, one.dev.value, one.test.value, one.prod.value) for name, one in weights.items()]
    assert sorted(told) == sorted(made)
