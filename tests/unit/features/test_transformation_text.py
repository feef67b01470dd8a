"""The text of a transformation is parsed and never run by the platform; a kernel runs that text."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from octavo.feature_repository import DeclarationRefused, declaration_at, source_text
from octavo.on_demand import TransformationFailed, function_of
from octavo.records.feature_declarations import DeclaredTransformation
from octavo_server.adapters.feast_check import of_code

FACTOR = 2


def transformation(code: str, function: str = "doubled") -> DeclaredTransformation:
    return DeclaredTransformation.model_validate(
        {
            "name": "doubled",
            "inputs": [],
            "columns": [{"name": "twice", "dtype": "Float64"}],
            "mode": "pandas",
            "function": function,
            "code": code,
        }
    )


def said(code: str) -> list[tuple[str, str]]:
    return [(one["severity"], one["message"]) for one in of_code(transformation(code))]


PLAIN = "import pandas as pd\n\n\ndef doubled(frame):\n    return frame * 2\n"


def test_a_plain_function_has_no_finding() -> None:
    assert said(PLAIN) == []
    typed = "doubled(frame: pd.DataFrame | None, by: float = -2.0) -> list[int]"
    assert said(PLAIN.replace("doubled(frame)", typed)) == []


@pytest.mark.parametrize(
    ("code", "severity", "words"),
    [
        ("def other(frame):\n    return frame", "error", "the one function doubled"),
        (PLAIN + "\n\ndef more(x):\n    return x", "error", "the one function doubled"),
        (PLAIN + "\nprint('now')", "error", "line 7 does more"),
        (PLAIN + "\n__import__('os').system('id')", "error", "line 7 does more"),
        ("def doubled(:\n", "error", "is no Python"),
        ("(" * 5_000, "error", "is no Python"),
        ("@print\ndef doubled(frame):\n    return frame", "error", "line 2 runs code before"),
        ("def doubled(frame, x=print()):\n    return frame", "error", "line 1 runs code before"),
        ("def doubled(frame: print()):\n    return frame", "error", "line 1 runs code before"),
        ("def doubled(*a: (lambda: 1)):\n    return a", "error", "line 1 runs code before"),
        ("import os\n" + PLAIN, "warning", "imports os"),
        ("from subprocess import run\n" + PLAIN, "warning", "imports subprocess"),
        ("def doubled(frame):\n    return eval('frame')", "warning", "uses eval"),
        ("def doubled(frame):\n    return open('/etc/passwd')", "warning", "uses open"),
        (
            "def doubled(frame):\n    return ().__class__.__bases__",
            "warning",
            "uses __bases__, __class__",
        ),
    ],
)
def test_what_a_reviewer_should_know_is_said(code: str, severity: str, words: str) -> None:
    assert any(found == severity and words in message for found, message in said(code)), said(code)


def test_hostile_text_is_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    call = f"open({str(trap)!r}, 'w')"
    code = f"{call}\n\n\ndef doubled(frame, x={call}):\n    pass"
    assert said(code)
    assert not trap.exists()


def test_a_kernel_runs_the_text_and_shows_it_in_a_traceback() -> None:
    broken = transformation("def doubled(frame):\n    return 1 / 0  # reviewed\n")
    function = function_of(broken, "a" * 64)
    with pytest.raises(ZeroDivisionError) as failed:
        function(None)
    shown = "".join(traceback.format_exception(failed.value))
    assert "return 1 / 0  # reviewed" in shown
    assert "doubled of feature snapshot aaaaaaaaaaaa" in shown
    assert function_of(transformation(PLAIN), "a" * 64)(21) == 42


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (transformation("import nowhere_to_be_found\n" + PLAIN), "nowhere_to_be_found"),
        (transformation(PLAIN, "other"), "no function other"),
        (transformation("doubled = 3\n"), "no function doubled"),
    ],
)
def test_a_text_that_a_kernel_can_not_use_says_why(
    made: DeclaredTransformation, words: str
) -> None:
    with pytest.raises(TransformationFailed, match=words):
        function_of(made, "a" * 64)


# ---- a repository's function as text


def plain(frame: Any) -> Any:
    return frame * 2


def with_import(frame: Any) -> Any:
    return sys.intern(str(frame))


def with_outside(frame: Any) -> Any:
    return frame * FACTOR


def test_a_function_becomes_text_with_the_imports_it_needs() -> None:
    assert source_text("plain", plain).startswith("from typing import Any\n\n\ndef plain(frame")
    assert "import sys\n" in source_text("with_import", with_import)


def test_what_a_function_takes_from_outside_is_refused() -> None:
    with pytest.raises(DeclarationRefused, match="uses FACTOR from outside itself"):
        source_text("with_outside", with_outside)
    with pytest.raises(DeclarationRefused, match="uses inner from outside itself"):
        source_text("closure", _closure(3))
    with pytest.raises(DeclarationRefused, match="no plain `def`"):
        source_text("nameless", lambda frame: frame)


def _closure(inner: int) -> Any:
    def closure(frame: object) -> object:
        return (frame, inner)

    return closure


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is no YAML"),
        ("entities: []\nsources: []\n", "views: Field required"),
        ("!!python/object/apply:os.system ['id']", "is no YAML"),
        ("just words", "the document"),
        ("a: &a [x]\nb: [*a, *a]\n", r"has the alias \*a in line 2: aliases are not taken"),
        ("views: " + "[" * 50_000, "is nested more than 20 levels deep in line 1"),
        ("views: " + "x" * 2_000_000, "has 2,000,007 bytes; at most 2,000,000 are read"),
    ],
)
def test_a_file_that_declares_nothing_says_why(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "features.yaml").write_text(text)
    with pytest.raises(DeclarationRefused, match=words):
        declaration_at(tmp_path, tmp_path)
