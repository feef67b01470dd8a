"""Scores partitions with a model: `python -m octavo_server.adapters.batch_child MODEL OUT FD`.

Runs code of the model's author: only ever started under a lent account, without secrets.  FD is one
end of a socket over which orders come, each with its files as open descriptors, and over which
goes what became of them.  This process opens no file of the lake by itself.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from octavo_scorer.contract import Contract
from octavo_scorer.converted import Converted, read_converted
from octavo_scorer.engines.model import Predicts
from octavo_scorer.errors import ScorerError
from octavo_scorer.formats import Batch, by_column
from octavo_scorer.frames import Rows
from octavo_scorer.model_folder import read_model_contract
from octavo_server.adapters.batch_tables import Output, Wanted, chunks

MOST_ROWS: Final = 2**31
MESSAGE: Final = 1 << 18
TELL_EVERY_S: Final = 1.0


class Model:
    """A version's forms in memory; the converted one scores what it was proven on."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load it. Raises ScorerError."""
        self._folder = folder
        self._threads = threads
        self.contract: Contract = read_model_contract(folder, MOST_ROWS)
        self._converted: Converted | None = read_converted(folder)
        self._fast: Predicts | None = None
        self._plain: Predicts | None = None
        self.used: set[str] = set()
        if self._converted is not None:
            from octavo_scorer.engines.onnx import OnnxModel

            self._fast = OnnxModel(folder, threads, "cpu")
        else:
            self._pyfunc()

    def predict(self, batch: Batch) -> Any:
        """Return one prediction a row. Raises ScorerError."""
        rows = Rows(columns=dict(batch.columns), tensor=None, size=batch.size)
        if self._fast is not None and self._converted and self._converted.stands_in(batch):
            self.used.add("onnx")
            return self._fast.predict(rows)
        self.used.add("pyfunc")
        return self._pyfunc().predict(rows)

    def _pyfunc(self) -> Predicts:
        if self._plain is None:
            from octavo_scorer.engines.pyfunc import PyfuncModel

            self._plain = PyfuncModel(self._folder, self.contract)
        return self._plain


class Line:
    """The socket to the worker."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._told = 0.0

    def order(self) -> tuple[dict[str, Any], list[int]] | None:
        """Return the next order with the descriptors of its files; None when there is no more."""
        message, handles, _, _ = socket.recv_fds(self._line, MESSAGE, 1)
        if not message:
            return None
        order: dict[str, Any] = json.loads(message)
        while len(handles) < len(order["files"]):
            _, more, _, _ = socket.recv_fds(self._line, MESSAGE, 1)
            handles += more
        return order, handles

    def tell(self, **report: Any) -> None:
        """Say what became of an order."""
        self._line.sendall(json.dumps(report).encode()[:MESSAGE])

    def still(self, rows: int) -> None:
        """Say now and then that it goes on."""
        if time.monotonic() - self._told >= TELL_EVERY_S:
            self._told = time.monotonic()
            self.tell(said="rows", rows=rows)


def score(model: Model, order: Mapping[str, Any], handles: list[int], out: Path, line: Line) -> int:
    """Score one partition into ``out`` and return its rows. Raises ScorerError."""
    wanted = Wanted(contract=model.contract, keep=tuple(order["keep"]), keys=dict(order["keys"]))
    output = Output(out)
    with ExitStack() as stack:
        files = [stack.enter_context(os.fdopen(one, "rb")) for one in handles]
        for name, file in zip(order["files"], files, strict=True):
            for chunk in chunks(name, file, wanted):
                try:
                    batch = by_column(model.contract, chunk.columns, chunk.size, chunk.first)
                    predictions = model.predict(batch)
                except ScorerError as error:
                    where = f"{name}, rows {chunk.first} to {chunk.first + chunk.size - 1}"
                    raise type(error)(f"{where}: {error.message}", error.remedy) from error
                if len(predictions) != chunk.size:
                    raise ScorerError(
                        f"{name}: the model answered {len(predictions)} predictions for "
                        f"{chunk.size} rows.",
                        "Let it answer one a row.",
                    )
                output.write(name, chunk, predictions)
                line.still(output.rows)
    output.close(wanted.keep)
    return output.rows


def serve(folder: Path, out: Path, line: Line, threads: int) -> None:
    """Load the model, then score what is ordered until nobody orders any more."""
    try:
        model = Model(folder, threads)
    except ScorerError as error:
        line.tell(said="refused", message=error.message, remedy=error.remedy)
        return
    line.tell(said="ready")
    while (found := line.order()) is not None:
        order, handles = found
        begun = time.perf_counter()
        made = out / f"part-{int(order['number'])}.parquet"
        made.unlink(missing_ok=True)
        model.used.clear()
        try:
            rows = score(model, order, handles, made, line)
        except ScorerError as error:
            line.tell(said="failed", message=error.message[:2_000], remedy=error.remedy[:1_000])
            continue
        engine = next(iter(model.used), "none") if len(model.used) < 2 else "mixed"
        seconds = time.perf_counter() - begun
        line.tell(said="scored", rows=rows, seconds=seconds, engine=engine)


def main() -> None:
    """Do what comes over the socket."""
    warnings.simplefilter("ignore")
    folder, out, handle, threads = sys.argv[1:5]
    with socket.socket(fileno=int(handle)) as line:
        serve(Path(folder), Path(out), Line(line), int(threads))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
