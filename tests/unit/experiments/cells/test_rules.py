"""What is taken as a notebook version, and what is known of a cell in it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from octavo.records.cells import LARGEST_SOURCE, LARGEST_VERSION
from octavo_server.errors import Invalid, TooLarge
from octavo_server.experiments.cells import rules
from octavo_server.experiments.cells.domain import CellRun, Execution, Version

AT = datetime(2026, 1, 2, tzinfo=UTC)


def sha(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def code(source: Any, cell: str | None = None, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, **({"id": cell} if cell else {}), **more}


def book(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": list(cells)}).encode()


def version(content: bytes, **more: Any) -> Version:
    given: dict[str, Any] = {
        "project": "flights",
        "sha256": sha(content),
        "blob": sha(content),
        "exact": True,
        "path": "train.ipynb",
        "size": len(content),
        "outline": rules.outline(rules.notebook_from(content)),
        "stored_by": "ada",
        "stored_at": AT,
    }
    return Version(**{**given, **more})


@pytest.mark.parametrize("name", ["", "x", "A" * 64, "a" * 63, "a" * 65, "../" * 22])
def test_what_is_no_digest_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="is no SHA-256"):
        rules.check_digest(name)


def test_bytes_of_another_digest_are_refused() -> None:
    with pytest.raises(Invalid, match=f"have the SHA-256 {sha(b'x')}, not {sha(b'y')}"):
        rules.check_bytes(sha(b"y"), b"x", exact=True)
    rules.check_bytes(sha(b"y"), b"x", exact=False)


def test_a_version_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge, match=r"16,777,217 bytes; at most 16,777,216"):
        rules.check_bytes(sha(b""), b" " * (LARGEST_VERSION + 1), exact=False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff", "can't be read as JSON"),
        (b"{", "can't be read as JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "nbformat: 'list'; 4 is required"),
        (b'{"nbformat": 3, "worksheets": []}', "nbformat: '3'; 4 is required"),
        (b'{"nbformat": 4}', "a list of objects is required"),
        (b'{"nbformat": 4, "cells": [1]}', "a list of objects is required"),
        (b'{"nbformat": 4, "cells": [' + b",".join([b"{}"] * 10_001) + b"]}", "10,001 cells"),
    ],
)
def test_what_is_no_notebook_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.notebook_from(content)
    assert said in refused.value.message
    assert refused.value.remedy


def test_an_outline_holds_every_cell_with_an_id() -> None:
    content = book(
        code(["a\n", "b"], "one"), code("c"), code("d", "one"), code({"x": 1}, "__proto__")
    )
    found = rules.outline(rules.notebook_from(content))
    assert found.cells == 4
    assert {name: (at.index, at.sha256) for name, at in found.places.items()} == {
        "one": (0, sha("a\nb")),
        "__proto__": (3, sha("")),
    }


def test_half_characters_in_a_source_are_no_fault() -> None:
    found = rules.outline(
        rules.notebook_from(b'{"nbformat":4,"cells":[{"id":"a","source":"\\ud800"}]}')
    )
    assert found.places["a"].index == 0


def test_a_bare_notebook_keeps_sources_and_tags_alone() -> None:
    content = book(
        code(["a\n", 5, "b"], "one", outputs=[{"data": "x"}], metadata={"tags": ["t", 1], "m": 2}),
        {"cell_type": "evil", "metadata": [], "source": None},
    )
    found = json.loads(rules.bare(rules.notebook_from(content)))
    assert found["metadata"] == {}
    assert [(one["cell_type"], one["source"], one["metadata"]) for one in found["cells"]] == [
        ("code", "a\nb", {"tags": ["t"]}),
        ("raw", "", {"tags": []}),
    ]
    assert found["cells"][0]["outputs"] == []


@pytest.mark.parametrize(
    ("cell", "ran", "state"),
    [
        ("one", "a = 1", "same"),
        ("one", "a = 2", "changed"),
        ("new", "a = 1", "absent"),
        ("one", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_how_the_saved_cell_compares_with_what_ran(
    cell: str | None, ran: str | None, state: str
) -> None:
    stored = version(book(code("a = 1", "one")))
    assert rules.saved(stored, cell, sha(ran) if ran else None) == state


def test_what_is_missing_is_said() -> None:
    stored = version(book(code("a", "one")))
    assert rules.notes(stored, stored.sha256, "one", "same", source=True) == []
    assert "has no digest" in rules.notes(None, None, "one", "unknown", source=False)[0]
    assert "was not stored" in rules.notes(None, "a" * 64, "one", "unknown", source=False)[0]
    assert (
        "not started from JupyterLab"
        in rules.notes(stored, stored.sha256, None, "unknown", source=False)[0]
    )
    big = version(book(code("a", "one")), exact=False)
    assert "as ada sent it" in rules.notes(big, big.sha256, "one", "same", source=True)[0]
    assert rules.notes(stored, stored.sha256, "one", "changed", source=True) == [
        "The cell was changed after the last save: what ran is not what was saved."
    ]
    assert rules.notes(stored, stored.sha256, "new", "absent", source=False) == [
        "The cell was not saved yet when the run began: the version has no such cell.",
        "The cell's source as it ran was not stored.",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff", "is not UTF-8"),
        (b"a\0b", "null character"),
        (b"x" * (LARGEST_SOURCE + 1), "at most"),
    ],
)
def test_sources_that_are_refused(content: bytes, said: str) -> None:
    with pytest.raises((Invalid, TooLarge), match=said):
        rules.checked_source(sha(content), content)


def test_a_source_of_another_digest_is_refused() -> None:
    with pytest.raises(Invalid, match="have the SHA-256"):
        rules.checked_source("a" * 64, b"x")


def test_each_cell_keeps_its_newest_runs() -> None:
    made = [Execution(run_id=f"r{n}", cell="ab"[n % 2]) for n in range(7)]
    assert rules.by_cell(made, 2) == {"a": (4, ["r0", "r2"]), "b": (3, ["r1", "r3"])}


def test_the_metrics_that_most_runs_have_lead() -> None:
    def one(**metrics: float) -> CellRun:
        return CellRun(
            run_id="r", name="n", status="finished", owner="ada", started_at=AT,
            cell_sha256=None, metrics=metrics,
        )  # fmt: skip

    assert rules.leading([one(b=1, z=2), one(b=3), one(a=1, b=2)]) == ["b", "a", "z"]
    many = one(**{f"m{n:03}": 0.0 for n in range(1000)})
    assert len(rules.leading([many])) == rules.MOST_METRICS


def test_half_a_surrogate_pair_compares_as_a_question_mark() -> None:
    notebook = {"nbformat": 4, "cells": [{"cell_type": "code", "id": "a", "source": "x='\ud800'"}]}
    [cell] = json.loads(rules.bare(notebook))["cells"]
    assert cell["source"] == "x='?'"
