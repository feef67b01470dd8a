"""``python -m octavo_scorer.engines --fd N --parent PID --kind KIND``: hold a model and predict."""

from __future__ import annotations

import argparse
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path

from octavo_scorer.contract import Contract
from octavo_scorer.engines.model import Predicts, as_json, failed, joined
from octavo_scorer.engines.together import scores_together
from octavo_scorer.errors import ModelFailed, ScorerError
from octavo_scorer.frames import (
    Answer,
    Answers,
    Load,
    Loaded,
    Refused,
    Report,
    Rows,
    Unframer,
    framed,
    read_order,
)
from octavo_scorer.model_folder import read_model_contract

PR_SET_PDEATHSIG = 1
READ_BYTES = 1 << 18

log = logging.getLogger("octavo.engine")


def end_with(parent: int) -> None:
    """Let the kernel end this process with its parent, however busy the model is then."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def import_engine(kind: str) -> None:
    """Import what loading will need, while the scorer still checks the model's files."""
    if kind == "onnx":
        import octavo_scorer.engines.onnx
    else:
        import octavo_scorer.engines.pyfunc  # noqa: F401


def load(order: Load) -> tuple[Predicts, Contract]:
    """Return the model of an order. Raises ScorerError."""
    folder = Path(order.folder)
    contract = read_model_contract(folder, order.max_rows)
    if order.kind == "onnx":
        from octavo_scorer.engines.onnx import OnnxModel

        return OnnxModel(folder, order.threads, order.provider), contract
    from octavo_scorer.engines.pyfunc import PyfuncModel

    device = "cuda" if order.provider == "cuda" else "cpu"
    return PyfuncModel(folder, contract, device), contract


def answer(model: Predicts, requests: list[Rows]) -> list[Answer]:
    """Return one answer a request; what one request's rows do to the model is its own affair."""
    together = joined(requests) if len(requests) > 1 else requests[0]
    if together is None:
        return [one for request in requests for one in answer(model, [request])]
    try:
        predicted = model.predict(together)
        if len(predicted) != together.size:
            raise ModelFailed(
                f"The model gave {len(predicted)} predictions for {together.size} rows.",
                "A deployed model gives one prediction a row.",
            )
        return split(predicted, requests)
    except Exception as error:
        # Whatever the author's code raises, also while its answer is read.
        if len(requests) > 1:
            return [one for request in requests for one in answer(model, [request])]
        said = failed(error)
        log.warning("failed: %s", said.message, exc_info=True)
        return [Answer(predictions=b"", message=said.message, remedy=said.remedy)]


def split(predicted: object, requests: list[Rows]) -> list[Answer]:
    """Return each request's part of predictions that were made together."""
    answers, start = [], 0
    for request in requests:
        part = predicted[start : start + request.size]  # type: ignore[index]
        answers.append(Answer(predictions=as_json(part)))
        start += request.size
    return answers


class Engine:
    """Takes orders over the socket until it ends."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._model: Predicts | None = None

    def serve(self) -> None:
        """Do what comes, one after the other."""
        unframer = Unframer()
        while data := self._line.recv(READ_BYTES):
            for frame in unframer.feed(data):
                self._line.sendall(framed(self._do(frame)))

    def _do(self, frame: bytes) -> Report:
        order = read_order(frame)
        if isinstance(order, Load):
            return self._load(order)
        if self._model is None:
            raise RuntimeError("asked to predict before a model was loaded")
        return Answers(answers=answer(self._model, order.requests))

    def _load(self, order: Load) -> Report:
        started = time.perf_counter()
        try:
            self._model, contract = load(order)
        except ScorerError as error:
            return Refused(message=error.message, remedy=error.remedy)
        together = scores_together(self._model, Path(order.folder), contract)
        # What is in memory now stays: later collections needn't look at it again.
        gc.collect()
        gc.freeze()
        seconds = time.perf_counter() - started
        return Loaded(together=together, device=self._model.device, seconds=seconds)


def main() -> int:
    """Run until the scorer closes the socket."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    parser = argparse.ArgumentParser("octavo_scorer.engines")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--kind", choices=("onnx", "pyfunc"), required=True)
    options = parser.parse_args()
    end_with(options.parent)
    import_engine(options.kind)
    with socket.socket(fileno=options.fd) as line:
        Engine(line).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
