"""Parameters become the source that papermill writes, and names are checked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

from octavo_runner import parameters
from octavo_runner.errors import Refused

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_the_source_is_papermills(value: Any) -> None:
    assert parameters.source({"x": value}) == PythonTranslator.codify({"x": value})


@pytest.mark.parametrize("name", ["x; import os", "a b", "", "class", "1x", "x\n"])
def test_names_with_code_in_them_are_refused(name: str) -> None:
    with pytest.raises(Refused, match="is no name of a Python variable"):
        parameters.source({name: 1})


def test_a_value_of_ten_megabytes_is_refused() -> None:
    with pytest.raises(Refused, match="'x' has 10,000,002 characters; at most 1,000,000 fit"):
        parameters.source({"x": "y" * 10_000_000})


def test_a_secret_is_executed_but_not_shown() -> None:
    made: dict[str, Any] = {"cells": []}
    executed = parameters.inject(made, {"key": "hunter22", "n": 1}, {"key"})
    assert executed == '# Parameters\nkey = "hunter22"\nn = 1\n'
    assert made["cells"][0]["source"] == '# Parameters\nkey = "[secret]"\nn = 1\n'
