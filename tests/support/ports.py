"""Ports for services that a test starts.

They lie below those that the kernel gives to outgoing connections, which come and go: a port of
theirs may be taken again before the service that it was chosen for listens. Each process of a test
run looks in a part of its own, for two that look at once would find the same.
"""

from __future__ import annotations

import os
import secrets
import socket

FIRST, LAST = 20_000, 32_700
PARTS = 8


def free_ports(count: int = 1) -> int:
    """Return the first of ``count`` TCP ports in a row that nobody listens on."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    size = (LAST - FIRST) // PARTS
    low = FIRST + size * (int(worker) % PARTS)
    places = range(low, low + size - count, count)
    begin = secrets.randbelow(len(places))
    for first in (*places[begin:], *places[:begin]):
        if all(_is_free(first + offset) for offset in range(count)):
            return first
    raise AssertionError(f"no {count} free ports in a row between {low} and {low + size}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
