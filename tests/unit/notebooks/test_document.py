"""A hostile notebook is refused, naming field, value and limit."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.notebooks import code, notebook

from octavo_server.errors import Invalid
from octavo_server.notebooks.document import DEEPEST, MOST_CELLS, load, parse


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def with_cell(**changes: Any) -> dict[str, Any]:
    made = notebook("1")
    made["cells"][1].update(changes)
    return made


@pytest.mark.parametrize(
    ("hostile", "says"),
    [
        ({}, "notebook.nbformat: None"),
        (notebook() | {"nbformat": 3}, "notebook.nbformat: 3"),
        (notebook() | {"cells": "x"}, "notebook.cells: 'x'"),
        (notebook() | {"cells": [7]}, "notebook.cells[0]: 7"),
        (notebook() | {"metadata": []}, "notebook.metadata: []"),
        (notebook() | {"metadata": {"kernelspec": {"language": "R"}}}, "kernelspec.language: 'r'"),
        (notebook() | {"nbformat": 99}, "notebook.nbformat: 99"),
        (notebook() | {"nbformat": "4"}, "notebook.nbformat: '4'"),
        (notebook() | {"metadata": {"kernelspec": {"name": "ir"}}}, "kernelspec.name: 'ir'"),
        (notebook() | {"metadata": {"kernelspec": {"name": "julia-1.10"}}}, "'julia-1.10'"),
        (notebook() | {"metadata": {"language_info": {"name": "R"}}}, "language_info.name: 'r'"),
        (notebook() | {"cells": [code("")] * 100_000}, "100000 cells; at most 2000"),
        (with_cell(cell_type="evil"), "cells[1].cell_type: 'evil'"),
        (with_cell(source={"a": 1}), "cells[1].source: {'a': 1}"),
        (with_cell(metadata={"tags": "parameters"}), "metadata.tags: 'parameters'"),
        (with_cell(outputs={}), "cells[1].outputs: {}"),
        (with_cell(outputs=[1]), "cells[1].outputs[0]: 1"),
        (with_cell(outputs=[{}]), "outputs[0].output_type"),
        (with_cell(execution_count="1"), "execution_count: '1'"),
        (with_cell(id="x" * 65), "cells[1].id"),
        (
            with_cell(source="x" * (2**20 + 1)),
            "cells[1].source: 1048577 characters; at most 1048576",
        ),
        (notebook() | {"cells": [code("")] * (MOST_CELLS + 1)}, "2001 cells; at most 2000"),
        (notebook() | {"metadata": {"x": deep(DEEPEST)}}, f"nested more than {DEEPEST} deep"),
        (notebook() | {"metadata": {"x": "y" * (11 * 2**20)}}, "bytes; at most 10485760"),
        (notebook() | {"metadata": {"x": float("nan")}}, "can't be written as JSON"),
        (notebook() | {"metadata": {"x": "\ud800"}}, "can't be written as JSON"),
    ],
)
def test_hostile_is_refused(hostile: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(hostile)
    assert says in refused.value.message


def test_equal_content_has_one_digest() -> None:
    made = notebook("print(n)")
    shuffled = dict(reversed(list(made.items())))
    assert parse(made).digest == parse(shuffled).digest
    assert load(parse(made).content) == parse(made)
    assert parse(notebook("print(n) ")).digest != parse(made).digest


def test_a_source_in_lines_is_joined() -> None:
    assert parse(notebook(code("", source=["a = 1\n", "b = 2"]))).cells[1].source == "a = 1\nb = 2"


@pytest.mark.parametrize("kernel", ["python3", "conda-env-flights-py", "ironpython-like", ""])
def test_a_python_kernel_of_any_name_is_taken(kernel: str) -> None:
    made = notebook() | {"metadata": {"kernelspec": {"name": kernel, "language": "python"}}}
    assert parse(made).metadata["kernelspec"]["name"] == kernel
