"""Real scorers for tests: model folders written by hand, and a process that answers for one.

- ``write_sum``: a model with an ONNX form alone: ``[a + 2 b, a]`` for columns a and b
- ``write_wild``: a pyfunc model that misbehaves on request, by the value of column ``a``:
  -1 ends its process, -2 hangs, -3 raises, -4 keeps 520 MiB, -5 answers NaN; else ``2 a``
- ``running``: starts a scorer; ``Scorer`` asks it
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

SUM = Path(__file__).resolve().parents[1] / "data" / "scorer" / "sum.onnx"
SECRET = "s" * 40
WILD = """
import os
import numpy as np

kept = []

def _load_pyfunc(path):
    return Wild()

class Wild:
    def predict(self, frame, params=None):
        values = frame["a"].to_numpy()
        if (values == -1).any():
            os._exit(9)
        while (values == -2).any():
            pass
        if (values == -3).any():
            raise RuntimeError("the sky is falling")
        if (values == -4).any():
            kept.append(b"x" * (520 << 20))
        return np.where(values == -5, np.nan, values * 2)
"""


def _describe(folder: Path, names: str, flavor: dict[str, str]) -> None:
    """Write MLmodel; JSON is YAML too."""
    inputs = [{"type": "double", "name": name, "required": True} for name in names]
    described = {
        "flavors": {"python_function": flavor},
        "signature": {"inputs": json.dumps(inputs), "outputs": None},
    }
    (folder / "MLmodel").write_text(json.dumps(described), "utf-8")
    example = {"dataframe_split": {"columns": list(names), "data": [[1.5] * len(names)]}}
    (folder / "serving_input_example.json").write_text(json.dumps(example), "utf-8")


def _sign(folder: Path) -> Path:
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    folder.with_suffix(".json").write_text(json.dumps({"files": files}), "utf-8")
    return folder


def write_sum(folder: Path, nulls: tuple[str, ...] = ("a",)) -> Path:
    """Write the model with an ONNX form, and its manifest beside it."""
    (folder / "octavo-onnx").mkdir(parents=True)
    _describe(folder, "ab", {"loader_module": "nowhere"})
    shutil.copy(SUM, folder / "octavo-onnx" / "model.onnx")
    contract = {
        "format": 1,
        "inputs": [{"name": name, "type": "float32", "column": name} for name in "ab"],
        "output": {"name": "scores", "answer": "matrix"},
        "nulls": list(nulls),
    }
    (folder / "octavo-onnx" / "contract.json").write_text(json.dumps(contract), "utf-8")
    return _sign(folder)


def write_wild(folder: Path) -> Path:
    """Write the model that misbehaves, and its manifest beside it."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "wild.py").write_text(WILD, "utf-8")
    (folder / "data").write_text("", "utf-8")
    _describe(folder, "a", {"loader_module": "wild", "code": "code", "data": "data"})
    return _sign(folder)


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """A running scorer."""

    address: Path
    """Its Unix socket."""
    client: httpx.Client
    """Asks it, with its secret."""
    process: subprocess.Popen[bytes]
    """Its process."""
    log: Path
    """What it says."""

    def score(self, *rows: dict[str, Any]) -> httpx.Response:
        """Score rows."""
        return self.client.post("/invocations", json={"dataframe_records": list(rows)})

    def until_scored(self, row: dict[str, Any], seconds: float = 60) -> Any:
        """Score a row until that works; return its prediction."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.score(row)
            if answer.status_code == 200:
                return answer.json()["predictions"][0]
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.05)

    def figure(self, name: str) -> float:
        """Return a counter; 0 when it was never raised."""
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0


@contextmanager
def running(home: Path, model: Path, *options: str) -> Iterator[Scorer]:
    """Run a scorer that holds ``model`` until the block ends."""
    address, log = home / "s", home / "log"
    argv = [
        sys.executable, "-m", "octavo_scorer", "--model-dir", str(model), "--manifest",
        str(model.with_suffix(".json")), "--name", "late", "--version", "1", "--uds",
        str(address), *options,
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, stderr=output)
    assert process.stdin is not None
    process.stdin.write(f"{SECRET}\n".encode())
    process.stdin.flush()
    headers = {"x-octavo-scorer-secret": SECRET}
    transport = httpx.HTTPTransport(uds=str(address))
    client = httpx.Client(
        transport=transport, base_url="http://scorer", headers=headers, timeout=30
    )
    try:
        with client:
            _wait(process, client, address, log)
            yield Scorer(address=address, client=client, process=process, log=log)
    finally:
        process.stdin.close()
        process.wait(10)


def _listens(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(address)) == 0


def _wait(process: subprocess.Popen[bytes], client: httpx.Client, address: Path, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text("utf-8")
        if _listens(address) and client.get("/v2/health/ready").status_code == 200:
            return
        time.sleep(0.02)
    raise AssertionError(log.read_text("utf-8"))
