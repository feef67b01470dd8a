"""What a kernel publishes becomes a cell's outputs, as nbclient has it.

One difference: stream outputs of one name that follow each other are one output. How a kernel cuts
what is printed into messages is chance, and 100,000 pieces are no use to anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from octavo_runner.widgets import Widgets
from octavo_runner.wire import Message

Output = dict[str, Any]
Cell = dict[str, Any]
Make = Callable[[Output], Output]

DISPLAYED = frozenset({"execute_result", "display_data", "update_display_data"})


class Outputs:
    """The outputs of a notebook's cells while it is executed."""

    def __init__(
        self,
        widgets: Widgets,
        *,
        make: Make = dict,
        printed: Callable[[str, str], None] = lambda _name, _text: None,
        changed: Callable[[int], None] = lambda _index: None,
    ) -> None:
        """Take what makes an output of a dict, and who hears of streams and of changed cells."""
        self._widgets = widgets
        self._make = make
        self._printed = printed
        self._changed = changed
        self._cell: Cell = {}
        self._index = 0
        self._cells: dict[int, Cell] = {}
        self._displays: dict[str, dict[int, list[int]]] = {}
        self._clears_next = False
        self._pieces: list[str] = []
        self._streaming: Output | None = None
        self.size = 0
        """Characters of all outputs that came, counting those that were cleared."""

    def begin(self, cell: Cell, index: int) -> None:
        """Take what comes from now on for ``cell``."""
        self.settle()
        self._cell, self._index = cell, index
        self._cells[index] = cell
        cell["outputs"] = []
        self._clears_next = False

    def settle(self) -> None:
        """Put the pieces of the stream under way together."""
        if self._streaming is not None:
            self._streaming["text"] = "".join(self._pieces)
            self._pieces = [self._streaming["text"]]

    def take(self, message: Message) -> Output | None:
        """Apply one published message and return the output it added, if it added one."""
        kind, content = message.kind, message.content
        transient = content.get("transient")
        display = transient.get("display_id") if isinstance(transient, dict) else None
        if display and kind in DISPLAYED:
            self._update(str(display), content)
        if "execution_count" in content:
            self._cell["execution_count"] = content["execution_count"]
        if kind == "clear_output":
            self._clear(message)
        elif kind.startswith("comm"):
            self._widgets.take(message)
        elif kind in {"stream", "display_data", "execute_result", "error"}:
            return self._output(message, str(display) if display else None)
        return None

    def _output(self, message: Message, display: str | None) -> Output | None:
        found = output_of(message.kind, message.content)
        self.size += _size(found)
        if self._widgets.captures(message, found):
            return None
        if self._clears_next:
            self._empty()
            self._clears_next = False
        outputs = self._cell["outputs"]
        if display:
            places = self._displays.setdefault(display, {}).setdefault(self._index, [])
            places.append(len(outputs))
        if found["output_type"] == "stream":
            self._stream(found, outputs)
        else:
            self.settle()
            self._streaming = None
            outputs.append(self._make(found))
        return found

    def _stream(self, found: Output, outputs: list[Output]) -> None:
        self._printed(found["name"], found["text"])
        last = self._streaming
        if last is not None and outputs and outputs[-1] is last and last["name"] == found["name"]:
            self._pieces.append(found["text"])
            return
        self.settle()
        made = self._make(found)
        outputs.append(made)
        self._streaming, self._pieces = made, [found["text"]]

    def _clear(self, message: Message) -> None:
        wait = bool(message.content.get("wait"))
        if self._widgets.clears(message, wait=wait):
            return
        if wait:
            self._clears_next = True
        else:
            self._empty()

    def _empty(self) -> None:
        self._streaming = None
        self._cell["outputs"] = []
        for places in self._displays.values():
            if self._index in places:
                places[self._index] = []

    def _update(self, display: str, content: Mapping[str, Any]) -> None:
        for index, places in self._displays.get(display, {}).items():
            outputs = self._cells[index]["outputs"]
            for place in places:
                fresh = self._make({"data": content["data"], "metadata": content["metadata"]})
                outputs[place]["data"] = fresh["data"]
                outputs[place]["metadata"] = fresh["metadata"]
            if places and index != self._index:
                self._changed(index)


def output_of(kind: str, content: Mapping[str, Any]) -> Output:
    """Return the notebook format's output for a message. Raises KeyError for a part it lacks."""
    if kind == "stream":
        return {"output_type": kind, "name": str(content["name"]), "text": str(content["text"])}
    if kind == "error":
        return {
            "output_type": kind,
            "ename": str(content["ename"]),
            "evalue": str(content["evalue"]),
            "traceback": [str(line) for line in content["traceback"]],
        }
    found = {
        "output_type": kind,
        "metadata": dict(content["metadata"]),
        "data": dict(content["data"]),
    }
    if kind == "execute_result":
        found["execution_count"] = content["execution_count"]
    return found


def _size(output: Mapping[str, Any]) -> int:
    kind = output["output_type"]
    if kind == "stream":
        return len(output["text"]) + 50
    if kind == "error":
        return sum(map(len, output["traceback"])) + len(output["evalue"]) + 50
    return 50 + sum(
        len(one) if isinstance(one, str) else len(str(one)) for one in output["data"].values()
    )
