"""Which part of the lineage graph belongs to one view; pure.

A snapshot holds all views of a project, so whatever leads through it leads to everybody's heirs.
Runs say which views and services they read; where no run does, what read the snapshot is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from octavo_server.lineage.service import Edge, Graph

DEPTH = 8
"""Steps from a source to a dashboard, and some more."""
_MAKES_NOTHING = frozenset({"feature_view", "feature_service", "feature_snapshot", "source"})
_IN_USE = frozenset({"deployment", "dashboard"})


def kind(node: str) -> str:
    """Return the kind of a lineage node."""
    return node.partition(":")[0]


def directly(edge: Edge) -> bool:
    """Tell whether an edge leads through no snapshot."""
    return "feature_snapshot" not in (kind(edge.source), kind(edge.target))


def says_who_reads(graph: Graph) -> bool:
    """Tell whether anything in the graph was made from the view."""
    return any(one.distance > 0 and one.kind not in _MAKES_NOTHING for one in graph.nodes)


def consumed_at(edges: Iterable[Edge], node: str, now: datetime) -> datetime | None:
    """Return when something made from ``node`` was newest; ``now`` while a deployment stands on it.

    ``edges`` are all of a project's that lead through no snapshot.
    """
    onwards = _onwards(edges)
    newest: datetime | None = None
    seen, waiting = {node}, [node]
    while waiting:
        for edge in onwards(waiting.pop()):
            made = kind(edge.target)
            if made in _IN_USE:
                return now
            if made not in _MAKES_NOTHING:
                newest = edge.at if newest is None else max(newest, edge.at)
            if edge.target not in seen:
                seen.add(edge.target)
                waiting.append(edge.target)
    return newest


def _onwards(edges: Iterable[Edge]) -> Callable[[str], list[Edge]]:
    by_source: dict[str, list[Edge]] = {}
    for edge in edges:
        by_source.setdefault(edge.source, []).append(edge)
    return lambda node: by_source.get(node, [])
