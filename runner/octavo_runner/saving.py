"""Writes the output notebook so that it is whole at every moment: to a file beside it, renamed.

papermill rewrites the notebook in place twice a cell: 200 cells with 4 MB of outputs write 800 MB,
and a kill meanwhile leaves half a notebook. Here a cell is turned to JSON once, and saving takes at
most a twentieth of the time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHARE = 0.05
"""Part of the time that saving may take."""
FIRST_AFTER_S = 1.0
"""A run that is over by then is saved once, at its end."""


class SaveBudget:
    """Says when it is time to save again."""

    def __init__(self) -> None:
        self._next = time.monotonic() + FIRST_AFTER_S

    def due(self) -> bool:
        """Whether saving now keeps within its share."""
        return time.monotonic() >= self._next

    def spent(self, seconds: float) -> None:
        """Take note of what a save took."""
        self._next = time.monotonic() + max(FIRST_AFTER_S, seconds / SHARE)


class NotebookFile:
    """The output notebook of one run on disk."""

    def __init__(
        self, path: Path, notebook: dict[str, Any], hide: Callable[[str], str] = lambda text: text
    ) -> None:
        """``hide`` takes secrets out of JSON text."""
        self._path = path
        self._notebook = notebook
        self._hide = hide
        self._texts: dict[int, bytes] = {}
        self._budget = SaveBudget()

    def changed(self, index: int) -> None:
        """Take note that a cell isn't any more as it was saved last."""
        self._texts.pop(index, None)

    def save_if_due(self) -> None:
        """Save if the budget allows it."""
        if self._budget.due():
            self.save()

    def save(self) -> None:
        """Write the notebook; it is on disk when this returns."""
        began = time.monotonic()
        beside = self._path.with_name(self._path.name + ".part")
        with beside.open("wb") as file:
            file.write(b'{\n "cells": [\n')
            for index, cell in enumerate(self._notebook["cells"]):
                file.write(b",\n" if index else b"")
                file.write(self._text(index, cell))
            rest = {key: one for key, one in self._notebook.items() if key != "cells"}
            file.write(b"\n ],\n" + self._json(rest)[2:] + b"\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        self._budget.spent(time.monotonic() - began)

    def _text(self, index: int, cell: dict[str, Any]) -> bytes:
        if index not in self._texts:
            self._texts[index] = self._json(cell)
        return self._texts[index]

    def _json(self, value: Any) -> bytes:
        text = self._hide(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True))
        try:
            return text.encode()
        except UnicodeEncodeError:  # half a surrogate pair, which only an escape can tell
            return self._hide(json.dumps(value, indent=1, sort_keys=True)).encode()
