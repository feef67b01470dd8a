"""One kernel process, from its start to its end."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import zmq

from octavo_runner.errors import KernelDied
from octavo_runner.metering import Meter
from octavo_runner.wire import Connection, Message

PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
TURN = 200
"""Messages that are taken before the limits are looked at again."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a kernel is started."""

    argv: Sequence[str]
    """The command; ``{connection_file}`` stands for the file."""
    environment: Mapping[str, str]
    """All of its environment variables."""
    sockets: Path
    """A private folder with a short path; the connection file and the sockets lie in it."""
    name: str = "python3"
    """What the kernel is called."""
    transport: Literal["ipc", "tcp"] = "ipc"
    interrupts_by_message: bool = False
    """True: it is interrupted by a message instead of a signal."""
    errors: Path | None = None
    """Takes what the process says on its own standard error; None: the starter's."""
    owner: tuple[int, int] | None = None
    """User and group that the connection file is for; None: the starter's own."""
    process: Mapping[str, Any] = field(default_factory=dict)
    """More arguments for ``subprocess.Popen``: account, limits, folder."""


class Kernel:
    """A started kernel and the connection to it."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        info = connection_info(launch)
        self._file = launch.sockets / "kernel.json"
        _write(self._file, info, launch.owner)
        self._process = _start(launch, self._file)
        self.pid = self._process.pid
        self.ended = os.pidfd_open(self.pid)
        """A descriptor that is readable once the process is gone."""
        self.wire = Connection(info)
        self.facts: dict[str, Any] = {}
        """What the kernel says of itself: language_info and more."""

    def alive(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def meter(self) -> Meter:
        """Return what measures it and all that it starts."""
        return Meter(self.pid)

    def wait_ready(self, patience_s: float, look: Callable[[], None] = lambda: None) -> None:
        """Return once requests are answered and outputs arrive.

        Raises KernelDied when it ends first or says nothing within ``patience_s`` seconds.
        """
        deadline = time.monotonic() + patience_s
        heard = False
        asked_at = 0.0
        while not (self.facts and heard):
            now = time.monotonic()
            if now > deadline:
                raise KernelDied(f"The kernel didn't answer within {patience_s:g} s.")
            if now - asked_at > 1.0:
                # Asked again, because what it publishes before we listen is lost.
                self.wire.send(self.wire.shell, "kernel_info_request", {})
                asked_at = now
            shell, published = self.messages(0.2)
            heard = heard or bool(published)
            for message in shell:
                if message.kind == "kernel_info_reply":
                    self.facts = message.content
            if not self.alive() and not self.facts:
                raise KernelDied(f"The kernel died before it was ready.{self.last_words()}")
            look()

    def messages(self, wait_s: float, *also: int) -> tuple[list[Message], list[Message]]:
        """Wait for what comes; return replies and published messages, each in their order.

        ``also`` are further descriptors that end the wait. The kernel's end does too.
        """
        poller = zmq.Poller()
        for one in (self.wire.shell, self.wire.iopub, self.ended, *also):
            poller.register(one, zmq.POLLIN)
        poller.poll(int(wait_s * 1000))
        return self._taken(self.wire.shell), self._taken(self.wire.iopub)

    def execute(self, source: str, *, silent: bool = False, stops: bool = True) -> str:
        """Ask for the execution of ``source`` and return the request's id."""
        content = {
            "code": source,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stops,
        }
        return self.wire.send(self.wire.shell, "execute_request", content)

    def interrupt(self) -> None:
        """Interrupt what it does, as Ctrl-C would."""
        if self._launch.interrupts_by_message:
            self.wire.send(self.wire.control, "interrupt_request", {})
        else:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGINT)

    def leave(self, patience_s: float = 5.0) -> None:
        """Ask it to end as a program ends, with its exit handlers; kill it after a while."""
        if self.alive():
            self.wire.send(self.wire.control, "shutdown_request", {"restart": False})
            select.select([self.ended], [], [], patience_s)
        self.kill()

    def kill(self) -> None:
        """Kill it and its group, and let go of everything."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        if self.ended >= 0:
            os.close(self.ended)
            self.ended = -1
            self.wire.close()
            self._file.unlink(missing_ok=True)

    def last_words(self) -> str:
        """What the process last said on its standard error, as the end of a sentence."""
        if self._launch.errors is None:
            return ""
        with suppress(OSError):
            lines = self._launch.errors.read_bytes()[-2000:].decode(errors="replace").split("\n")
            said = [line for line in lines if line.strip()]
            return f" Its last words: {said[-1][:300]}" if said else ""
        return ""

    def _taken(self, channel: zmq.Socket[bytes]) -> list[Message]:
        found: list[Message] = []
        while len(found) < TURN and (message := self.wire.receive(channel)) is not None:
            found.append(message)
        return found


def connection_info(launch: Launch) -> dict[str, Any]:
    """Choose where the kernel listens, and a key for its messages."""
    if launch.transport == "ipc":
        place, ports = str(launch.sockets / "s"), list(range(1, len(PORTS) + 1))
    else:
        place, ports = "127.0.0.1", _free_ports(len(PORTS))
    return {
        "transport": launch.transport,
        "ip": place,
        **dict(zip(PORTS, ports, strict=True)),
        "key": secrets.token_hex(32),
        "signature_scheme": "hmac-sha256",
        "kernel_name": launch.name,
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _write(file: Path, info: Mapping[str, Any], owner: tuple[int, int] | None) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(info, stream)
        if owner is not None:
            os.fchown(descriptor, *owner)


def _start(launch: Launch, file: Path) -> subprocess.Popen[bytes]:
    argv = [part.replace("{connection_file}", str(file)) for part in launch.argv]
    more = {"start_new_session": True, **launch.process}
    if launch.errors is None:
        return subprocess.Popen(
            argv, env=dict(launch.environment), stdin=subprocess.DEVNULL, **more
        )
    with launch.errors.open("ab") as words:
        return subprocess.Popen(
            argv,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=words,
            **more,
        )
