"""The folder of profile files, and how a document is written: YAML under a JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from octavo_server.adapters.document_schema import DocumentSchema
from octavo_server.adapters.safe_yaml import LARGEST, MOST_NODES, read_yaml, write_yaml
from octavo_server.workspaces.profiles.findings import Reading

SCHEMA = "profile.schema.json"
DEEPEST_FORM = 20
"""Levels of a form's document that are written down; the reader then refuses half of them."""
LARGEST_WHOLE = 10**15


class ProfileFolder:
    """The profiles of one folder, one YAML file each."""

    def __init__(self, folder: Path) -> None:
        """Take the folder."""
        self._folder = folder

    def texts(self) -> dict[str, str]:
        """Return the text of each file by its name; what is no UTF-8 is shown as such."""
        files = sorted(self._folder.glob("*.yaml"))
        return {file.name: text_of(file) for file in files}


def text_of(file: Path) -> str:
    """Return a file's text, no more of it than shows that it is too long."""
    with file.open("rb") as stream:
        return stream.read(4 * LARGEST + 4).decode("utf-8", errors="replace")


class ProfileFormat:
    """How a profile's document is written."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that the schema lies in as ``profile.schema.json``."""
        self._folder = folder

    @cached_property
    def _schema(self) -> DocumentSchema:
        return DocumentSchema.of(self._folder / SCHEMA)

    def schema(self) -> Mapping[str, Any]:
        """Return the JSON Schema of documents."""
        return self._schema.content

    def read(self, text: str) -> Reading:
        """Return what a text says and what is wrong with its form; never raises."""
        reading = read_yaml(text)
        if reading.raw is None:
            return reading
        faults = (*reading.faults, *self._schema.faults(reading.raw))
        return replace(reading, faults=faults, document=None if faults else reading.document)

    def write(self, document: Mapping[str, Any]) -> str:
        """Return a document as text, its fields in the schema's order.

        Raises ValueError for what no text can say: too deep, or of other values than JSON's.
        """
        _check_writable(document)
        return write_yaml(self._schema.in_order(document))


def _check_writable(document: Mapping[str, Any]) -> None:
    level: list[Any] = [document]
    nodes = 0
    for _ in range(DEEPEST_FORM):
        nodes += len(level)
        if nodes > MOST_NODES:
            raise ValueError(f"it has more than {MOST_NODES} values")
        inner: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                if not all(isinstance(key, str) for key in one):
                    raise ValueError("its fields must have names")
                inner += one.values()
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, int) and not isinstance(one, bool) and abs(one) > LARGEST_WHOLE:
                raise ValueError(f"it has a number over {LARGEST_WHOLE:.0e}")
            elif not isinstance(one, str | int | float | bool | None):
                raise ValueError(f"it holds a {type(one).__name__}")
        if not inner:
            return
        level = inner
    raise ValueError(f"it is nested more than {DEEPEST_FORM} levels deep")
