"""Whether long work has to stop: its worker ends, or a person cancelled it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

LOOK_EVERY_S: Final = 0.5
"""Seconds between two looks at whether somebody cancelled."""


class Stop:
    """Tells whether to stop; looks whether somebody cancelled now and then."""

    def __init__(self, cancelled: Callable[[], bool], stopping: threading.Event) -> None:
        """``cancelled`` may take its time; ``stopping`` is set when the worker ends."""
        self._cancelled = cancelled
        self._stopping = stopping
        self._next = 0.0
        self._asked = False

    def __call__(self) -> bool:
        """Return True from when somebody wanted it to stop."""
        if self._asked or self._stopping.is_set():
            return True
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LOOK_EVERY_S
            self._asked = self._cancelled()
        return self._asked
