"""What the scorer and its engine process say to each other, over one socket pair.

A frame is four bytes of length, most significant first, and MessagePack.  The engine process runs
the model's code, so it is not trusted: what it says is decoded into these records and no others.
"""

from __future__ import annotations

from typing import Any

import msgspec

from octavo_scorer.errors import Invalid

LENGTH_BYTES = 4
MOST_BYTES = 256 << 20
"""Bytes of one frame."""


class Load(msgspec.Struct, tag="load"):
    """Load a model; the first thing that an engine process is told."""

    folder: str
    """Folder with MLmodel."""
    kind: str
    """onnx or pyfunc."""
    threads: int
    """Threads of one prediction."""
    provider: str
    """cpu, cuda or auto."""
    max_rows: int
    """Most rows of one request."""


class Rows(msgspec.Struct, array_like=True):
    """The checked rows of one request."""

    columns: dict[str, list[Any]]
    """Values by column; empty for a tensor model."""
    tensor: list[Any] | None
    """The rows of a tensor model."""
    size: int
    """How many."""


class Predict(msgspec.Struct, tag="predict"):
    """Predict for several requests at once."""

    requests: list[Rows]


class Loaded(msgspec.Struct, tag="loaded"):
    """The model is in memory."""

    together: bool
    """True: rows don't change each other's predictions, so requests may be scored together."""
    device: str
    """cpu or cuda."""
    seconds: float
    """How long loading took."""


class Refused(msgspec.Struct, tag="refused"):
    """The model can't be loaded."""

    message: str
    """Why."""
    remedy: str
    """What to do."""


class Answer(msgspec.Struct, array_like=True):
    """What became of one request."""

    predictions: bytes
    """JSON list with one value a row; empty when the model failed."""
    message: str = ""
    """Why it failed; empty when it did not."""
    remedy: str = ""
    """What to do."""


class Answers(msgspec.Struct, tag="answers"):
    """One answer a request, in the order asked."""

    answers: list[Answer]


Order = Load | Predict
Report = Loaded | Refused | Answers
_ENCODER = msgspec.msgpack.Encoder()
_ORDERS: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_REPORTS: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def framed(message: Order | Report) -> bytes:
    """Return a message as a frame. Raises Invalid for a number that no frame holds."""
    try:
        body = _ENCODER.encode(message)
    except OverflowError as error:
        raise Invalid(
            "A whole number of the request has more than 64 bits.",
            "Send it as a decimal number, such as 1e20.",
        ) from error
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_order(body: bytes) -> Order:
    """Return what an engine process is told."""
    return _ORDERS.decode(body)


def read_report(body: bytes) -> Report:
    """Return what an engine process says. Raises msgspec.DecodeError for anything else."""
    return _REPORTS.decode(body)


class Unframer:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that are complete now. Raises ValueError for one over the limit."""
        self._kept += data
        frames = []
        while len(self._kept) >= LENGTH_BYTES:
            size = int.from_bytes(self._kept[:LENGTH_BYTES], "big")
            if size > MOST_BYTES:
                raise ValueError(f"a frame of {size:,} bytes, at most {MOST_BYTES:,} are read")
            end = LENGTH_BYTES + size
            if len(self._kept) < end:
                break
            frames.append(bytes(self._kept[LENGTH_BYTES:end]))
            del self._kept[:end]
        return frames
