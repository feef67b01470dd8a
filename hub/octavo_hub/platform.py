"""What the hub asks the platform service over HTTP; it fails closed with a clear sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from octavo.records.base import ErrorBody
from octavo.records.workspaces import (
    EndReason,
    Heartbeat,
    Offers,
    OffersRequest,
    Session,
    SessionEnd,
    SpawnChoice,
    SpawnDecision,
)

Answer = TypeVar("Answer", bound=BaseModel)

AWAY = (
    "The platform service doesn't answer, so nothing can be started right now: budget and rules "
    "can't be checked. Try again in a minute; if it stays like this, tell your platform admin."
)
REQUEST_TIMEOUT_S = 10.0
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

    async def offers(self, person: str, groups: Sequence[str]) -> Offers:
        """Return the projects and profile cards of a person."""
        return await self._post(
            "offers", OffersRequest(person=person, groups=sorted(groups)), Offers
        )

    async def decide(self, choice: SpawnChoice) -> SpawnDecision:
        """Return whether a choice may start; changes nothing."""
        return await self._post("decision", choice, SpawnDecision)

    async def open_session(self, choice: SpawnChoice) -> Session:
        """Decide once more and open a session. Raises PlatformRefused with the reasons."""
        return await self._post("sessions", choice, Session)

    async def beat(self, session: str, active_at: datetime | None) -> Session:
        """Meter a session until now."""
        heartbeat = Heartbeat(until=datetime.now(UTC), active_at=active_at)
        return await self._post(f"sessions/{quote(session, safe='')}/heartbeat", heartbeat, Session)

    async def end_session(self, session: str, reason: EndReason, until: datetime) -> Session:
        """Meter a session up to the moment it was last seen alive, and close it."""
        end = SessionEnd(until=until, reason=reason)
        return await self._post(f"sessions/{quote(session, safe='')}/end", end, Session)

    async def _post(self, path: str, body: BaseModel, answer: type[Answer]) -> Answer:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
            response = await AsyncHTTPClient().fetch(
                f"{self._base}/{path}",
                method="POST",
                body=body.model_dump_json(),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                request_timeout=REQUEST_TIMEOUT_S,
                raise_error=False,
            )
            if response.code >= 300:
                raise _failure(path, response.code, response.body)
            return answer.model_validate_json(response.body)
        except (HTTPClientError, OSError, ValidationError) as error:
            raise PlatformAway(f"POST {path}: {error}") from error


def _failure(path: str, status: int, body: bytes) -> Exception:
    """Tell a refusal, which says why, from a service that isn't itself or doesn't know the hub."""
    try:
        error = ErrorBody.model_validate_json(body)
    except ValidationError:
        return PlatformAway(f"POST {path} answered {status}")
    if status >= 500 or status == UNAUTHENTICATED:
        return PlatformAway(f"POST {path} answered {status}: {error.message}")
    return PlatformRefused(f"{error.message} {error.remedy}".strip(), status)
