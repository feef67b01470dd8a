"""Values that requests need all the time, read at most so often, and never twice at once.

While a value is young it is answered from memory. While it is older but usable, the request in
hand gets it all the same and a thread reads it again. Only what is missing or too old is waited
for.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

log = logging.getLogger("octavo.server")

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True)
class _Kept(Generic[Value]):
    value: Value
    read_at: float


class Fresh(Generic[Key, Value]):
    """Keeps what ``load`` returns by key."""

    def __init__(
        self,
        load: Callable[[Key], Value],
        *,
        young_s: float,
        usable_s: float,
        most: int = 10_000,
        threads: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``most`` keys are kept; one that is too many makes all of them be read again."""
        self._load = load
        self._young_s = young_s
        self._usable_s = usable_s
        self._most = most
        self._clock = clock
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="fresh")
        self._lock = threading.Lock()
        self._kept: dict[Key, _Kept[Value]] = {}
        self._flying: dict[Key, Future[Value]] = {}

    async def get(self, key: Key) -> Value:
        """Return the value; raises what ``load`` raises when no usable one is kept."""
        kept = self._kept.get(key)
        if kept is not None:
            age = self._clock() - kept.read_at
            if age < self._young_s:
                return kept.value
            if age < self._usable_s:
                self.renew(key)
                return kept.value
        return await asyncio.wrap_future(self.renew(key))

    def knows(self, key: Key) -> bool:
        """Return whether something is kept for a key, however old."""
        return key in self._kept

    def renew(self, key: Key) -> Future[Value]:
        """Read a value again, in a thread; one that is being read is waited for."""
        with self._lock:
            flying = self._flying.get(key)
            if flying is None:
                flying = self._flying[key] = self._pool.submit(self._read, key)
            return flying

    def put(self, key: Key, value: Value) -> None:
        """Keep a value that somebody read just now."""
        with self._lock:
            if key not in self._kept and len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[key] = _Kept(value, self._clock())

    def forget(self, key: Key) -> None:
        """Let the next request wait for a new value."""
        with self._lock:
            self._kept.pop(key, None)

    def run(self, call: Callable[..., object], *arguments: object) -> None:
        """Do something else in the threads that read; an error goes to the log."""

        def logged() -> None:
            try:
                call(*arguments)
            except Exception:
                log.exception("%r failed", call)

        self._pool.submit(logged)

    def close(self) -> None:
        """Wait for what is being read and end the threads."""
        self._pool.shutdown()

    def _read(self, key: Key) -> Value:
        try:
            value = self._load(key)
            self.put(key, value)
            return value
        except Exception:
            # A value that can't be read again is used until it is too old, and then not any more.
            kept = self._kept.get(key)
            if kept is not None and self._clock() - kept.read_at >= self._usable_s:
                self.forget(key)
            raise
        finally:
            with self._lock:
                self._flying.pop(key, None)
