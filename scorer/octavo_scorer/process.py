"""Starts an engine process and speaks with it over a socket pair."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from octavo_scorer.frames import Order, Report, Unframer, framed, read_report

END_S = 5.0
"""Seconds for an engine to end after its socket was closed."""
PAGE = os.sysconf("SC_PAGE_SIZE")

log = logging.getLogger("octavo.scorer")


class EngineProcess(asyncio.Protocol):
    """One child process with a model in it.

    ``heard`` is called with each report, ``ended`` once, with the reason in words, when the
    process is gone without having been told to.
    """

    def __init__(self, heard: Callable[[Report], None], ended: Callable[[str], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._unframer = Unframer()
        self._transport: asyncio.Transport | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._told = False

    @property
    def pid(self) -> int:
        """Process id; 0 before it was started."""
        return self._process.pid if self._process is not None else 0

    async def start(self, kind: str) -> None:
        """Start the process; it imports its engine and waits to be told what to load."""
        ours, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-m", "octavo_scorer.engines"]
            argv += ["--fd", str(theirs.fileno()), "--parent", str(os.getpid()), "--kind", kind]
            self._process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                argv, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=ours)

    def tell(self, order: Order) -> None:
        """Send an order."""
        self.tell_frame(framed(order))

    def tell_frame(self, frame: bytes) -> None:
        """Send an order that is a frame already."""
        if self._transport is not None:
            self._transport.write(frame)

    def resident_bytes(self) -> int:
        """Return its resident memory; 0 when it is gone."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1]) * PAGE
        except (OSError, IndexError, ValueError):
            return 0

    def kill(self) -> None:
        """End it at once; ``ended`` is called."""
        if self._process is not None:
            self._process.kill()

    async def end(self) -> None:
        """End it and wait for that; ``ended`` is not called."""
        self._told = True
        if self._transport is not None:
            self._transport.close()
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Hand on what the engine says; one that says anything else is ended."""
        try:
            for frame in self._unframer.feed(data):
                self._heard(read_report(frame))
        except (ValueError, msgspec.MsgspecError):
            log.exception("the engine said what no engine says")
            self.kill()

    def connection_lost(self, _error: Exception | None) -> None:
        """Say why the engine is gone, unless it was told to go."""
        if self._told or self._process is None:
            return
        process = self._process
        process.kill()  # it closed its socket: whatever it still does, nobody hears it
        self._ended(f"ended with {how(process.wait())}")


def how(status: int) -> str:
    """Return a process' exit status in words."""
    return f"signal {-status}" if status < 0 else f"status {status}"


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
