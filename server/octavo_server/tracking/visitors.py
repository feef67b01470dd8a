"""Finds out who holds a token and what the roles allow, by asking the platform service."""

import hashlib
import threading
import time
from typing import Any

import httpx

from octavo_server.errors import Unauthenticated, Unavailable
from octavo_server.permissions import PERMISSIONS
from octavo_server.tracking.access import Visitor

SIGN_IN = "Set MLFLOW_TRACKING_TOKEN to a token from the Hub's token page, or sign in again."


class ServerVisitors:
    """Asks `GET /me` with the caller's own token; an answer is kept for `keep_s` seconds."""

    def __init__(self, me_url: str, keep_s: float = 10.0, most: int = 5_000) -> None:
        self._client = httpx.Client(timeout=10, trust_env=False)
        self._me_url = me_url
        self._keep_s = keep_s
        self._most = most
        self._known: dict[str, tuple[float, Visitor]] = {}
        self._lock = threading.Lock()

    def of(self, token: str) -> Visitor:
        """The visitor. Raises Unauthenticated for a token nobody holds, else Unavailable."""
        if not token or not token.isascii() or not token.isprintable():
            raise Unauthenticated("The request carries no usable token.", SIGN_IN)
        key = hashlib.sha256(token.encode()).hexdigest()
        with self._lock:
            expires, known = self._known.get(key, (0.0, None))
        if known is not None and expires > time.monotonic():
            return known
        found = visitor_from(self._ask(token))
        with self._lock:
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[key] = (time.monotonic() + self._keep_s, found)
        return found

    def _ask(self, token: str) -> dict[str, Any]:
        try:
            answer = self._client.get(self._me_url, headers={"Authorization": f"Bearer {token}"})
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The platform service doesn't answer: {type(error).__name__}.", "Try again soon."
            ) from error
        if answer.status_code in (401, 403):
            raise Unauthenticated("The token is unknown, expired or revoked.", SIGN_IN)
        if answer.status_code != 200:
            raise Unavailable(
                f"The platform service answered {answer.status_code}.", "Try again soon."
            )
        me: dict[str, Any] = answer.json()
        return me


def visitor_from(me: dict[str, Any]) -> Visitor:
    """The visitor that an answer of `GET /me` describes."""
    held = {str(one["name"]): frozenset(one["roles"]) for one in me["projects"]}
    may_govern = frozenset(me["platform_roles"]) & PERMISSIONS["tracking.govern"].roles
    return Visitor(
        name=str(me["name"]),
        reads=_with("tracking.read", held),
        writes=_with("tracking.write", held),
        governs=me["kind"] == "service" and bool(may_govern),
    )


def _with(verb: str, held: dict[str, frozenset[str]]) -> frozenset[str]:
    roles = PERMISSIONS[verb].roles
    return frozenset(project for project, holds in held.items() if holds & roles)
