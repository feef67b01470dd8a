"""Who calls: people and services by their Hub token, runs by a short-lived run token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from octavo_server.errors import Unauthenticated

RUN_TOKEN_PREFIX = "octavo-run."
CONSUMER_TOKEN_PREFIX = "octc_"
HUB = "service:spawner"
"""The hub itself, which alone says who is signed in."""
SIGN_IN = "Sign in at the Hub again, or request a new token on the Hub's token page."


class CallerKind(StrEnum):
    """What kind of thing calls."""

    PERSON = "person"
    SERVICE = "service"
    RUN = "run"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """An authenticated caller; ``project`` and ``roles`` are set once a route has been entered."""

    name: str
    """Hub user name, ``service:<name>`` or ``run:<run id>``."""
    kind: CallerKind
    """Person, service or run."""
    groups: frozenset[str] = frozenset()
    """The Hub groups of a person."""
    scopes: frozenset[str] = frozenset()
    """The Hub scopes of the token."""
    project: str | None = None
    """The project that the route is about; for a run the only one it may touch."""
    roles: frozenset[str] = frozenset()
    """The caller's roles in that project, or on the platform."""
    request_id: str | None = None
    """The request that this caller made, for the audit trail."""

    def within(self, project: str | None, roles: frozenset[str]) -> Caller:
        """Return the caller as seen inside ``project`` with ``roles``."""
        return replace(self, project=project, roles=roles)


def service_caller(name: str, project: str | None = None) -> Caller:
    """Return the caller for Octavo's own background work, such as ``worker``."""
    return Caller(
        name=f"service:{name}",
        kind=CallerKind.SERVICE,
        project=project,
        roles=frozenset({"service"}),
    )


def new_id() -> str:
    """Return a new random identifier of 128 bits in 26 lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


class HubUsers(Protocol):
    """What the Hub tells about tokens and groups; the adapter is ``adapters/hub.py``."""

    def whoami(self, token: str) -> Caller | None:
        """Return the token's owner with groups and scopes, or None for a token it refuses.

        Raises :class:`octavo_server.errors.Unavailable` when the Hub doesn't answer.
        """


class RunTokens:
    """Short-lived credentials of one run: signed with HMAC-SHA256, never stored."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock

    def issue(self, run: str, project: str, life: timedelta) -> str:
        """Return a token with which ``run`` may act inside ``project`` for ``life``."""
        claims = {"run": run, "project": project, "exp": (self._clock() + life).timestamp()}
        body = base64.urlsafe_b64encode(json.dumps(claims, sort_keys=True).encode()).decode()
        return f"{RUN_TOKEN_PREFIX}{body}.{self._mac(body)}"

    def read(self, token: str) -> Caller:
        """Return the run that ``token`` names. Raises Unauthenticated if forged or expired."""
        body, _, mac = token.removeprefix(RUN_TOKEN_PREFIX).rpartition(".")
        if not body.isascii() or not hmac.compare_digest(mac.encode(), self._mac(body).encode()):
            raise Unauthenticated("The run token is not one of Octavo's.", SIGN_IN)
        claims = json.loads(base64.urlsafe_b64decode(body))
        if claims["exp"] <= self._clock().timestamp():
            raise Unauthenticated("The run token has expired.", "Start the run again.")
        return Caller(name=f"run:{claims['run']}", kind=CallerKind.RUN, project=claims["project"])

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


class Identity:
    """Turns a request's token into a caller; answers of the Hub are kept for a short while."""

    def __init__(
        self, hub: HubUsers, run_tokens: RunTokens, keep_s: float = 10.0, most: int = 5000
    ) -> None:
        self._hub = hub
        self._run_tokens = run_tokens
        self._keep_s = keep_s
        self._most = most
        self._known: dict[str, tuple[float, Caller]] = {}
        self._lock = threading.Lock()

    def of(self, token: str | None) -> Caller:
        """Return who holds ``token``. Raises Unauthenticated for none, unknown or expired."""
        if not token:
            raise Unauthenticated("The request carries no token.", SIGN_IN)
        if token.startswith(RUN_TOKEN_PREFIX):
            return self._run_tokens.read(token)
        if token.startswith(CONSUMER_TOKEN_PREFIX):
            raise Unauthenticated(
                "A consumer's token asks deployments for predictions, and nothing else.",
                "Send it to POST .../deployments/<name>/invocations.",
            )
        digest = hashlib.sha256(token.encode()).hexdigest()
        with self._lock:
            kept = self._known.get(digest)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        caller = self._hub.whoami(token)
        if caller is None:
            raise Unauthenticated("The token is unknown, expired or revoked.", SIGN_IN)
        with self._lock:
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[digest] = (time.monotonic() + self._keep_s, caller)
        return caller
