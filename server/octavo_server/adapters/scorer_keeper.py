"""``python -m octavo_server.adapters.scorer_keeper``: the process that scorers are children of.

The worker decides what runs; this process holds it, and does nothing else. So a worker that dies
takes no live version with it: the next worker finds the scorers as they were. A keeper that nobody
asks for a minute ends with all of its scorers. Nothing that one question brings ends it: live
versions hang on it.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import IO

import msgspec

from octavo.local.accounts import Accounts
from octavo_server.adapters.scorer_orders import (
    LOCK,
    SOCKET,
    Answer,
    Order,
    other_side,
    read_all,
)
from octavo_server.adapters.scorer_processes import ScorerProcesses

ALONE_S = 60.0
"""Seconds without any question after which the keeper ends."""
HEARD_S = 5.0
"""Seconds for a question to arrive, and for its answer to be taken."""
BEFORE_S = 20.0
"""Seconds for a keeper before this one to end its scorers."""
AGAIN_S = 0.05
"""Seconds between two looks whether it has."""

log = logging.getLogger("octavo.scorers")


class Keeper:
    """Answers one question after the other."""

    def __init__(
        self,
        processes: ScorerProcesses,
        release: str,
        alone_s: float = ALONE_S,
        heard_s: float = HEARD_S,
        user: int | None = None,
    ) -> None:
        """Take what holds scorers, and whose questions are answered: its own user's."""
        self._processes = processes
        self._release = release
        self._alone_s = alone_s
        self._heard_s = heard_s
        self._user = os.geteuid() if user is None else user
        self._over = False

    def serve(self, listener: socket.socket) -> None:
        """Answer until told to close, or until nobody asks any more."""
        until = time.monotonic() + self._alone_s
        while not self._over:
            left = until - time.monotonic()
            if left <= 0:
                log.warning("nobody asked for %g s: all scorers are ended", self._alone_s)
                return
            listener.settimeout(left)
            try:
                line, _ = listener.accept()
            except TimeoutError:
                continue
            with line:
                if self._answer(line):
                    until = time.monotonic() + self._alone_s

    def do(self, order: Order) -> Answer:
        """Do what the worker wants; whatever goes wrong with it is said and costs nothing else."""
        try:
            return self._done(order)
        except Exception as error:
            log.exception("%s %s", order.verb, order.scorer)
            return Answer(self._release, error=str(error) or type(error).__name__)

    def _done(self, order: Order) -> Answer:
        processes = self._processes
        if order.verb == "start":
            if order.start is None:
                raise ValueError("it isn't said what to start")
            return Answer(self._release, processes.start(order.start))
        if order.verb == "look":
            return Answer(self._release, processes.look(order.scorer))
        if order.verb == "stop":
            processes.stop(order.scorer)
        self._over = order.verb == "close"
        return Answer(self._release, known=dict(processes.known()))

    def _answer(self, line: socket.socket) -> bool:
        """Answer a question; False: it was none, or not for them to ask."""
        try:
            order, refusal = self._heard(line)
            answer = self.do(order) if order is not None else refusal
            line.settimeout(self._heard_s)
            line.sendall(msgspec.json.encode(answer))
        except OSError as error:
            log.warning("a question was lost: %s", error)
            return False
        return order is not None

    def _heard(self, line: socket.socket) -> tuple[Order | None, Answer]:
        """Return what is wanted, or why it isn't done. Raises OSError."""
        process, user = other_side(line)
        said = read_all(line, self._heard_s)  # to the end: else the refusal would get lost
        if user != self._user:
            log.warning("process %d of user %d asked, and was refused", process, user)
            return None, Answer(error=f"user {self._user} alone is answered, not user {user}")
        try:
            return msgspec.json.decode(said, type=Order), Answer()
        except msgspec.DecodeError as error:
            log.warning("process %d asked what isn't understood: %s", process, error)
            return None, Answer(self._release, error=f"it isn't understood: {error}")


def main() -> int:
    """Run until nobody needs the scorers any more."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    parser = argparse.ArgumentParser("scorer_keeper")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--alone-s", type=float, default=ALONE_S)
    parser.add_argument("--before-s", type=float, default=BEFORE_S)
    options = parser.parse_args()
    home: Path = options.home
    folder = (home / SOCKET).parent
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    with (home / LOCK).open("w") as lock:
        if not _alone(lock, options.before_s):
            log.error("another keeper has the scorers of %s", home)
            return 1
        _hold(home, options.release, options.alone_s)
    return 0


def _alone(lock: IO[str], before_s: float) -> bool:
    """Wait for the keeper before; False: it stays."""
    until = time.monotonic() + before_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(AGAIN_S)
        else:
            return True


def _hold(home: Path, release: str, alone_s: float) -> None:
    """Hold scorers until the end, and end them."""
    address = home / SOCKET
    address.unlink(missing_ok=True)
    signal.signal(signal.SIGTERM, _stop)
    processes = ScorerProcesses(home, Accounts(home))
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(address))
            address.chmod(0o600)
            listener.listen(16)
            Keeper(processes, release, alone_s).serve(listener)
    finally:
        # Who asks now is told that there is no keeper, and waits for nothing.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        address.unlink(missing_ok=True)
        processes.close()


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
