"""Signing in without a hub and a browser: a person, their way back, and what comes of it.

- `Someone`, `Request`: what JupyterHub knows of a person, and the browser's way back
- `sign_in`, `refresh`: what an authenticator makes of them now
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from octavo_hub.sign_in.provider import ProviderSignIn

SECRET = "s3cret-value"
Make = Callable[..., ProviderSignIn]
"""Makes an authenticator from a provider's name and further OCTAVO_* variables."""


@dataclass
class Someone:
    """What JupyterHub knows of a person."""

    name: str
    state: dict[str, Any] | None
    spawners: dict[str, Any] = field(default_factory=dict)
    _auth_refreshed: float | None = None

    async def get_auth_state(self) -> dict[str, Any] | None:
        """Return what was kept at the last sign-in."""
        return self.state


@dataclass
class Request:
    """The browser's way back from the provider."""

    known: dict[str, Someone] = field(default_factory=dict)
    token: str | None = None

    def get_argument(self, _name: str) -> str:
        """Return the code."""
        return "a-code"

    def get_auth_token(self) -> str | None:
        """Return the token that the request came with."""
        return self.token

    def find_user(self, name: str) -> Someone | None:
        """Return a person who has been here before."""
        return self.known.get(name)


def sign_in(authenticator: ProviderSignIn, request: Request | None = None) -> dict[str, Any]:
    """Return whom JupyterHub would sign in, checks included; empty when it lets nobody in."""
    authenticator.enable_pkce = False  # the state cookie is the browser tests' part
    found = asyncio.run(authenticator.get_authenticated_user(request or Request(), {}))
    return found or {}


def refresh(authenticator: ProviderSignIn, model: dict[str, Any], **changed: Any) -> Any:
    """Return what the provider says now of somebody who signed in."""
    someone = Someone(model["name"], model["auth_state"] | changed)
    return asyncio.run(authenticator.refresh_user(someone))
