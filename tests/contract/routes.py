"""All routes of the platform service, for tests that walk them."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from octavo_server.app import API
from tests.support.platform import Platform

OPEN = {"/services/octavo/health", "/services/octavo/openapi.json", "/services/octavo/"}
"""The addresses that need no token."""


def routes(platform: Platform) -> Iterator[RouteContext]:
    """Give every route that stands behind the door."""
    for route in iter_route_contexts(platform.http.app.routes):  # type: ignore[attr-defined]
        if isinstance(route.original_route, APIRoute) and route.path not in OPEN:
            yield route


def filled(path: str, project: str, other: str = "no-such-thing", prefix: str = "") -> str:
    """Return a route's path below the API with ``project`` and ``other`` in its places."""
    path = path.removeprefix(API).replace("{project}", project)
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + other + path[end + 1 :]
    return prefix + path
