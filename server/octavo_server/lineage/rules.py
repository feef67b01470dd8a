"""Pure rules of the lineage graph."""

from __future__ import annotations

from octavo_server.errors import Invalid
from octavo_server.lineage.domain import KINDS, Node

LONGEST_ID = 500


def check_node(node: str) -> None:
    """Raise Invalid unless ``node`` is ``kind:name`` with a known kind."""
    kind, separator, name = node.partition(":")
    if not separator or kind not in KINDS or not name or len(node) > LONGEST_ID:
        raise Invalid(
            f"node: {node[:80]!r} is no lineage node.",
            f"Write kind:name, with one of these kinds: {', '.join(sorted(KINDS))}.",
        )


def described(node: str, distance: int) -> Node:
    """Return the node with its kind and the label that a person knows."""
    kind, _, name = node.partition(":")
    return Node(id=node, kind=kind, label=name.partition("/")[2] or name, distance=distance)
