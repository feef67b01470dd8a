"""Amounts of memory and disk as people say them."""

from __future__ import annotations

GIB = 1024**3
MIB = 1024**2


def amount(size_bytes: float) -> str:
    """Return an amount of memory or disk as people say it."""
    if size_bytes < GIB:
        return f"{size_bytes / MIB:.0f} MiB"
    return f"{size_bytes / GIB:.1f}".removesuffix(".0") + " GiB"
