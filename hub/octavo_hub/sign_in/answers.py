"""What a provider's answer means: it vouches for a person no longer, or can't say right now."""

from __future__ import annotations

import json

from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError

INVALID, UNAUTHENTICATED, FORBIDDEN = 400, 401, 403


class ProviderAway(Exception):
    """The provider can't say who a person is: it doesn't answer, or not as it should."""


class NoLongerVouched(Exception):
    """The provider answers, and doesn't vouch for the person any more."""


def meaning(error: Exception, *, of_refresh: bool) -> ProviderAway | NoLongerVouched:
    """Return what a failed request says of the person in whose name it was made.

    ``of_refresh`` tells a refused refresh token from a refused access token: at the token address
    only ``invalid_grant`` speaks of the person; everything else there is a fault of ours.
    """
    if isinstance(error, HTTPError) and error.status_code == FORBIDDEN:
        return NoLongerVouched(str(error))  # GitHub refuses a refresh token with status 200
    if not isinstance(error, HTTPClientError):
        return ProviderAway(f"{type(error).__name__}: {error}")
    about = f"{error.code} {error.message}"
    if of_refresh:
        refused = error.code == INVALID and _oauth_error(error) == "invalid_grant"
    else:
        refused = error.code in (INVALID, UNAUTHENTICATED) or (
            error.code == FORBIDDEN and not _limited(error)
        )
    return NoLongerVouched(about) if refused else ProviderAway(about)


def _oauth_error(error: HTTPClientError) -> str:
    body = error.response.body if error.response is not None else b""
    try:
        answer = json.loads(body or b"{}")
    except ValueError:
        return ""
    return str(answer.get("error", "")) if isinstance(answer, dict) else ""


def _limited(error: HTTPClientError) -> bool:
    """Whether the provider refuses because it was asked too often (GitHub says 403 then)."""
    headers = error.response.headers if error.response is not None else {}
    return "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"
