"""Reads what a registration wrote beside a model about its converted form."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from octavo_scorer.errors import Unavailable
from octavo_scorer.formats import Batch

FOLDER = "octavo-onnx"
FORMAT = 1


class Input(msgspec.Struct, frozen=True):
    """One input of the converted model."""

    name: str
    """Its name."""
    type: Literal["float32", "float64", "int32", "int64", "string", "bool"]
    """Its element type."""
    column: str | None = None
    """The signature's column that feeds it; None for a model that takes one tensor."""


class Output(msgspec.Struct, frozen=True):
    """The output that holds the predictions."""

    name: str
    """Its name."""
    answer: Literal["matrix", "vector"] = "matrix"
    """vector: one value a row."""


class Converted(msgspec.Struct, frozen=True):
    """How to feed a converted model, and where it stands in for the model."""

    format: int
    """1."""
    inputs: list[Input]
    """Its inputs."""
    output: Output
    """Its output."""
    nulls: list[str] = []
    """Columns whose missing values gave the model's own predictions when it was converted."""

    def model_path(self, folder: Path) -> str:
        """Return the file to load, below the model's folder."""
        return str(folder / FOLDER / "model.onnx")

    def stands_in(self, batch: Batch) -> bool:
        """Tell whether these rows are of the kind on which both forms were seen to agree."""
        proven = frozenset(self.nulls)
        for one in self.inputs:
            if one.column is None:
                continue
            values = batch.columns.get(one.column)
            if values is None or (one.column not in proven and None in values):
                return False
        return True


def read_converted(folder: Path) -> Converted | None:
    """Return a model's converted form, None when it has none. Raises Unavailable when unreadable.

    ``folder`` was verified against the signed manifest, so an unreadable file is a fault of ours.
    """
    path = folder / FOLDER / "contract.json"
    if not path.is_file():
        return None
    try:
        converted = msgspec.json.decode(path.read_bytes(), type=Converted)
    except msgspec.MsgspecError as error:
        raise Unavailable(
            f"{FOLDER}/contract.json can't be read: {error}.", "Register the model again."
        ) from error
    if converted.format != FORMAT:
        raise Unavailable(
            f"{FOLDER}/contract.json has format {converted.format}, this scorer reads {FORMAT}.",
            "Use a newer scorer image.",
        )
    return converted
