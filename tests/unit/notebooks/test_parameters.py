"""Parameters are typed by their literals, and only declared names reach a notebook."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.notebooks import notebook

from octavo.records.notebooks import Parameter, ParameterType, ParameterValue
from octavo_server.errors import Invalid
from octavo_server.notebooks.document import parse
from octavo_server.notebooks.parameters import accept, infer, injections, models_of, read_cell

SOURCE = """
import datetime
n = 3  # how many
rate: float = 1
on = False
name: str = "x"
day = datetime.date(2013, 6, 1)
text_day: date = "2013-06-02"
"""


def declared() -> list[Parameter]:
    return infer(parse(notebook(parameters=SOURCE)))


def test_types_and_defaults_come_from_literals() -> None:
    assert [(one.name, one.type.value, one.default, one.literal) for one in declared()] == [
        ("n", "int", 3, None),
        ("rate", "float", 1.0, None),
        ("on", "bool", False, None),
        ("name", "str", "x", None),
        ("day", "date", "2013-06-01", "date"),
        ("text_day", "date", "2013-06-02", "text"),
    ]
    assert declared()[0].help == "how many"


def test_only_a_date_made_as_date_arrives_as_date() -> None:
    found = injections(declared(), accept(declared(), {}))
    assert [name for name, one in found.items() if one.as_date] == ["day"]


@pytest.mark.parametrize(
    "source",
    ["n = f()", "n = None", "n = [1]", "n: int = 'x'", "n: list = 3", "n = date(2013, 2, 30)"],
)
def test_what_has_no_typed_literal_is_told(source: str) -> None:
    assert read_cell(source) == [None]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("n", "3", "parameters.n: '3' is no whole number"),
        ("n", True, "parameters.n: 'True' is no whole number"),
        ("n", 2**60, "up to 9007199254740991"),
        ("rate", math.inf, "parameters.rate: 'inf' is no finite number"),
        ("on", 1, "parameters.on: '1' is no true or false"),
        ("name", "x" * 5000, "at most 4096 characters"),
        ("day", "2013-02-30", "parameters.day: '2013-02-30' is no date"),
        ("missing", 1, "'missing' is no parameter of this notebook; it has n, rate"),
        ("n = 1; import os #", 1, "is no parameter of this notebook"),
    ],
)
def test_a_wrong_value_names_field_value_and_limit(
    name: str, value: ParameterValue, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        accept(declared(), {name: value})
    assert says in refused.value.message


@given(st.dictionaries(st.text(), st.one_of(st.booleans(), st.integers(), st.floats(), st.text())))
def test_whatever_is_given_only_declared_names_come_through(
    given_values: dict[str, ParameterValue],
) -> None:
    names = {one.name for one in declared()}
    try:
        accepted = accept(declared(), given_values)
    except Invalid:
        return
    assert set(accepted) == names
    assert set(given_values) <= names


def test_model_addresses_are_found_among_values() -> None:
    values: dict[str, ParameterValue] = {"a": "models:/p.m/2", "b": "x", "c": 3}
    assert models_of(values) == ["models:/p.m/2"]
    assert ParameterType.INT.value == "int"
