"""Where an OpenID Connect provider's addresses are: asked once, when they are first needed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from octavo_hub.sign_in.answers import ProviderAway

PATH = "/.well-known/openid-configuration"
TIMEOUT_S = 10.0
BASIC = "client_secret_basic"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """A provider's addresses."""

    authorize: str
    """Where a person signs in."""
    token: str
    """Where a code or refresh token is exchanged."""
    userinfo: str
    """Where claims are asked for."""
    basic: bool
    """Whether the client secret goes into a header, as is the rule, or into the body."""


async def discover(issuer: str) -> Endpoints:
    """Return an issuer's addresses. Raises ProviderAway when it doesn't say them."""
    url = issuer.rstrip("/") + PATH
    client = AsyncHTTPClient()
    try:
        answer = await client.fetch(url, connect_timeout=TIMEOUT_S, request_timeout=TIMEOUT_S)
        document = json.loads(answer.body)
    except (HTTPClientError, OSError, ValueError) as error:
        raise ProviderAway(f"{url}: {error}") from error
    return endpoints_in(document, issuer)


def endpoints_in(document: Any, issuer: str) -> Endpoints:
    """Return the addresses in a discovery document. Raises ProviderAway if it is another's."""
    fields = document if isinstance(document, dict) else {}
    if str(fields.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise ProviderAway(
            f"{issuer} says that its issuer is {fields.get('issuer')!r:.200}; OCTAVO_OIDC_ISSUER "
            "must be exactly that"
        )
    methods = fields.get("token_endpoint_auth_methods_supported") or [BASIC]
    return Endpoints(
        basic=BASIC in methods,
        authorize=_address(fields, "authorization_endpoint"),
        token=_address(fields, "token_endpoint"),
        userinfo=_address(fields, "userinfo_endpoint"),
    )


def _address(fields: dict[str, Any], name: str) -> str:
    value = str(fields.get(name, ""))
    parts = urlsplit(value)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return value
    raise ProviderAway(f"the provider's {name} is {value!r:.200}, no https address")
