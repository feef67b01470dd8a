"""``python -m octavo_server.adapters.scorer_keeper``: the process that scorers are children of.

The worker decides what runs; this process holds it, and does nothing else. So a worker that dies
takes no live version with it: the next worker finds the scorers as they were. A keeper that nobody
asks for a minute ends with all of its scorers.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import socket
import struct
import sys
from pathlib import Path

import msgspec

from octavo.local.accounts import AccountError, Accounts
from octavo_server.adapters.scorer_processes import Lent, ScorerProcesses, Seen, Start

ALONE_S = 60.0
"""Seconds without any question after which the keeper ends."""
HEARD_S = 5.0
"""Seconds for a question to arrive."""
MOST_BYTES = 1 << 20
"""Bytes of a question."""
SOCKET, LOCK = "keeper/s", "keeper/lock"
"""Places below the installation's folder; the folder is the services' own."""

log = logging.getLogger("octavo.scorers")


class Order(msgspec.Struct, frozen=True):
    """What the worker wants."""

    verb: str
    """start, look, stop, known or close."""
    scorer: str = ""
    start: Start | None = None


class Answer(msgspec.Struct, frozen=True):
    """What became of it."""

    release: str = ""
    """Release that the keeper runs."""
    seen: Seen | None = None
    known: dict[str, Lent] = {}
    error: str = ""
    """Why it couldn't be done."""


class Keeper:
    """Answers one question after the other."""

    def __init__(self, processes: ScorerProcesses, release: str) -> None:
        self._processes = processes
        self._release = release
        self._over = False

    def serve(self, listener: socket.socket, alone_s: float) -> None:
        """Answer until told to close, or until nobody asks any more."""
        listener.settimeout(alone_s)
        while not self._over:
            try:
                line, _ = listener.accept()
            except TimeoutError:
                log.warning("nobody asked for %g s: all scorers are ended", alone_s)
                return
            with line:
                line.settimeout(HEARD_S)
                self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        if _asker(line) != os.geteuid():
            return
        try:
            order = msgspec.json.decode(read_all(line), type=Order)
            answer = self.do(order)
            line.sendall(msgspec.json.encode(answer))
        except (OSError, msgspec.DecodeError):
            log.exception("a question was lost")

    def do(self, order: Order) -> Answer:
        """Do what the worker wants."""
        processes = self._processes
        try:
            if order.verb == "start" and order.start is not None:
                return Answer(self._release, processes.start(order.start))
            if order.verb == "look":
                return Answer(self._release, processes.look(order.scorer))
            if order.verb == "stop":
                processes.stop(order.scorer)
            self._over = order.verb == "close"
        except (AccountError, OSError) as error:
            return Answer(self._release, error=str(error))
        return Answer(self._release, known=dict(processes.known()))


def read_all(line: socket.socket) -> bytes:
    """Return all that comes until the other side has said everything. Raises OSError."""
    parts: list[bytes] = []
    while data := line.recv(1 << 16):
        parts.append(data)
        if sum(map(len, parts)) > MOST_BYTES:
            raise OSError(f"more than {MOST_BYTES:,} bytes")
    return b"".join(parts)


def _asker(line: socket.socket) -> int:
    """Return the user at the other end, as the kernel says it."""
    peer = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", peer)[1])


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def main() -> int:
    """Run until nobody needs the scorers any more."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    parser = argparse.ArgumentParser("scorer_keeper")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--alone-s", type=float, default=ALONE_S)
    options = parser.parse_args()
    home: Path = options.home
    address = home / SOCKET
    address.parent.mkdir(mode=0o700, exist_ok=True)
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.error("another keeper has the scorers of %s", home)
            return 1
        address.unlink(missing_ok=True)
        signal.signal(signal.SIGTERM, _stop)
        processes = ScorerProcesses(home, Accounts(home))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(address))
            address.chmod(0o600)
            listener.listen(16)
            try:
                Keeper(processes, options.release).serve(listener, options.alone_s)
            finally:
                address.unlink(missing_ok=True)
                processes.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
