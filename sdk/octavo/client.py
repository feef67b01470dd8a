"""The platform service over HTTP: one token, one error class, writes that may be repeated safely.

In a workspace or a run everything comes from the environment::

    from octavo.client import Client

    with Client.from_environment() as client:
        submissions = client.get("/projects/flights/notebooks/submissions")["items"]
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel

API = "/api/v1"
TIMEOUT_S = 30.0
ATTEMPTS = 3
"""How often a request is sent that can be repeated safely: reads, and writes with their key."""
BACKOFF_S = 0.5
RETRIED = frozenset({502, 503, 504})

TOKEN = re.compile(r"[!-~]*")
"""What a request's head can carry."""

Record = TypeVar("Record", bound=BaseModel)


class ClientError(Exception):
    """The service refused a request or didn't answer.

    ``code`` is stable and meant for programs; ``message`` says what was wrong with which value,
    ``remedy`` what to do; ``status`` is the HTTP status, 0 when there was no answer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str,
        *,
        status: int = 0,
        request_id: str | None = None,
    ) -> None:
        """Take the parts of the service's one error shape."""
        super().__init__(f"{message} {remedy}".strip())
        self.code = code
        self.message = message
        self.remedy = remedy
        self.status = status
        self.request_id = request_id


class Client:
    """A connection to the platform service as one person, service or run."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the service's address (as in OCTAVO_URL) and the caller's token.

        ``transport`` replaces the network, e.g. httpx.ASGITransport's sync twin in a test.
        Raises ClientError for what can't be a token.
        """
        if not TOKEN.fullmatch(token):
            raise ClientError(
                "not_connected",
                "The token (OCTAVO_TOKEN) holds a character that no token has: a space, a line "
                "break, or one that is not ASCII.",
                "Set OCTAVO_TOKEN to a token from the Hub's token page, with nothing around it.",
            )
        self._http = httpx.Client(
            base_url=url.rstrip("/") + API,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            transport=transport,
        )

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, timeout_s: float = TIMEOUT_S
    ) -> Self:
        """Connect with OCTAVO_URL and OCTAVO_TOKEN. Raises ClientError when one is not set."""
        given = os.environ if environment is None else environment
        for name in ("OCTAVO_URL", "OCTAVO_TOKEN"):
            if not given.get(name):
                raise ClientError(
                    "not_connected",
                    f"{name} is not set, so there is no Octavo to talk to.",
                    "Run this in a workspace, or set OCTAVO_URL to <address>/services/octavo and "
                    "OCTAVO_TOKEN to a token from the Hub's token page.",
                )
        return cls(given["OCTAVO_URL"], given["OCTAVO_TOKEN"], timeout_s=timeout_s)

    def get(self, path: str, **query: Any) -> Any:
        """Return what ``path`` (below the API's root) answers. Raises ClientError."""
        return self.request("GET", path, query=query)

    def fetch(self, record: type[Record], path: str, **query: Any) -> Record:
        """Return the answer of ``path`` as a wire record. Raises ClientError."""
        return record.model_validate(self.get(path, **query))

    def post(
        self, path: str, body: BaseModel | Mapping[str, Any], *, key: str | None = None
    ) -> Any:
        """Send ``body`` to ``path``; ``key`` names the write, so that a repetition does nothing.

        Without a key a fresh one is made, which covers the repetitions of this call only.
        Raises ClientError.
        """
        return self.request("POST", path, body=body, key=key or uuid.uuid4().hex)

    def put(self, path: str, body: BaseModel | Mapping[str, Any]) -> Any:
        """Set what is at ``path``. Raises ClientError."""
        return self.request("PUT", path, body=body)

    def put_bytes(self, path: str, content: bytes, /, **query: str) -> Any:
        """Set the bytes at ``path``, in one attempt. Raises ClientError."""
        headers = {"Content-Type": "application/octet-stream"}
        request = self._http.build_request(
            "PUT", path, params=query, content=content, headers=headers
        )
        return _result(self._send(request, attempts=1))

    def delete(self, path: str) -> Any:
        """Remove what is at ``path``. Raises ClientError."""
        return self.request("DELETE", path)

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield the items of a list, page after page. Raises ClientError."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: BaseModel | Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Any:
        """Send one request, again when it got no answer and that is safe. Raises ClientError."""
        json = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
        request = self._http.build_request(
            method,
            path,
            params={name: value for name, value in (query or {}).items() if value is not None},
            json=json,
            headers={"Idempotency-Key": key} if key else {},
        )
        return _result(self._send(request, attempts=ATTEMPTS if method == "GET" or key else 1))

    def download(self, path: str, file: Path) -> int:
        """Write what ``path`` answers to ``file``, whole or not at all, and return its size.

        Raises ClientError.
        """
        part = file.with_name(f".{file.name}.part")
        request = self._http.build_request("GET", path)
        try:
            response = self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    _result(response)
                with part.open("wb") as sink:
                    for block in response.iter_bytes():
                        sink.write(block)
                    size = sink.tell()
            finally:
                response.close()
            part.replace(file)
        except httpx.TransportError as error:
            raise _no_answer(request, error) from error
        finally:
            part.unlink(missing_ok=True)
        return size

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        """Use the client for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection at the block's end."""
        self.close()

    def _send(self, request: httpx.Request, attempts: int) -> httpx.Response:
        for attempt in range(1, attempts + 1):
            try:
                response = self._http.send(request)
            except httpx.TransportError as error:
                if attempt == attempts:
                    raise _no_answer(request, error) from error
            else:
                if response.status_code not in RETRIED or attempt == attempts:
                    return response
            time.sleep(BACKOFF_S * attempt)
        raise AssertionError("at least one attempt is made")


def _no_answer(request: httpx.Request, error: httpx.TransportError) -> ClientError:
    return ClientError(
        "no_answer",
        f"Octavo at {request.url.copy_with(path='/', query=None)} did not answer: "
        f"{str(error) or type(error).__name__}.",
        "Look with `octavo status` whether it runs, then try again.",
    )


def _result(response: httpx.Response) -> Any:
    """Return the parsed answer, or raise the error it carries."""
    if response.is_success:
        return response.json() if response.content else None
    try:
        shape = response.json()
        raise ClientError(
            shape["error"],
            shape["message"],
            shape["remedy"],
            status=response.status_code,
            request_id=shape.get("request_id"),
        )
    except (ValueError, KeyError, TypeError):
        pass
    raise ClientError(
        "unexpected_answer",
        f"{response.request.method} {response.url} answered {response.status_code} without "
        "Octavo's error shape.",
        "Something between here and Octavo answered; check the address in OCTAVO_URL.",
        status=response.status_code,
    )
