"""Unit, bounds and choices tighten a parameter, wherever they are said, and hold everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.notebooks import notebook

from octavo.records.parameters import Parameter, ParameterValue
from octavo_server.errors import Invalid
from octavo_server.notebooks.document import parse
from octavo_server.notebooks.parameters import accept, faults, infer


def read(source: str, said: dict[str, Any] | None = None) -> list[Parameter]:
    made = notebook(parameters=source)
    if said is not None:
        made["metadata"]["octavo"] = {"parameters": said}
    document = parse(made)
    assert faults(document) == []
    return infer(document)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("n = 3  # how many | unit: rows | min: 1 | max: 31", None),
        ('n: Annotated[int, {"unit": "rows", "min": 1, "max": 31}, "how many"] = 3', None),
        ("n = 3", {"n": {"unit": "rows", "minimum": 1, "maximum": 31, "help": "how many"}}),
        ("n = 3  # how many | unit: eggs | max: 31", {"n": {"unit": "rows", "min": 1}}),
    ],
)
def test_it_may_stand_in_comment_annotation_or_metadata(
    source: str, said: dict[str, Any] | None
) -> None:
    found = read(source, said)[0]
    assert (found.unit, found.minimum, found.maximum) == ("rows", 1, 31)
    assert found.help == "how many"


@pytest.mark.parametrize(
    ("source", "choices"),
    [
        ("c = 'UA'  # choices: UA, 'AA'", ["UA", "AA"]),
        ("c: Literal['UA', 'AA'] = 'UA'", ["UA", "AA"]),
        ("c = 2  # choices: 1, 2", [1, 2]),
        ("c: float = 2  # choices: 1, 2.5, 2", [1.0, 2.5, 2.0]),
    ],
)
def test_choices_have_the_parameters_type(source: str, choices: list[ParameterValue]) -> None:
    assert read(source)[0].choices == choices


@pytest.mark.parametrize(
    "source",
    ["n = 3  # a | b", "n = 3  # type: ignore", "n = 3  # note: from 2013", "n = 3  # noqa: E501"],
)
def test_a_plain_comment_stays_a_comment(source: str) -> None:
    found = read(source)[0]
    assert (found.type.value, found.minimum, found.choices) == ("int", None, [])
    assert found.help == source.partition("# ")[2]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("n = 3  # min: 5", "its default '3' is less than 5"),
        ("n = 3  # max: 2 | unit: rows", "its default '3' is more than 2 rows"),
        ("n = 3  # choices: 1, 2", "its default '3' is none of 1, 2"),
        ("n = 3  # min: 5 | max: 1", "its minimum 5 is above its maximum 1"),
        ("n = 3  # min: few", "minimum 'few' is no whole number"),
        ("c = 'a'  # min: 1", "`c` is of type str, which has no minimum"),
        ("n = 3  # minimun: 1", "its comment says 'minimun', which nothing reads"),
        ("n: list = 3", "annotated as `list`, which runs can't be given"),
        ("n: Annotated[int, {'lowest': 1}] = 3", "'lowest' is nothing that can be said about it"),
        ("d = '2013-06-01'  # type: date | min: 2014-01-01", "is less than 2014-01-01"),
        ("n = 3  # choices: " + ", ".join(map(str, range(201))), "no list of at most 200 values"),
    ],
)
def test_what_cannot_be_read_is_said(source: str, says: str) -> None:
    document = parse(notebook(parameters=source))
    assert infer(document) == []
    assert [says in one.message for one in faults(document)] == [True]
    assert faults(document)[0].fix


def test_metadata_of_a_parameter_that_isnt_are_said() -> None:
    made = notebook(parameters="n = 3")
    made["metadata"]["octavo"] = {"parameters": {"m": {"min": 1}}}
    assert ["a parameter `m` that isn't" in one.message for one in faults(parse(made))] == [True]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("n", 0, "parameters.n: '0' is less than 1 rows"),
        ("n", 32, "parameters.n: '32' is more than 31 rows"),
        ("c", "DL", "parameters.c: 'DL' is none of 'UA', 'AA'"),
        ("d", "2012-12-31", "parameters.d: '2012-12-31' is less than 2013-01-01"),
        ("s", "\ud800", "is no text"),
        ("s", "a\0b", "is no text"),
        ("f", float("nan"), "is no finite number"),
    ],
)
def test_values_outside_are_refused_with_the_limit(
    name: str, value: ParameterValue, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        accept(DECLARED, {name: value})
    assert says in refused.value.message
    assert len(refused.value.message) < 400


DECLARED = read(
    "n = 3  # min: 1 | max: 31 | unit: rows\nc = 'UA'  # choices: UA, AA\n"
    "d: date = '2013-06-01'  # min: 2013-01-01\ns = ''\nf = 1.0"
)


@given(st.text(max_size=50))
def test_text_comes_through_as_it_is(value: str) -> None:
    try:
        accepted = accept(DECLARED, {"s": value})
    except Invalid:
        assert "\0" in value
    else:
        assert accepted["s"] == value


@pytest.mark.parametrize(
    ("name", "digits", "says"),
    [
        ("n", 6000, "a number of more than 40 digits is no whole number"),
        ("f", 400, "is no finite number"),
        ("s", 10_000_000, "at most 4096 characters"),
    ],
)
def test_values_of_any_size_are_refused_in_a_short_sentence(
    name: str, digits: int, says: str
) -> None:
    value = "x" * digits if name == "s" else 10**digits
    with pytest.raises(Invalid) as refused:
        accept(DECLARED, {name: value})
    assert says in refused.value.message
    assert len(refused.value.message) < 400
