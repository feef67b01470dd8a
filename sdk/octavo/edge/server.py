"""The platform as a device sees it: pull a bundle, send reports; standard library alone."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from octavo.edge.errors import EdgeError
from octavo.envelopes import Refused

TIMEOUT_S = 30.0
BLOCK = 1 << 20
LARGEST_ANSWER = 64 * 1024
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TOKEN = re.compile(r"[!-~]+")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token is sent to the address that it was given for, and to no other."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Follow nothing."""


class Platform:
    """One deployment of one platform."""

    def __init__(
        self, url: str, project: str, deployment: str, token: str, *, allow_http: bool = False
    ) -> None:
        """``url`` is the service's address, as in OCTAVO_URL. Raises EdgeError."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise EdgeError(
                f"{url[:200]!r} is no address of Octavo.",
                "Give one such as https://octavo.example.org/services/octavo.",
            )
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
            raise EdgeError(
                f"{url[:200]} is not encrypted, so others could read the token.",
                "Give an https address, or add --allow-http in a network that you trust.",
            )
        if not _TOKEN.fullmatch(token):
            raise EdgeError(
                "The token is empty or holds a character that no token has.",
                "Write the token of a consumer, and nothing else, to the token's file.",
            )
        where = (
            f"/api/v1/projects/{quote(project, safe='')}/deployments/{quote(deployment, safe='')}"
        )
        self._home = url.rstrip("/") + where + "/edge"
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def pull(self, held: str | None, target: Path, largest: int) -> str | None:
        """Write the bundle to ``target`` and return its name; None: it is ``held`` already.

        Raises EdgeError without an answer or when it is refused, Refused for a bundle too large.
        """
        headers = {"If-None-Match": f'"{held}"'} if held else {}
        answer = self._ask("/bundle", headers)
        if answer is None:
            return None
        with answer:
            tag = (answer.headers.get("ETag") or "").strip('"')
            try:
                _save(answer, target, largest)
            except (OSError, http.client.HTTPException) as error:
                raise _offline(self._home, error) from error
            return tag

    def send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send reports; return what became of them. Raises EdgeError."""
        headers = {"Content-Type": "application/json"}
        answer = self._ask("/reports", headers, json.dumps(body).encode())
        if answer is None:
            raise _unexpected(self._home, 304)
        with answer:
            try:
                found = json.loads(answer.read(LARGEST_ANSWER))
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise _offline(self._home, error) from error
        return found if isinstance(found, dict) else {}

    def _ask(self, path: str, headers: dict[str, str], body: bytes | None = None) -> Any:
        """Return the answer to read; None for 304. Raises EdgeError."""
        request = urllib.request.Request(  # noqa: S310 - http or https, checked at the start
            self._home + path, data=body, headers=headers
        )
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            return self._opener.open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 304:
                    return None
                raise _refusal(self._home, error) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _offline(self._home, error) from error


def _save(answer: Any, target: Path, largest: int) -> None:
    size = 0
    with target.open("wb") as sink:
        while block := answer.read(BLOCK):
            size += len(block)
            if size > largest:
                raise Refused(
                    f"The platform sends more than the {largest:,} bytes that this device takes.",
                    "Raise --largest-mib, or use a smaller model.",
                )
            sink.write(block)
    told = answer.headers.get("Content-Length")
    if told is not None and told.isdecimal() and int(told) != size:
        raise OSError(f"{size:,} of {int(told):,} bytes came")


def _refusal(home: str, error: urllib.error.HTTPError) -> EdgeError:
    try:
        shape = json.loads(error.read(LARGEST_ANSWER))
        return EdgeError(
            str(shape["message"])[:500],
            str(shape["remedy"])[:500],
            code=str(shape["error"]),
            status=error.code,
        )
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return _unexpected(home, error.code)


def _unexpected(home: str, status: int) -> EdgeError:
    return EdgeError(
        f"{home} answered {status} without Octavo's words.",
        "Something between here and Octavo answered; check the address.",
        code="unexpected",
        status=status,
    )


def _offline(home: str, error: Exception) -> EdgeError:
    reason = getattr(error, "reason", None) or error
    return EdgeError(
        f"{home} does not answer: {str(reason)[:200] or type(error).__name__}.",
        "What is held keeps answering; reports wait on the disk.",
        code="offline",
    )
