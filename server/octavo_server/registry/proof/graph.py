"""The lineage graph around a version, ready to be drawn.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from octavo_server.lineage.service import Edge, Graph
from octavo_server.registry.versions.service import ModelVersion, data_node

#: Where each kind is drawn, from data on the left to what is live on the right.
COLUMNS: Final[Mapping[str, int]] = {
    "source": 0,
    "data": 0,
    "feature_view": 1,
    "feature_service": 1,
    "feature_snapshot": 1,
    "submission": 2,
    "release": 2,
    "pipeline": 3,
    "pipeline_run": 3,
    "run": 4,
    "model_version": 5,
    "deployment": 6,
    "batch": 6,
    "dashboard": 6,
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a click on a node opens."""

    kind: str
    """As the node's."""
    project: str
    """The project."""
    name: str
    """Name or id in the project."""
    version: int | None
    """Of a model version."""


@dataclass(frozen=True, kw_only=True)
class DrawnNode:
    """One thing in the graph, with its place."""

    id: str
    """``kind:project/name``."""
    kind: str
    """Its kind."""
    label: str
    """What a person knows it by."""
    detail: str
    """A short line about it."""
    column: int
    """Where it is drawn."""
    distance: int
    """Steps from the version; negative: upstream."""
    target: Target
    """What a click opens."""


@dataclass(frozen=True, kw_only=True)
class DrawnGraph:
    """A graph with places."""

    root: str
    """The version's node."""
    nodes: tuple[DrawnNode, ...]
    """By column and label."""
    edges: tuple[Edge, ...]
    """All edges between them."""
    truncated: bool
    """True: there is more than is shown."""


def drawn(graph: Graph, details: Mapping[str, str]) -> DrawnGraph:
    """The graph with each node's place and what it opens."""
    nodes = [_node(one.id, one.distance, details.get(one.id, "")) for one in graph.nodes]
    ordered = sorted(nodes, key=lambda one: (one.column, one.label, one.id))
    return DrawnGraph(
        root=graph.root, nodes=tuple(ordered), edges=graph.edges, truncated=graph.truncated
    )


def details(version: ModelVersion) -> dict[str, str]:
    """What is known of the nodes around a version, from what it was signed with."""
    origin, project = version.origin, version.project
    found = {
        f"run:{project}/{version.run_id}": _of_run(origin.get("run") or {}),
        f"model_version:{project}/{version.name}/{version.version}": (
            f"registered by {version.created_by}"
        ),
    }
    for one in origin.get("inputs") or ():
        found[data_node(project, one)] = f"digest {one['digest']}"
    return {node: words[:300] for node, words in found.items() if words}


def _of_run(run: Mapping[str, Any]) -> str:
    name, owner = run.get("name"), run.get("owner")
    return f"{name} of {owner}" if name and owner else ""


def _node(node: str, distance: int, detail: str) -> DrawnNode:
    target = target_of(node)
    label = target.name
    if target.kind == "model_version":
        label = f"{target.name} v{target.version}"
    elif target.kind == "release":
        label = target.name.replace("/", " ")
    elif target.kind in ("run", "pipeline_run", "feature_snapshot"):
        label = target.name[:12]
    elif target.kind == "data":
        label = target.name.rpartition("@")[0] or target.name
    return DrawnNode(
        id=node,
        kind=target.kind,
        label=label,
        detail=detail,
        column=COLUMNS.get(target.kind, 0),
        distance=distance,
        target=target,
    )


def target_of(node: str) -> Target:
    """What a node stands for."""
    kind, _, rest = node.partition(":")
    project, _, name = rest.partition("/")
    version = None
    if kind == "model_version":
        head, _, number = name.rpartition("/")
        if number.isascii() and number.isdigit():
            name, version = head, int(number)
    return Target(kind=kind, project=project, name=name, version=version)
