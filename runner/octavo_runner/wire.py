"""The kernel's messages, as the Jupyter messaging specification (5.3) has them, over ZeroMQ.

A client that writes only what a run needs, so that a run's process stays small. What a kernel sends
is somebody else's text: it is never unpickled, and a message that isn't one is dropped.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import zmq

DELIMITER = b"<IDS|MSG>"
VERSION = "5.3"
LARGEST_MESSAGE = 512 * 2**20
"""Bytes of one part of a message; ZeroMQ drops the connection at more."""


@dataclass(slots=True)
class Message:
    """One message of a kernel."""

    kind: str
    """Its ``msg_type``."""
    header: dict[str, Any]
    parent: str
    """Id of the request it belongs to; empty when it names none."""
    content: dict[str, Any]
    buffers: list[bytes]


class Connection:
    """The sockets to one kernel; ``place`` is a folder for IPC or an address for TCP."""

    def __init__(self, info: Mapping[str, Any], largest: int = LARGEST_MESSAGE) -> None:
        """``info`` is what the connection file holds; ``largest`` is in bytes."""
        self._key = str(info["key"]).encode()
        self._session = uuid.uuid4().hex
        self._count = 0
        self._context = zmq.Context()
        self.shell = self._connected(zmq.DEALER, info, "shell_port", largest)
        self.control = self._connected(zmq.DEALER, info, "control_port", largest)
        self.iopub = self._connected(zmq.SUB, info, "iopub_port", largest)
        self.iopub.setsockopt(zmq.SUBSCRIBE, b"")

    def send(
        self,
        socket: zmq.Socket[bytes],
        kind: str,
        content: Mapping[str, Any],
        parent: Mapping[str, Any] | None = None,
    ) -> str:
        """Send a request and return its id."""
        self._count += 1
        identifier = f"{self._session}_{self._count}"
        header = {
            "msg_id": identifier,
            "msg_type": kind,
            "session": self._session,
            "username": "octavo",
            "date": datetime.now(UTC).isoformat(),
            "version": VERSION,
        }
        parts = [json.dumps(part).encode() for part in (header, parent or {}, {}, content)]
        socket.send_multipart([DELIMITER, self._signature(parts), *parts])
        return identifier

    def receive(self, socket: zmq.Socket[bytes]) -> Message | None:
        """Return the next message without waiting; None when there is none, or it isn't one."""
        try:
            parts = socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None
        return self._read(parts)

    def close(self) -> None:
        """Close the sockets."""
        self._context.destroy(linger=0)

    def _read(self, parts: list[bytes]) -> Message | None:
        try:
            first = parts.index(DELIMITER) + 1
            signature, *body = parts[first:]
            if not hmac.compare_digest(signature, self._signature(body[:4])):
                return Message("unsigned", {}, "", {}, [])
            header, parent, content = (json.loads(body[place]) for place in (0, 1, 3))
            kind, asked = str(header["msg_type"]), str(parent.get("msg_id", ""))
            return Message(kind, header, asked, dict(content), body[4:])
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return Message("unreadable", {}, "", {}, [])

    def _signature(self, parts: list[bytes]) -> bytes:
        if not self._key:
            return b""
        return hmac.digest(self._key, b"".join(parts), hashlib.sha256).hex().encode()

    def _connected(
        self, kind: int, info: Mapping[str, Any], port: str, largest: int
    ) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RCVHWM, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, largest)
        ipc = info["transport"] == "ipc"
        between = "-" if ipc else ":"
        socket.connect(f"{info['transport']}://{info['ip']}{between}{info[port]}")
        return socket
