"""Records lineage edges with the changes that make them, and walks the graph."""

from __future__ import annotations

from collections.abc import Callable

from octavo_server.audit.service import Change
from octavo_server.database.rows import Database
from octavo_server.lineage import rules, store
from octavo_server.lineage.domain import Edge, Graph

__all__ = ["Edge", "Graph", "LineageService"]

MOST_NODES = 500


def _every(edge: Edge) -> bool:
    """Follow every edge."""
    del edge
    return True


class LineageService:
    """The graph from data to deployment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def link(
        self, change: Change, *, source: str, target: str, relation: str, project: str
    ) -> None:
        """Record in ``change`` that ``source`` led to ``target``. Raises Invalid for a bad id."""
        rules.check_node(source)
        rules.check_node(target)
        edge = Edge(source=source, target=target, relation=relation, project=project, at=change.at)
        store.add(change.rows, edge)

    def around(
        self, project: str, node: str, depth: int, follow: Callable[[Edge], bool] = _every
    ) -> Graph:
        """Return the graph up to ``depth`` steps up and down from ``node``.

        ``follow`` tells which edges belong to it.
        """
        rules.check_node(node)
        with self._database.read() as rows:

            def into(at: set[str]) -> set[str]:
                return {one.source for one in store.into(rows, project, at) if follow(one)}

            def out_of(at: set[str]) -> set[str]:
                return {one.target for one in store.out_of(rows, project, at) if follow(one)}

            up, down = self._walk(node, depth, into), self._walk(node, depth, out_of)
            distances = {node: 0, **{n: -d for n, d in up.items()}, **down}
            shown = sorted(distances, key=lambda one: (abs(distances[one]), one))[:MOST_NODES]
            inside = set(shown)
            between = store.out_of(rows, project, shown)
            edges = [one for one in between if one.target in inside and follow(one)]
        nodes = tuple(rules.described(one, distances[one]) for one in shown)
        truncated = len(distances) > MOST_NODES
        return Graph(root=node, nodes=nodes, edges=tuple(edges), truncated=truncated)

    def every(self, project: str, follow: Callable[[Edge], bool] = _every) -> list[Edge]:
        """Return all edges of a project that ``follow`` lets pass."""
        with self._database.read() as rows:
            return [one for one in store.every(rows, project) if follow(one)]

    def targets(self, project: str, source: str) -> list[Edge]:
        """Return the edges that start at ``source``: who uses it."""
        with self._database.read() as rows:
            return store.out_of(rows, project, [source])

    def sources(self, project: str, target: str) -> list[Edge]:
        """Return the edges that end at ``target``: what it was made from."""
        with self._database.read() as rows:
            return store.into(rows, project, [target])

    def _walk(self, start: str, depth: int, step: Callable[[set[str]], set[str]]) -> dict[str, int]:
        found: dict[str, int] = {}
        at = {start}
        for distance in range(1, depth + 1):
            at = step(at) - set(found) - {start}
            found.update(dict.fromkeys(at, distance))
            if not at or len(found) > MOST_NODES:
                break
        return found
