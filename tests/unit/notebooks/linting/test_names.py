"""Names are missed where a fresh kernel would miss them, and nowhere else."""

from __future__ import annotations

import pytest
from tests.support.notebooks import code, notebook

from octavo_server.notebooks.document import parse
from octavo_server.notebooks.linting.rules import lint

NAMES = {"undefined-name", "used-before-definition", "syntax"}


def missing(*cells: str) -> list[tuple[str, int | None, str]]:
    findings = lint(parse(notebook(*cells))).findings
    return [(one.rule, one.cell, one.message) for one in findings if one.rule in NAMES]


@pytest.mark.parametrize(
    ("cells", "rule", "cell"),
    [
        (["df = df.dropna()"], "undefined-name", 1),
        (["x += 1"], "undefined-name", 1),
        (["x = 1\ndel x", "x"], "undefined-name", 2),
        (["def f(x: Missing): pass"], "undefined-name", 1),
        (["class A(Base): pass"], "undefined-name", 1),
        (["f'{missing}'"], "undefined-name", 1),
        (["lambda: missing"], "undefined-name", 1),
        (["print(later)", "later = 1"], "used-before-definition", 1),
        (["%time missing()"], "undefined-name", 1),
        (["%%time\nmissing()"], "undefined-name", 1),
        (["await missing()"], "undefined-name", 1),
    ],
)
def test_what_only_the_kernel_remembers_is_found(cells: list[str], rule: str, cell: int) -> None:
    assert [one[:2] for one in missing(*cells)] == [(rule, cell)]


@pytest.mark.parametrize(
    "cells",
    [
        ["for i in range(3):\n    if i:\n        print(last)\n    last = i"],
        ["try:\n    cached\nexcept NameError:\n    cached = 1", "cached"],
        ["if 'model' not in globals():\n    model = 1", "model"],
        ["def f():\n    return later()", "def later():\n    return 1", "f()"],
        ["def f():\n    global made\n    made = 1\nf()\nmade"],
        ["class A:\n    b = 1\n    c = b + 1\n    def d(self):\n        return A, __class__"],
        ["[(m := i) for i in range(3)]\nm"],
        ["rows = {k: v for k, v in zip('ab', 'cd') if k for w in v}"],
        ["from os.path import *", "join('a', 'b')"],
        ["%run setup.py", "anything()"],
        ["%%sql result <<\nselect 1", "result"],
        ["%%capture output\nprint(1)", "output.show()"],
        ["%time total = sum(range(9))", "total"],
        ["files = !ls", "files[0]"],
        ["text = '''\n%not a magic\n!nor this\n'''\ntext"],
        ["value = (7\n    % 3)\nvalue"],
        ["    x = 1\n    y = x", "y"],
        ["len?", "?len", "print??"],
        ["import a.b.c\na.b.c.d()"],
        ["match [1]:\n    case [one, *rest]:\n        one, rest"],
        ["match {}:\n    case {'a': value, **more}:\n        value, more"],
        ["async def f():\n    async for x in y():\n        pass\nasync def y():\n    yield 1"],
        ["x = 'a\u2028b'\nx"],
        ["x = 1\r\ny = x\r\n", "y"],
        ["pip install pandas==2.3.3"],
        ["_ih, Out, get_ipython().run_line_magic('cd', '..')"],
        ["with open('a') as a, open('b') as b:\n    a, b"],
        ["a = b = 1\nb, (c, *d) = a, (1, 2)\nc, d"],
        ["def f(*a, k=1, **b):\n    found = a\n    return found, k, b"],
    ],
)  # fmt: skip
def test_sound_notebooks_are_left_alone(cells: list[str]) -> None:
    assert missing(*cells) == []


def test_names_that_cannot_be_known_are_said_once() -> None:
    findings = lint(parse(notebook("from numpy import *", "ones(3)"))).findings
    assert [(one.rule, one.cell) for one in findings] == [("names-unchecked", 1)]
    assert "brings names that can't be known" in findings[0].message


@pytest.mark.parametrize("depth", [20, 60])
def test_nested_functions_take_no_time(depth: int) -> None:
    source = "f = " + "lambda x: " * depth + "x"
    nested = "\n".join("    " * level + f"def f{level}():" for level in range(depth))
    assert missing(source, f"{nested}\n{'    ' * depth}pass") == []


@pytest.mark.parametrize(
    "source",
    [
        " " * 500_000,
        "\n" * 500_000,
        "a " * 200_000,
        "(" * 500_000,
        "'" * 500_000,
        "x = " + " " * 500_000 + "%",
        "import numpy as np\n'é'; " + "np.random.default_rng();" * 20_000,
        "import numpy as np\n" + "np.random.default_rng()\n" * 20_000,
        "!ls\n" * 100_000,
        "password = '" + "<" * 500_000 + "'",
        "x = '" + "-eyJaaaaaaaaaaaa" * 50_000 + "'",
    ],
    ids=range(11),
)
def test_hostile_source_is_read_in_no_time(source: str) -> None:
    lint(parse(notebook(source)))


def test_more_findings_than_can_be_read_block() -> None:
    report = lint(parse(notebook("!ls\n" * 6000)))
    assert report.errors == 1
    assert (
        report.findings[0].message == "There are over 5,000 findings; the rest was not looked at."
    )
    assert (len(report.findings), report.left_off) == (500, 4501)


def test_hostile_output_is_read_in_no_time() -> None:
    text = "<script>" * 100_000 + "-eyJaaaaaaaaaaaa" * 50_000 + "@" * 100_000 + "1-" * 100_000
    output = {"output_type": "stream", "name": "stdout", "text": text}
    lint(parse(notebook(code("n", outputs=[output]))))
