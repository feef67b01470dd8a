"""Records of the lineage graph."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

KINDS = frozenset(
    {
        "source",
        "data",
        "feature_view",
        "feature_service",
        "feature_snapshot",
        "run",
        "submission",
        "release",
        "pipeline",
        "pipeline_run",
        "model_version",
        "deployment",
        "batch",
        "dashboard",
    }
)
"""The kinds of things that the graph knows."""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What led to what."""

    source: str
    """Id of the node that came first, ``kind:project/name``."""
    target: str
    """Id of the node made from it."""
    relation: str
    """The verb: produced, used, approved, runs, serves ..."""
    project: str
    """The project it belongs to."""
    at: datetime
    """When it was recorded (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One thing in the graph."""

    id: str
    """``kind:project/name``."""
    kind: str
    """One of :data:`KINDS`."""
    label: str
    """The name a person knows it by."""
    distance: int
    """Steps from the node asked for; negative: upstream."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """The part of the graph around one node."""

    root: str
    """Id of the node asked for."""
    nodes: tuple[Node, ...]
    """The nodes, nearest first."""
    edges: tuple[Edge, ...]
    """All edges between them."""
    truncated: bool
    """True: there is more than is shown."""
