"""Which kernels run a cell, read from what the kernels themselves publish.

Jupyter Server keeps an ``execution_state`` for each kernel, with or without a browser, but any
message that a kernel answers beside its cell resets it: JupyterLab asks for a subshell, or moves a
widget, and a cell that trains for hours is "idle" from then on. And a kernel that is restarted in
the middle of a cell stays "busy". So each kernel's status messages are followed here, request by
request: a kernel is busy while a request for work has no end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_client.session import Session
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from traitlets.log import get_logger

WORK = frozenset({"execute_request", "comm_msg", "comm_open"})
"""Requests that run a person's code: cells, and what widgets set off."""
STATUS_TOPICS = (b"kernel", b"status")
"""How the topics of status messages begin, by kernel; output stays with its publisher."""
ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"


class Work:
    """The requests that one kernel is busy with."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether a request for work has begun and not ended."""
        return bool(self._under_way)

    def record(self, message: Mapping[str, Any]) -> None:
        """Take a message that a kernel published; only its status messages say something."""
        if message["header"]["msg_type"] != "status":
            return
        state = message["content"].get("execution_state")
        parent = message.get("parent_header") or {}
        if state == "starting":
            self._under_way.clear()
        elif state == "idle":
            self._under_way.discard(parent.get("msg_id", ""))
        elif state == "busy" and parent.get("msg_type") in WORK:
            self._under_way.add(parent["msg_id"])


class Watch:
    """Follows one kernel for as long as it is not closed."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel
        self.work = Work()
        self._session = Session(config=kernel.session.config, key=kernel.session.key)
        self._stream = kernel.connect_iopub()
        for topic in STATUS_TOPICS:
            self._stream.socket.subscribe(topic)
        self._stream.socket.unsubscribe(b"")
        self._stream.on_recv(self._hear)

    def _hear(self, frames: list[bytes]) -> None:
        _, message = self._session.feed_identities(frames)
        try:
            self.work.record(self._session.deserialize(message))
        except (ValueError, KeyError, TypeError) as fault:
            get_logger().debug("A kernel published what is no status message: %s", fault)

    def close(self) -> None:
        """Stop following."""
        if not self._stream.closed():
            self._stream.close()


class Cells:
    """Follows all kernels of a server."""

    def __init__(self, kernels: MappingKernelManager) -> None:
        self._kernels = kernels
        self._watches: dict[str, Watch] = {}

    async def heard(self, logger: object, schema_id: str, data: Mapping[str, Any]) -> None:
        """Begin and end with a kernel; a listener of Jupyter Server's kernel actions.

        A restarted kernel may have other ports, and its first words may be lost: it is followed
        anew, with nothing under way, here and in Jupyter Server's own state.
        """
        kernel_id = str(data.get("kernel_id", ""))
        watch = self._watches.get(kernel_id)
        if data.get("action") == "restart" and watch is not None:
            watch.kernel.execution_state = "starting"
            self._watches.pop(kernel_id).close()
        self.follow()

    @property
    def followed(self) -> frozenset[str]:
        """The ids of the kernels that are followed."""
        return frozenset(self._watches)

    def follow(self) -> None:
        """Follow every kernel there is, and none that is gone or was replaced."""
        there = dict(self._all())
        for kernel_id in [one for one in self._watches if one not in there]:
            self._watches.pop(kernel_id).close()
        for kernel_id, kernel in there.items():
            watch = self._watches.get(kernel_id)
            if watch is None or watch.kernel is not kernel:
                self._renew(kernel_id, kernel)

    def _renew(self, kernel_id: str, kernel: Any) -> None:
        if kernel_id in self._watches:
            self._watches.pop(kernel_id).close()
        # A kernel behind a gateway has no port here, one that is just starting has none yet.
        if getattr(kernel, "iopub_port", None):
            self._watches[kernel_id] = Watch(kernel)

    def count(self) -> tuple[int, int]:
        """Return how many kernels are busy, and how many there are."""
        self.follow()
        there = dict(self._all())
        return sum(self._is_busy(one, kernel) for one, kernel in there.items()), len(there)

    def _is_busy(self, kernel_id: str, kernel: Any) -> bool:
        state = getattr(kernel, "execution_state", None)
        if state == "dead":
            return False
        watch = self._watches.get(kernel_id)
        return state == "busy" or (watch is not None and watch.work.busy)

    def _all(self) -> Iterator[tuple[str, Any]]:
        for kernel_id in self._kernels.list_kernel_ids():
            try:
                yield kernel_id, self._kernels.get_kernel(kernel_id)
            except KeyError:
                continue

    def close(self) -> None:
        """Stop following all kernels."""
        for watch in self._watches.values():
            watch.close()
        self._watches.clear()
