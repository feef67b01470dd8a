"""Asks the process that holds the scorers, starts it where there is none, and ends it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from octavo_server.adapters.scorer_orders import (
    SOCKET,
    Answer,
    Order,
    other_side,
    read_all,
    release,
)
from octavo_server.errors import Unavailable

ANSWER_S = 60.0
"""Seconds for the keeper to answer: an account may have to be made first."""
KEEPER_S = 30.0
"""Seconds for a keeper to come up, and for one to end its scorers."""
AGAIN_S = 0.02
"""Seconds between two looks for a keeper that is coming."""
PULSE_S = 15.0
"""Seconds between two questions that only say that the worker lives: one that fetches a large
model, or whose database is away, asks nothing else, and its live versions must not end for that."""
TAIL_BYTES, QUOTED = 2_048, 300
"""Bytes of the log's end that are searched for a reason, and characters of it that are said."""


class KeeperClient:
    """The worker's side."""

    def __init__(
        self,
        home: Path,
        answer_s: float = ANSWER_S,
        keeper_s: float = KEEPER_S,
        pulse_s: float = PULSE_S,
        user: int | None = None,
    ) -> None:
        """Nothing is touched before the first question; ``user`` is whose keeper is trusted."""
        self._home = home
        self._answer_s = answer_s
        self._keeper_s = keeper_s
        self._pulse_s = pulse_s
        self._user = os.geteuid() if user is None else user
        self._process: subprocess.Popen[bytes] | None = None
        self._no_pulse: threading.Event | None = None

    def ask(self, order: Order) -> Answer | None:
        """Return the keeper's answer; None where there is none. Raises Unavailable."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            process = self._connect(line)
            return None if process is None else self._told(line, process, order, self._answer_s)

    def ensure(self) -> None:
        """Start a keeper unless one answers. Raises OSError, Unavailable."""
        if self.ask(Order("known")) is not None:
            return
        if self._process is not None:
            self._process.poll()  # one that was killed from outside is let go
        logs = self._home / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        argv = [
            sys.executable, "-m", "octavo_server.adapters.scorer_keeper",
            "--home", str(self._home), "--release", release(),
        ]  # fmt: skip
        with (logs / "scorer-keeper.log").open("ab") as output:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=os.sep,
            )
        self._wait_for(self._process)

    def live(self) -> None:
        """Let the keeper know from now on that this process lives."""
        if self._no_pulse is None:
            self._no_pulse = threading.Event()
            threading.Thread(
                target=self._say, args=(self._no_pulse,), name="scorers' pulse", daemon=True
            ).start()

    def end(self) -> None:
        """End the keeper with all of its scorers; one that doesn't end by itself is killed."""
        if self._no_pulse is not None:
            self._no_pulse.set()
            self._no_pulse = None
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            process = self._connect(line)
            if process is not None:
                self._end(line, process)
        if self._process is not None:
            try:
                self._process.wait(self._keeper_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _end(self, line: socket.socket, process: int) -> None:
        until = time.monotonic() + self._keeper_s
        try:
            keeper = os.pidfd_open(process)
        except OSError:
            return  # it ended meanwhile
        try:
            with contextlib.suppress(Unavailable):
                self._told(line, process, Order("close"), self._keeper_s)
            if not select.select([keeper], [], [], max(until - time.monotonic(), 0))[0]:
                # Its scorers end with it: each sees that whoever holds it is gone.
                signal.pidfd_send_signal(keeper, signal.SIGKILL)
                select.select([keeper], [], [], self._keeper_s)
        finally:
            os.close(keeper)

    def _connect(self, line: socket.socket) -> int | None:
        """Return the keeper's process; None where there is no keeper. Raises Unavailable."""
        address = self._home / SOCKET
        line.settimeout(self._answer_s)
        try:
            line.connect(str(address))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except PermissionError as error:
            raise self._foreign() from error
        except (BlockingIOError, TimeoutError) as error:
            raise Unavailable(
                "What holds the scorers doesn't take any more questions.",
                "See logs/scorer-keeper.log.",
            ) from error
        process, user = other_side(line)
        if user != self._user:
            raise self._foreign()
        return process

    def _told(
        self, line: socket.socket, process: int, order: Order, within_s: float
    ) -> Answer | None:
        """Return the answer over a line; None: it ended while it was asked."""
        try:
            line.sendall(msgspec.json.encode(order))
            line.shutdown(socket.SHUT_WR)
            said = read_all(line, within_s)
        except TimeoutError as error:
            raise Unavailable(
                f"What holds the scorers (process {process}) didn't answer within {within_s:g} s.",
                f"See logs/scorer-keeper.log. `kill -9 {process}` ends it with its scorers; the "
                "worker starts them anew.",
            ) from error
        except OSError:
            return None
        if not said:
            return None
        try:
            return msgspec.json.decode(said, type=Answer)
        except msgspec.DecodeError as error:
            return Answer(error=f"what holds the scorers isn't understood: {error}")

    def _say(self, over: threading.Event) -> None:
        while not over.wait(self._pulse_s):
            with contextlib.suppress(Unavailable):  # whoever asks for something else is told
                self.ask(Order("known"))

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + self._keeper_s
        while self.ask(Order("known")) is None:
            status = process.poll()
            if status is not None:
                why = _last_line(self._home / "logs" / "scorer-keeper.log")
                raise OSError(f"what holds the scorers ended with status {status}: {why}")
            if time.monotonic() > until:
                process.kill()
                process.wait()
                raise OSError(f"what holds the scorers didn't come up within {self._keeper_s:g} s")
            time.sleep(AGAIN_S)

    def _foreign(self) -> Unavailable:
        return Unavailable(
            f"{self._home / SOCKET} belongs to another user than this service's, {self._user}.",
            "Run all of Octavo under the user that owns its state folder.",
        )


def _last_line(log: Path) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
        lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:QUOTED].rstrip(".") if lines else "it said nothing"
