"""What a scorer decides without a process: batches, memory, frames, swaps, rows together."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from octavo_scorer.converted import Converted, Input, Output, read_converted
from octavo_scorer.engines.__main__ import answer
from octavo_scorer.engines.model import as_json, joined
from octavo_scorer.engines.together import same, scores_together
from octavo_scorer.errors import Invalid, NotFound, Unavailable
from octavo_scorer.formats import Batch
from octavo_scorer.frames import Load, Predict, Rows, Unframer, framed, read_order
from octavo_scorer.holder import Identity
from octavo_scorer.limits import Limits, Memory, has_room, look_at_memory, wait_s
from octavo_scorer.model_folder import read_model_contract
from octavo_scorer.openapi import describe_api
from octavo_scorer.swapping import Swaps
from octavo_scorer.tensors import output_tensor
from octavo_scorer.work import Work, take

MIB = 1 << 20
HELD = Identity(name="late", version="1", digest="d")


def rows(*values: float) -> Rows:
    return Rows(columns={"a": list(values)}, tensor=None, size=len(values))


def works(*sizes: int) -> deque[Work]:
    return deque(Work(rows=rows(*[1.0] * size), answered=asyncio.Future()) for size in sizes)


async def test_what_waits_goes_together_up_to_the_limits() -> None:
    limits = Limits(batch_rows=5, batch_requests=3)
    waiting = works(1, 1, 1, 1)
    assert len(take(waiting, limits, together=True)) == 3
    assert len(take(waiting, limits, together=True)) == 1
    assert [one.rows.size for one in take(works(3, 3), limits, together=True)] == [3]
    assert [one.rows.size for one in take(works(9, 1), limits, together=True)] == [9]
    assert len(take(works(1, 1), limits, together=False)) == 1
    assert take(deque(), limits, together=True) == []


async def test_a_suspect_goes_alone_and_the_answered_not_at_all() -> None:
    waiting = works(1, 1, 1)
    waiting[0].answered.cancel()
    waiting[1].alone = True
    suspect = waiting[1]
    assert take(waiting, Limits(), together=True) == [suspect]
    waiting.append(suspect)
    assert len(take(waiting, Limits(), together=True)) == 1


@pytest.mark.parametrize(
    ("now", "loaded", "bound", "decided"),
    [
        (900, 100, 0, Memory.KEEP),
        (600, 100, 1_000, Memory.KEEP),
        (800, 700, 1_000, Memory.KEEP),
        (800, 100, 1_000, Memory.RENEW_BESIDE),
        (800, 400, 1_000, Memory.RENEW_AFTER),
    ],
)
def test_an_engine_is_renewed_before_memory_ends(
    now: int, loaded: int, bound: int, decided: Memory
) -> None:
    assert look_at_memory(now * MIB, loaded * MIB, bound * MIB) is decided


def test_a_spare_needs_room() -> None:
    assert has_room(200 * MIB, 0)
    assert has_room(200 * MIB, 1_000 * MIB)
    assert not has_room(300 * MIB, 1_000 * MIB)


def test_a_failing_engine_is_started_ever_later() -> None:
    assert [wait_s(failures) for failures in (1, 2, 3, 4, 5)] == [0, 0.5, 1, 2, 4]
    assert wait_s(50) == 30


def test_frames_come_out_as_they_went_in() -> None:
    order = Predict(requests=[rows(1.0, 2.0)])
    stream = framed(order) * 2
    unframer = Unframer()
    frames = [frame for byte in stream for frame in unframer.feed(bytes([byte]))]
    assert [read_order(frame) for frame in frames] == [order, order]
    load = Load(folder="/m", kind="onnx", threads=1, provider="cpu", max_rows=9)
    assert read_order(framed(load)[4:]) == load
    with pytest.raises(Invalid, match="more than 64 bits"):
        framed(Predict(requests=[rows(10**30)]))
    with pytest.raises(ValueError, match="at most"):
        Unframer().feed(b"\xff\xff\xff\xff")


class Model:
    device = "cpu"

    def __init__(self, predict: Any) -> None:
        self.predict = predict


def _column(given: Rows) -> Any:
    return np.asarray(given.columns["a"])


def test_each_request_gets_its_own_rows() -> None:
    doubles = Model(lambda given: _column(given) * 2)
    said = answer(doubles, [rows(1.0), rows(2.0, 3.0)])
    assert [one.predictions for one in said] == [b"[2.0]", b"[4.0,6.0]"]
    other = Rows(columns={"b": [1.0]}, tensor=None, size=1)
    assert joined([rows(1.0), other]) is None


def test_one_request_that_fails_leaves_the_others_their_answers() -> None:
    def predict(given: Rows) -> Any:
        if 2.0 in given.columns["a"]:
            raise RuntimeError("no twos")
        return _column(given)

    first, second, third = answer(Model(predict), [rows(1.0), rows(2.0), rows(3.0)])
    assert (first.predictions, third.predictions) == (b"[1.0]", b"[3.0]")
    assert "RuntimeError: no twos" in second.message
    (short,) = answer(Model(lambda _: np.zeros(1)), [rows(1.0, 2.0)])
    assert short.message == "The model gave 1 predictions for 2 rows."


def test_predictions_are_json_whatever_they_are() -> None:
    assert as_json(np.asarray([[1.0, np.nan]])) == b"[[1.0,null]]"
    assert as_json(np.asarray([True, False])) == b"[true,false]"
    assert as_json(np.asarray(["a", "b"])) == b'["a","b"]'
    assert as_json([{"x": np.float32(0.5), "y": (1, None)}]) == b'[{"x":0.5,"y":[1,null]}]'
    assert output_tensor([[1, 2], [3, 4]])["shape"] == [2, 2]
    assert output_tensor(["a"])["datatype"] == "BYTES"


def test_rows_go_together_only_where_they_leave_each_other_alone(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(
        'signature: {inputs: \'[{"type": "double", "name": "a", "required": true}]\'}', "utf-8"
    )
    contract = read_model_contract(tmp_path, 10)
    doubles = Model(lambda given: _column(given) * 2)
    assert not scores_together(doubles, tmp_path, contract)
    example = tmp_path / "serving_input_example.json"
    example.write_text('{"dataframe_split": {"columns": ["a"], "data": [[1.5]]}}', "utf-8")
    assert scores_together(doubles, tmp_path, contract)
    centred = Model(lambda given: _column(given) - _column(given).mean())
    assert not scores_together(centred, tmp_path, contract)
    assert same({"x": [1.0]}, {"x": [1.0 + 1e-9]})
    assert not same([1.0], [1.1])


def test_a_converted_form_takes_only_what_it_was_proven_on(tmp_path: Path) -> None:
    inputs = [
        Input(name="a", type="float32", column="a"),
        Input(name="b", type="string", column="b"),
    ]
    form = Converted(format=1, inputs=inputs, output=Output(name="y"), nulls=["a"])

    def batch(**columns: list[Any]) -> Batch:
        return Batch(columns=columns, tensor=None, size=1)

    assert form.stands_in(batch(a=[None], b=["x"]))
    assert not form.stands_in(batch(a=[1.0], b=[None]))
    assert not form.stands_in(batch(a=[1.0]))
    assert read_converted(tmp_path) is None
    (tmp_path / "octavo-onnx").mkdir()
    contract = tmp_path / "octavo-onnx" / "contract.json"
    for text in ("{", '{"format": 2, "inputs": [], "output": {"name": "y"}}'):
        contract.write_text(text, "utf-8")
        with pytest.raises(Unavailable, match=r"contract\.json"):
            read_converted(tmp_path)


def test_swaps_stay_below_their_folder(tmp_path: Path) -> None:
    parameters = {"folder": "m", "manifest": "m.json", "version": "2", "digest": "d"}
    files = Swaps(tmp_path).read(HELD, {"parameters": parameters})
    assert files.folder == tmp_path / "m"
    assert files.identity == Identity(name="late", version="2", digest="d")
    with pytest.raises(NotFound, match="keeps the model"):
        Swaps(None).read(HELD, {"parameters": parameters})
    for folder in ("..", "/etc", "a/../../b", ".", "a\0b"):
        with pytest.raises(Invalid, match="lies outside"):
            Swaps(tmp_path).read(HELD, {"parameters": {**parameters, "folder": folder}})


def test_the_openapi_says_what_a_row_holds(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(
        "signature: {inputs: '["
        '{"type": "long", "name": "hour", "required": true},'
        '{"type": "double", "name": "delay", "required": false}]\'}',
        "utf-8",
    )
    row = describe_api("late", "1", read_model_contract(tmp_path, 10))["components"]["schemas"][
        "Row"
    ]
    assert row["required"] == ["hour"]
    assert row["properties"]["delay"]["type"] == ["number", "null"]
    assert row["properties"]["hour"]["maximum"] == 2**63 - 1
    for text in ("- 1", ": :"):
        (tmp_path / "MLmodel").write_text(text, "utf-8")
        with pytest.raises(Unavailable):
            read_model_contract(tmp_path, 10)
