"""What the hub asks the platform service over HTTP; it fails closed with a clear sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from octavo.records.base import ErrorBody
from octavo.records.workspaces import (
    Heartbeats,
    HeartbeatsTaken,
    Offers,
    OffersRequest,
    OpenSessions,
    Orphan,
    QueuedTurns,
    Session,
    SessionBeat,
    SessionEnd,
    SessionStarted,
    SpawnChoice,
    SpawnDecision,
)

Answer = TypeVar("Answer", bound=BaseModel)

AWAY = (
    "The platform service doesn't answer, so nothing can be started right now: budget and rules "
    "can't be checked. Try again in a minute; if it stays like this, tell your platform admin."
)
REQUEST_TIMEOUT_S = 10.0
LONGEST_LINKED = 200
UNAUTHENTICATED = 401


class PlatformAway(Exception):
    """The platform service can't be reached or answers nonsense; people get :data:`AWAY`."""


class PlatformRefused(Exception):
    """The platform service said no; the text is its message and remedy, meant for people."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Platform:
    """The platform service as the hub uses it, with the hub's own service token."""

    def __init__(self, server_url: str, token_file: Path) -> None:
        """Take the service's address from inside and the file with the token of ``spawner``."""
        self._base = f"{server_url.rstrip('/')}/services/octavo/api/v1/workspaces"
        self._token_file = token_file

    async def offers(self, person: str, groups: Sequence[str], linked: str = "") -> Offers:
        """Return the projects and profile cards of a person, and where a link's profile leads."""
        asked = OffersRequest(person=person, groups=sorted(groups), linked=linked[:LONGEST_LINKED])
        return await self._post("offers", asked, Offers)

    async def decide(self, choice: SpawnChoice) -> SpawnDecision:
        """Return whether a choice may start; starts nothing."""
        return await self._post("decision", choice, SpawnDecision)

    async def open_session(self, choice: SpawnChoice) -> Session:
        """Decide once more and open a session, or take up the one that waits or starts already.

        Raises PlatformRefused with the reasons.
        """
        return await self._post("sessions", choice, Session)

    async def turns(self) -> QueuedTurns:
        """Return all starts that wait for their turn or are under way, and all stops due."""
        return await self._send("GET", "turns", None, QueuedTurns)

    async def open_sessions(self) -> OpenSessions:
        """Return all open sessions."""
        return await self._send("GET", "sessions", None, OpenSessions)

    async def started(self, session: str, started: SessionStarted) -> Session:
        """Say that a workspace answers."""
        return await self._post(f"{_place(session)}/started", started, Session)

    async def beat(self, beats: Sequence[SessionBeat]) -> HeartbeatsTaken:
        """Meter many sessions in one request."""
        return await self._post("heartbeats", Heartbeats(items=list(beats)), HeartbeatsTaken)

    async def end_session(self, session: str, end: SessionEnd) -> Session:
        """Meter a session up to the moment it was last seen alive, and close it."""
        return await self._post(f"{_place(session)}/end", end, Session)

    async def book_orphan(self, orphan: Orphan) -> Orphan:
        """Book a server that ran without a session and was closed."""
        return await self._post("orphans", orphan, Orphan)

    async def _post(self, path: str, body: BaseModel, answer: type[Answer]) -> Answer:
        return await self._send("POST", path, body.model_dump_json(), answer)

    async def _send(self, method: str, path: str, body: str | None, answer: type[Answer]) -> Answer:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
            response = await AsyncHTTPClient().fetch(
                f"{self._base}/{path}",
                method=method,
                body=body,
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                request_timeout=REQUEST_TIMEOUT_S,
                raise_error=False,
            )
            if response.code >= 300:
                raise _failure(method, path, response.code, response.body)
            return answer.model_validate_json(response.body)
        except (HTTPClientError, OSError, ValidationError) as error:
            raise PlatformAway(f"{method} {path}: {error}") from error


def _place(session: str) -> str:
    return f"sessions/{quote(session, safe='')}"


def _failure(method: str, path: str, status: int, body: bytes) -> Exception:
    """Tell a refusal, which says why, from a service that isn't itself or doesn't know the hub."""
    try:
        error = ErrorBody.model_validate_json(body)
    except ValidationError:
        return PlatformAway(f"{method} {path} answered {status}")
    if status >= 500 or status == UNAUTHENTICATED:
        return PlatformAway(f"{method} {path} answered {status}: {error.message}")
    return PlatformRefused(f"{error.message} {error.remedy}".strip(), status)
