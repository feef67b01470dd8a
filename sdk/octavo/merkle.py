"""The Merkle tree of RFC 6962 over canonical JSON (RFC 8785).

The platform builds the audit trail with it, and `octavo audit verify` checks the trail with it on
the reader's own machine.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import rfc8785

ORIGIN = "octavo/audit"
"""The first line of every checkpoint."""


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the document's canonical JSON (RFC 8785)."""
    return rfc8785.dumps(dict(document))


def leaf_hash(data: bytes) -> bytes:
    """Return SHA-256(0x00 || data) (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right) (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash of the leaves in order; of none, SHA-256 of nothing."""
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        level, current = 0, leaf
        while stack and stack[-1][0] == level:
            current = node_hash(stack.pop()[1], current)
            level += 1
        stack.append((level, current))
    if not stack:
        return hashlib.sha256(b"").digest()
    root = stack.pop()[1]
    while stack:
        root = node_hash(stack.pop()[1], root)
    return root


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of leaf ``index`` (RFC 6962, 2.1.1), from the leaf up."""
    return tuple(_path(leaves, index))


def _path(leaves: Sequence[bytes], index: int) -> Iterator[bytes]:
    if len(leaves) <= 1:
        return
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        yield from _path(leaves[:split], index)
        yield tree_root(leaves[split:])
    else:
        yield from _path(leaves[split:], index - split)
        yield tree_root(leaves[:split])


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that ``path`` leads to (RFC 9162, 2.1.3.2).

    Raises ValueError when the path's length doesn't fit ``index`` and ``size``.
    """
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is outside a tree of {size}")
    at, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the proof is too long")
        if at & 1 or at == last:
            current = node_hash(sibling, current)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return current


def note_text(size: int, root: bytes) -> str:
    """Return the text of a checkpoint: origin, size, root in base64, a line each (C2SP)."""
    return f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
