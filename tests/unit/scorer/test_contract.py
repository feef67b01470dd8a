"""What a scorer takes and refuses, without a model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from octavo_scorer.contract import MAX_TEXT, read_contract
from octavo_scorer.errors import Invalid, ScorerError, TooLarge, Unavailable
from octavo_scorer.formats import parse_json, read_invocation
from octavo_scorer.tensors import read_v2

SIGNATURE = {
    "inputs": json.dumps(
        [
            {"type": "double", "name": "delay", "required": True},
            {"type": "long", "name": "hour", "required": True},
            {"type": "string", "name": "carrier", "required": True},
            {"type": "boolean", "name": "rain", "required": False},
        ]
    )
}
TENSOR = {
    "inputs": '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]',
}
ROW: dict[str, Any] = {"delay": 1.5, "hour": 7, "carrier": "UA"}
CONTRACT = read_contract(SIGNATURE, max_rows=3)


def test_three_formats_say_the_same() -> None:
    by_record = read_invocation(CONTRACT, {"dataframe_records": [ROW, ROW]})
    split = {"columns": list(ROW), "data": [list(ROW.values())] * 2}
    by_split = read_invocation(CONTRACT, {"dataframe_split": split})
    by_name = read_invocation(CONTRACT, {"inputs": {name: [one] * 2 for name, one in ROW.items()}})
    assert by_record == by_split == by_name
    assert list(by_record.columns) == ["delay", "hour", "carrier"]
    assert by_record.size == 2


def test_an_optional_column_may_come() -> None:
    batch = read_invocation(CONTRACT, {"dataframe_records": [{**ROW, "rain": True}]})
    assert batch.columns["rain"] == [True]


def test_a_missing_number_is_null() -> None:
    batch = read_invocation(CONTRACT, {"dataframe_records": [{**ROW, "delay": None}]})
    assert batch.columns["delay"] == [None]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"delay": 1.0, "hour": 7}, "Column 'carrier' is missing"),
        ({"hour": 7}, "Columns 'delay', 'carrier' are missing."),
        ({**ROW, "tail": 1}, "Column 'tail' is none of the model's inputs"),
        ({**ROW, "tail": 1, "fin": 2}, "Columns 'tail', 'fin' are none of the model's inputs"),
        ({**ROW, "delay": "x"}, "Column 'delay', row 0: 'x' is not a number"),
        ({**ROW, "delay": True}, "Column 'delay', row 0: True is not a number"),
        ({**ROW, "hour": 7.5}, "7.5 is not a whole number of 64 bits"),
        ({**ROW, "hour": 2**63}, "is not a whole number of 64 bits"),
        ({**ROW, "hour": None}, "null, but long has no missing value"),
        ({**ROW, "carrier": 3}, "3 is not text"),
        ({**ROW, "carrier": "x" * (MAX_TEXT + 1)}, "(10,003 characters) is not text"),
        ({**ROW, "delay": float("nan")}, "nan is not a JSON number"),
        ({**ROW, "delay": float("inf")}, "inf is not a JSON number"),
        ({**ROW, "delay": [1]}, "[1] is not a number"),
        ({**ROW, "rain": "yes"}, "'yes' is not true or false"),
    ],
)
def test_a_wrong_row_names_column_row_and_value(row: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_invocation(CONTRACT, {"dataframe_records": [row]})
    assert words in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"rows": []},
        {"dataframe_records": [ROW], "inputs": {}},
        {"dataframe_records": {}},
        {"dataframe_records": []},
        {"dataframe_records": [ROW, {**ROW, "rain": True}]},
        {"dataframe_records": [1]},
        {"dataframe_split": {"columns": ["delay"]}},
        {"dataframe_split": {"columns": [1], "data": []}},
        {"dataframe_split": {"columns": ["delay"], "data": [1]}},
        {"dataframe_split": {"columns": list(ROW), "data": [[1.0, 2]]}},
        {"dataframe_split": {"columns": ["delay", "delay"], "data": [[1.0, 2.0]]}},
        {"dataframe_split": {"columns": [], "data": [], "more": 1}},
        {"inputs": {"delay": [1.0], "hour": [1, 2], "carrier": ["UA"]}},
        {"inputs": [1, 2]},
        {"inputs": "x"},
        {"dataframe_records": [ROW], "params": {"a": 1}},
    ],
)
def test_a_wrong_body_is_invalid(document: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read_invocation(CONTRACT, document)


def test_too_many_rows_name_the_limit() -> None:
    with pytest.raises(TooLarge, match="at most 3 are scored"):
        read_invocation(CONTRACT, {"dataframe_records": [ROW] * 4})


@pytest.mark.parametrize(
    "body",
    [b"", b"nope", b"[1]", b'{"a": NaN}', b'{"a": -Infinity}', b"\xff", b"[" * 100_000],
)
def test_a_body_that_is_no_json_object(body: bytes) -> None:
    with pytest.raises(Invalid):
        parse_json(body)


def _v2(**columns: tuple[str, list[Any]]) -> dict[str, Any]:
    return {
        "inputs": [
            {"name": name, "datatype": kind, "shape": [len(data)], "data": data}
            for name, (kind, data) in columns.items()
        ]
    }


def test_the_open_inference_protocol_gives_the_same_batch() -> None:
    sent = _v2(delay=("FP64", [1.5]), hour=("INT64", [7]), carrier=("BYTES", ["UA"]))
    assert read_v2(CONTRACT, sent) == read_invocation(CONTRACT, {"dataframe_records": [ROW]})


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"inputs": 3},
        {"inputs": [{"name": "delay"}]},
        {"inputs": [{"datatype": "FP64", "shape": [1], "data": [1.0]}]},
        _v2(delay=("INT64", [1]), hour=("INT64", [7]), carrier=("BYTES", ["UA"])),
        _v2(delay=("FP64", [1.0]), hour=("INT64", [7])),
        {"inputs": [{"name": "delay", "datatype": "FP64", "shape": [2], "data": [1.0]}]},
    ],
)
def test_wrong_tensors_are_invalid(document: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read_v2(CONTRACT, document)


def test_a_tensor_model_takes_rows_of_numbers() -> None:
    contract = read_contract(TENSOR)
    assert read_invocation(contract, {"inputs": [[1, 2], [3, 4]]}).size == 2
    flat = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3, 4]}]}
    assert read_v2(contract, flat).tensor == [[1, 2], [3, 4]]
    for wrong in ([[1]], [[1, "x"]], [[1, True]], [1, 2], [], "x"):
        with pytest.raises(Invalid):
            read_invocation(contract, {"inputs": wrong})


@pytest.mark.parametrize(
    "signature",
    [
        None,
        {},
        {"inputs": '[{"type": "object", "name": "a", "properties": {}}]'},
        {"inputs": '[{"type": "double"}]'},
    ],
)
def test_a_model_that_says_not_what_it_takes_is_not_served(signature: Any) -> None:
    with pytest.raises(Unavailable) as refused:
        read_contract(signature)
    assert isinstance(refused.value, ScorerError)
    assert "Log" in refused.value.remedy
