"""Serves a model from a notebook as a deployment would: the same scorer, as a local process.

    import octavo

    with octavo.serve(model, frame=train) as scorer:
        scorer.predict(train.head(3))

The scorer listens on 127.0.0.1, wants a secret that only this notebook knows, checks rows against
the model's signature, and ends with the kernel, however that ends.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

__all__ = ["LocalScorer", "ServingFailed", "serve"]

SECRET_HEADER = "x-octavo-scorer-secret"
LISTENS = re.compile(r"listening on [0-9.]+:([0-9]+)$", re.MULTILINE)
START_S = 120.0
"""Seconds for a model to load."""
LOOK_S = 0.02
STOP_S = 10.0
ANSWER_S = 60.0


class ServingFailed(RuntimeError):
    """The model can't be served, or refused the rows; the message says why and what to do."""


class LocalScorer:
    """A scorer of this notebook."""

    def __init__(self, process: subprocess.Popen[bytes], place: Path, port: int, secret: str):
        self._process = process
        self._place = place
        self.url = f"http://127.0.0.1:{port}"
        """Where it answers."""
        self.secret = secret
        """What callers send in the header x-octavo-scorer-secret."""

    def predict(self, rows: Any) -> list[Any]:
        """Return one prediction a row; rows are a DataFrame, an array or a list of objects.

        Raises :class:`ServingFailed` when the rows don't fit the model's signature.
        """
        answer = httpx.post(
            f"{self.url}/invocations",
            content=json.dumps(_body(rows)),
            headers={SECRET_HEADER: self.secret, "content-type": "application/json"},
            timeout=ANSWER_S,
        )
        said = answer.json()
        if answer.status_code != httpx.codes.OK:
            raise ServingFailed(f"{said['message']} {said['remedy']}")
        predictions: list[Any] = said["predictions"]
        return predictions

    def curl(self) -> str:
        """Return a shell command that describes the model."""
        return f"curl -H '{SECRET_HEADER}: {self.secret}' {self.url}/openapi.json"

    def stop(self) -> None:
        """End the scorer and remove what it was given; nothing happens the second time."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._place, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<scorer at {self.url}; predict(rows), curl(), stop()>"


def serve(
    model: Any,
    *,
    frame: Any = None,
    target: str | Sequence[str] | None = None,
    example: Any = None,
    port: int = 0,
    engine: str = "auto",
) -> LocalScorer:
    """Serve a model on 127.0.0.1 until :meth:`LocalScorer.stop`, or until the kernel ends.

    ``model`` is a live model (scikit-learn, torch or an MLflow PythonModel), what ``log_model`` or
    ``octavo.register`` returned, an MLflow address such as ``models:/flights.late@champion``, or a
    folder with MLmodel.  ``frame`` is what a live model was trained on, ``target`` its column that
    is no input; ``port`` 0 takes a free one; ``engine`` is auto, onnx or pyfunc.

    Raises :class:`ServingFailed` with the scorer's own reason.
    """
    place = Path(tempfile.mkdtemp(prefix="octavo-serve-"))
    try:
        folder = _folder_of(model, place, frame=frame, target=target, example=example)
        return _start(folder, place, port, engine)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _folder_of(model: Any, place: Path, **told: Any) -> Path:
    """Return a folder with MLmodel; what isn't one yet is written below ``place``."""
    if isinstance(model, Path) or (isinstance(model, str) and "/" in model and ":/" not in model):
        if not (Path(model) / "MLmodel").is_file():
            raise ServingFailed(f"{model} holds no MLmodel. Give the folder that MLflow wrote.")
        return Path(model).resolve()
    address = model if isinstance(model, str) else _address(model)
    from octavo import model_logging

    if address is None:
        return model_logging.save(model, place / "model", **told)
    return model_logging.fetch(address, place / "model")


def _address(model: Any) -> str | None:
    """Return the MLflow address of something that was logged or registered; None for a model."""
    uri = getattr(getattr(model, "version", None), "uri", None)
    if isinstance(uri, str):  # what octavo.register returned
        return uri
    if isinstance(getattr(model, "model_id", None), str):
        return f"models:/{model.model_id}"
    return None


def _start(folder: Path, place: Path, port: int, engine: str) -> LocalScorer:
    secret, log = secrets.token_urlsafe(32), place / "log"
    argv = [
        sys.executable, "-m", "octavo_scorer", "--model-dir", str(folder), "--name",
        folder.name, "--version", "local", "--port", str(port), "--engine", engine,
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        )
    if process.stdin is None:
        raise AssertionError("the scorer was started with a pipe")
    try:
        process.stdin.write(f"{secret}\n".encode())
        process.stdin.flush()
        return LocalScorer(process, place, _port_of(process, log), secret)
    except BaseException:
        process.kill()
        process.wait()
        process.stdin.close()
        raise


def _port_of(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until the scorer listens, which it does when the model is loaded."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        said = log.read_text("utf-8", "replace")
        found = LISTENS.search(said)
        if found and not ended:
            return int(found[1])
        if ended:
            words = said.strip().rpartition("refused: ")[2].splitlines() or ["it said nothing"]
            raise ServingFailed(f"The model can't be served: {words[-1]}")
        time.sleep(LOOK_S)
    raise ServingFailed(f"The model was not loaded within {START_S:g} s. See {log}.")


def _body(rows: Any) -> dict[str, Any]:
    """Return rows as the body of a request; what is no number goes as null."""
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
        rows = rows.to_dict("records") if hasattr(rows, "iloc") else rows.to_dicts()
    if hasattr(rows, "tolist"):
        rows = rows.tolist()
    if isinstance(rows, Mapping):
        rows = [rows]
    plain = [_plain(row) for row in rows]
    tabular = bool(plain) and isinstance(plain[0], dict)
    return {"dataframe_records" if tabular else "inputs": plain}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
