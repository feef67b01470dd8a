"""The template says what is true: inputs, notebooks, columns that are known before departure."""

import ast
import json
from typing import Any

import pytest
import yaml
from tests.support.flights import TEMPLATE

from flights_lake import decisions  # isort: skip

DOCUMENT: dict[str, Any] = yaml.safe_load((TEMPLATE / "template.yaml").read_text())
NOTEBOOKS = ["features.ipynb", "train.ipynb", "score.ipynb"]
OUTCOMES = {"dep_delay", "arr_delay", "departed_at", "landed_at", "late", "cancelled", "diverted"}


def cells(name: str, kind: str = "code") -> list[dict[str, Any]]:
    notebook = json.loads((TEMPLATE / name).read_text())
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def source(name: str) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells(name))


def assigned(name: str, variable: str) -> Any:
    plain = [cell for cell in cells(name) if not "".join(cell["source"]).startswith("%%")]
    for cell in plain:
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == variable:
                return ast.literal_eval(node.value)
    raise AssertionError(f"{name} assigns no {variable}")


def test_the_inputs_are_those_of_the_lake_s_table() -> None:
    inputs = [one["name"] for one in DOCUMENT["model"]["inputs"]]
    joined = [column for part in decisions.PARTS.values() for column in part.columns]
    schedule = [one["name"] for one in DOCUMENT["model"]["inputs"] if one["from"] == "schedule"]
    assert inputs == schedule + joined
    assert set(schedule) <= set(decisions.SCHEDULE)
    for name, part in decisions.PARTS.items():
        own = [one["name"] for one in DOCUMENT["model"]["inputs"] if one["from"] == name]
        assert own == list(part.columns)


def test_every_listed_notebook_is_there() -> None:
    assert set(NOTEBOOKS) <= set(DOCUMENT["notebooks"])
    for name in DOCUMENT["notebooks"]:
        assert (TEMPLATE / name).is_file(), name


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_ships_without_outputs(name: str) -> None:
    for cell in cells(name):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_entities_hold_only_what_is_known_before_departure(name: str) -> None:
    schedule = assigned(name, "SCHEDULE")
    assert set(schedule) <= set(decisions.SCHEDULE)
    assert not set(schedule) & OUTCOMES


def test_scoring_reads_no_outcome_at_all() -> None:
    read = {
        node.value
        for node in ast.walk(ast.parse(source("score.ipynb")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not read & OUTCOMES


def test_the_score_notebook_has_typed_parameters() -> None:
    [tagged] = [
        cell for cell in cells("score.ipynb") if "parameters" in cell["metadata"].get("tags", [])
    ]
    tree = ast.parse("".join(tagged["source"]))
    typed = {
        ast.unparse(node.target): ast.unparse(node.annotation)
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
    }
    assert typed == {"day": "str", "model": "str", "threshold": "float"}
