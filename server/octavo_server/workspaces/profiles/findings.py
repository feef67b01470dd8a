"""Records of what checking a document found, and of what profiles can run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from octavo_server.workspaces.profiles.domain import Profile

Place = tuple[str | int, ...]
"""Where something stands in a document: keys and positions, from the outside in."""
LONGEST_SHOWN = 80
"""Characters of a value that a message shows."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of a document, or one remark on it, before its line is known."""

    place: Place
    """The field; empty: the whole document."""
    value: str
    """The value found, shortened."""
    limit: str
    """What is allowed there; empty where nothing can be said."""
    message: str
    """The fault as a sentence."""
    severity: Literal["error", "warning"] = "error"
    """An error keeps the document from being published."""
    line: int | None = None
    """Line from 1, where the reader knows it better than the place does."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault of a document, or one remark on it."""

    severity: Literal["error", "warning"]
    """An error keeps the document from being published."""
    file: str
    """File, or the name under which the document was sent."""
    line: int | None
    """Line from 1; None: the whole document."""
    field: str
    """Field with dots between its parts; empty: the whole document."""
    value: str
    """The value found, shortened."""
    limit: str
    """What is allowed there; empty where nothing can be said."""
    message: str
    """The fault as a sentence."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A document as it was read."""

    document: Mapping[str, Any] | None
    """The document; None when it is no YAML, or has not the form that the schema asks for."""
    raw: dict[str, Any] | None
    """What was read, whatever its form; None when it is no YAML."""
    lines: Mapping[Place, int]
    """Line of each field, from 1."""
    faults: tuple[Fault, ...]
    """What was wrong."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What checking a document found."""

    text: str
    """The document as YAML."""
    raw: dict[str, Any] | None
    """What was read; None when it is no YAML."""
    profile: Profile | None
    """What it describes; None while it has errors in its form."""
    retirement: Mapping[str, str] | None
    """Where people are to be led, and what they are told, when it says so."""
    findings: tuple[Finding, ...]
    """Faults and remarks, in the order of lines."""
    fits: tuple[str, ...]
    """Node pools, or the machine, that it fits on."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what keeps it from being published."""
        return tuple(one for one in self.findings if one.severity == "error")


@dataclass(frozen=True, kw_only=True)
class Taint:
    """A taint of a pool's nodes."""

    key: str
    """Its key."""
    value: str = ""
    """Its value; empty for none."""
    effect: str = "NoSchedule"
    """What it does to whom doesn't tolerate it."""


@dataclass(frozen=True, kw_only=True)
class NodePool:
    """Nodes that are all alike, or this one machine."""

    name: str
    """Name of the pool."""
    cpu: float
    """CPU cores of one node that workspaces may have."""
    memory_gib: float
    """Memory of one node that workspaces may have, in GiB."""
    gpu: int
    """GPUs of one node."""
    gpu_type: str | None
    """Product name of the GPUs; None where there is none."""
    labels: Mapping[str, str]
    """Labels of its nodes."""
    taints: tuple[Taint, ...] = ()
    """Taints of its nodes."""
    spot: bool = False
    """Whether its nodes may be taken away."""
    nodes: int = 1
    """Most nodes that it grows to."""
    machine: bool = False
    """Whether it is this machine, and not declared."""


def shown(value: object) -> str:
    """Return a value as messages show it: one line, shortened; odd spaces and breaks escaped."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    plain = isinstance(value, str) and value == " ".join(value.split())
    text = str(value) if plain else repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def field_of(place: Place) -> str:
    """Return a place as people write it: resources.gpu.count."""
    return ".".join(shown(part) for part in place)


def must_be(place: Place, value: object, limit: str) -> Fault:
    """Return the fault that a field's value is not within its limit."""
    said = f"{field_of(place) or 'The document'} is {shown(value) or 'empty'}; it must be {limit}."
    return Fault(place=place, value=shown(value), limit=limit, message=said)
