"""Asks JupyterHub who holds a token, and which groups a person is in."""

from __future__ import annotations

from typing import Any

import httpx

from octavo_server.errors import Unavailable
from octavo_server.identity import Caller, CallerKind

SERVICE_SCOPE = "access:services"


class HubClient:
    """The Hub's REST API, with the platform service's own token."""

    def __init__(self, api_url: str, token: str, service: str, timeout_s: float = 10.0) -> None:
        """Talk to ``api_url``; only tokens that may access ``service`` are accepted."""
        self._token = token
        self._scopes = {SERVICE_SCOPE, f"{SERVICE_SCOPE}!service={service}"}
        self._http = httpx.Client(base_url=api_url, timeout=timeout_s)

    def whoami(self, token: str) -> Caller | None:
        """Return the token's owner with groups and scopes, or None for a token it refuses.

        Raises Unavailable when the Hub doesn't answer.
        """
        found = self._get("/user", token)
        if found is None:
            return None
        scopes = frozenset(found.get("scopes", ()))
        if found["kind"] == "service":
            return Caller(name=f"service:{found['name']}", kind=CallerKind.SERVICE, scopes=scopes)
        if not scopes & self._scopes:
            return None
        person = self._get(f"/users/{found['name']}", self._token)
        groups = frozenset(person.get("groups", ())) if person else frozenset()
        return Caller(name=found["name"], kind=CallerKind.PERSON, groups=groups, scopes=scopes)

    def _get(self, path: str, token: str) -> dict[str, Any] | None:
        try:
            answer = self._http.get(path, headers={"Authorization": f"token {token}"})
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The Hub does not answer: {type(error).__name__}.",
                "Try again in a moment; an admin can look at `octavo status`.",
            ) from error
        if answer.status_code in {401, 403, 404}:
            return None
        if answer.status_code != 200:
            raise Unavailable(f"The Hub answered {answer.status_code}.", "Try again in a moment.")
        document: dict[str, Any] = answer.json()
        return document
