"""The browser's part in ipywidgets, as far as an execution without a browser has one.

Widgets' state is kept for the notebook's metadata; the Output widget takes outputs for itself and
sends what it took back to the kernel.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from octavo_runner.wire import Message

Output = dict[str, Any]
Send = Callable[[str, dict[str, Any], dict[str, Any]], None]

STATE_TYPE = "application/vnd.jupyter.widget-state+json"


class OutputArea:
    """One Output widget."""

    def __init__(self, comm: str, state: dict[str, Any]) -> None:
        self.comm = comm
        self.outputs: list[Output] = list(state.get("outputs") or [])
        self.captured = ""
        """Id of the request whose outputs it takes; empty when it takes none."""
        self.clears_next = False

    def add(self, output: Output) -> None:
        """Take an output; a stream goes on with the one before."""
        if self.clears_next:
            self.outputs, self.clears_next = [], False
        last = self.outputs[-1] if self.outputs else None
        if (
            last is not None
            and last["output_type"] == output["output_type"] == "stream"
            and last["name"] == output["name"]
        ):
            last["text"] += output["text"]
        else:
            self.outputs.append(output)


class Widgets:
    """All widgets of one execution."""

    def __init__(self, send: Send) -> None:
        """``send`` takes a message's kind, its content and the header of its parent."""
        self._send = send
        self._state: dict[str, dict[str, Any]] = {}
        self._buffers: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}
        self._areas: dict[str, OutputArea] = {}
        self._hooks: dict[str, list[OutputArea]] = {}

    def take(self, message: Message) -> None:
        """Apply a message of a comm."""
        content = message.content
        comm, data = str(content["comm_id"]), content.get("data", {})
        if "state" in data:
            self._state.setdefault(comm, {}).update(data["state"])
            self._keep_buffers(comm, data, message.buffers)
        if message.kind == "comm_open" and content.get("target_name") == "jupyter.widget":
            state = data.get("state", {})
            if state.get("_model_module") == "@jupyter-widgets/output":
                self._areas[comm] = OutputArea(comm, state)
        elif message.kind == "comm_msg" and comm in self._areas and "state" in data:
            self._set(self._areas[comm], data["state"])

    def captures(self, message: Message, output: Output) -> bool:
        """Whether an Output widget takes this output instead of its cell."""
        areas = self._hooks.get(message.parent)
        if not areas:
            return False
        areas[-1].add(output)
        self._told(areas[-1], message)
        return True

    def clears(self, message: Message, *, wait: bool) -> bool:
        """Whether an Output widget is cleared instead of the cell."""
        areas = self._hooks.get(message.parent)
        if not areas:
            return False
        if wait:
            areas[-1].clears_next = True
        else:
            areas[-1].outputs = []
            self._told(areas[-1], message)
        return True

    def metadata(self) -> dict[str, Any] | None:
        """Return what the notebook's metadata keeps of widgets; None without any."""
        if not self._state:
            return None
        kept = {
            comm: self._kept(comm, state)
            for comm, state in self._state.items()
            if "_model_name" in state
        }
        return {STATE_TYPE: {"state": kept, "version_major": 2, "version_minor": 0}}

    def _kept(self, comm: str, state: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "model_name": state.get("_model_name"),
            "model_module": state.get("_model_module"),
            "model_module_version": state.get("_model_module_version"),
            "state": dict(state),
        }
        if comm in self._buffers:
            kept["buffers"] = list(self._buffers[comm].values())
        return kept

    def _keep_buffers(self, comm: str, data: Mapping[str, Any], buffers: list[bytes]) -> None:
        for path, buffer in zip(data.get("buffer_paths") or (), buffers, strict=False):
            self._buffers.setdefault(comm, {})[tuple(map(str, path))] = {
                "data": base64.b64encode(buffer).decode(),
                "encoding": "base64",
                "path": path,
            }

    def _set(self, area: OutputArea, state: Mapping[str, Any]) -> None:
        if "msg_id" not in state:
            return
        asked = str(state["msg_id"] or "")
        if asked:
            self._hooks.setdefault(asked, []).append(area)
        elif self._hooks.get(area.captured):
            self._hooks[area.captured].pop()
        area.captured = asked

    def _told(self, area: OutputArea, message: Message) -> None:
        """Send what the widget holds back to the kernel, as a browser would."""
        data = {"method": "update", "state": {"outputs": area.outputs}, "buffer_paths": []}
        self._send("comm_msg", {"data": data, "comm_id": area.comm}, message.header)
        self._state.setdefault(area.comm, {})["outputs"] = area.outputs
