"""`octavo.serve`: a notebook's model behind the same scorer, as a local process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.support.scorers import write_sum

import octavo
from octavo.serving import ServingFailed, _plain

LIVE = """
import numpy as np, octavo, pandas as pd
from sklearn.linear_model import LogisticRegression
frame = pd.DataFrame({"x": np.linspace(-1, 1, 40), "y": 1.0})
model = LogisticRegression().fit(frame, frame["x"] > 0)
with octavo.serve(model, frame=frame) as scorer:
    assert np.allclose(scorer.predict(frame), model.predict_proba(frame))
print("served")
"""


def test_a_folder_is_served_and_taken_away(tmp_path: Path) -> None:
    folder = write_sum(tmp_path / "sum")
    with octavo.serve(folder) as scorer:
        assert scorer.predict({"a": 1.0, "b": 2.0}) == [[5.0, 1.0]]
        assert scorer.predict([{"a": float("nan"), "b": 2.0}]) == [[None, None]]
        with pytest.raises(ServingFailed, match="Column 'b' is missing"):
            scorer.predict([{"a": 1.0}])
        described = f"{scorer.url}/v2/models/sum"
        assert httpx.get(described).status_code == 401
        assert scorer.secret in scorer.curl()
        assert scorer.url in repr(scorer)
    with pytest.raises(httpx.ConnectError):
        httpx.get(described)
    scorer.stop()


def test_what_can_not_be_served_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServingFailed, match="holds no MLmodel"):
        octavo.serve(tmp_path)
    (tmp_path / "MLmodel").write_text("flavors: {}", "utf-8")
    with pytest.raises(ServingFailed, match="The model has no signature"):
        octavo.serve(tmp_path)
    folder = write_sum(tmp_path / "sum")
    (folder / "octavo-onnx" / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ServingFailed, match="The converted model can't be loaded"):
        octavo.serve(folder)


def test_values_go_as_json_has_them() -> None:
    assert _plain({"a": float("inf"), "b": (1, None)}) == {"a": None, "b": [1, None]}


def test_a_live_model_is_served() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIVE], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("served"), done.stderr
