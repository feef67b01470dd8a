"""Notebooks that can't be run are refused with the reason, and those that can are read alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.notebooks import notebook

from octavo_runner import notebook as notebooks
from octavo_runner.errors import Refused


def made(**more: Any) -> str:
    return json.dumps(notebook("1") | more)


BAD = {
    "no JSON": ("{", "The notebook is no JSON"),
    "a list": ("[]", "a list instead of an object"),
    "twice": ('{"cells": [], "cells": [], "nbformat": 4}', "the name 'cells' twice"),
    "deep": ('{"a":' * 100_000, "more than 100 levels"),
    "deep enough": ("[" * 500 + "]" * 500, "a list instead"),
    "deep inside": (
        made(metadata={"a": json.loads("[" * 150 + "]" * 150)}),
        "more than 100 levels",
    ),
    "format 99": (made(nbformat=99), "nbformat '99'; this runner reads 1 to 4"),
    "no format": (json.dumps({"cells": []}), "nbformat 'None'"),
    "no cells": (made(cells="x"), "no list of cells"),
    "many cells": (made(cells=[{}] * 100_000), "100,000 cells; a run takes at most 20,000"),
    "a strange cell": (
        made(cells=[{"cell_type": "sql", "source": ""}]),
        "Cell 1 has the type 'sql'",
    ),
    "a source": (made(cells=[{"cell_type": "code", "source": 3}]), "a source that is no text"),
    "metadata": (made(metadata=[]), "metadata is no object"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_can_not_be_run_is_refused_with_the_reason(what: str) -> None:
    text, reason = BAD[what]
    with pytest.raises(Refused) as caught:
        notebooks.read(text)
    assert reason in caught.value.message


def test_a_kernel_of_another_language_is_refused() -> None:
    found = notebooks.read(made(metadata={"kernelspec": {"name": "ir", "language": "R"}}))
    with pytest.raises(Refused, match=r"asks for the kernel 'ir' \(r\)"):
        notebooks.check_kernel(found)


def test_an_old_notebook_is_read_as_a_new_one() -> None:
    cell = {"cell_type": "code", "input": "1 + 1", "language": "python", "outputs": []}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    found = notebooks.read(json.dumps(old))
    assert (found["nbformat"], found["cells"][0]["source"]) == (4, "1 + 1")


def test_cells_without_ids_get_the_same_each_time() -> None:
    text = made(cells=[{"cell_type": "code", "source": ["a\n", "b"], "metadata": {}}])
    first, second = notebooks.read(text), notebooks.read(text)
    assert first == second
    assert first["cells"][0]["source"] == "a\nb"
