"""The short way of programs: consumers' tokens are answered before any framework is entered.

It stands at the address of the route ``POST .../invocations`` and takes the requests whose token is
a consumer's; all others, people's and runs', go on to the route. Both answer the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from octavo_server.answers import error_body, error_headers
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.rules import PREFIX
from octavo_server.deployments.serving.router import Answered, Invocation, Router, row_count
from octavo_server.errors import Invalid, OctavoError, TooLarge

MOST_BYTES = 8 << 20
"""Bytes of one request's body, as the scorers have it."""
LONGEST_STICKY_KEY = 200
FIELDS = frozenset({"dataframe_split", "dataframe_records", "inputs", "params", "entities"})
"""What a body may hold."""
NULL = rb"\u0000"
_BEARER = b"Bearer " + PREFIX.encode()


class Gateway:
    """ASGI middleware in front of the platform's app."""

    def __init__(self, app: ASGIApp, *, api: str, router: Router, access: Access) -> None:
        """``api`` is the prefix of all routes."""
        self._app = app
        self._router = router
        self._access = access
        self._path = re.compile(
            re.escape(api) + r"/projects/([^/]{1,100})/deployments/([^/]{1,63})/invocations"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a consumer's request, or pass it on."""
        found = self._path.fullmatch(scope["path"]) if _may_be_ours(scope) else None
        headers = dict(scope["headers"]) if found is not None else {}
        authorization = headers.get(b"authorization", b"")
        if found is None or not authorization.startswith(_BEARER):
            await self._app(scope, receive, send)
            return
        token = authorization[7:].decode("latin-1")
        status, more = 200, {}
        try:
            body = await self._answer(token, found[1], found[2], headers, receive)
        except OctavoError as error:
            status, more = error.status, error_headers(error)
            body = msgspec.json.encode(error_body(error, _request_id(scope)))
        await _respond(send, status, more, body)

    async def _answer(
        self,
        token: str,
        project: str,
        name: str,
        headers: Mapping[bytes, bytes],
        receive: Receive,
    ) -> bytes:
        access = self._access
        consumer = await access.consumer(token)
        access.enter(consumer, project, name)
        access.take_request(project, name, consumer.caller, consumer.limits)
        invocation = read(await _body(receive), consumer.caller, _sticky_key(headers))
        rows = row_count(invocation)
        access.take_rows(project, name, consumer.caller, consumer.limits, rows)
        return written(await self._router.invoke(project, name, invocation))


def read(body: bytes, caller: str, sticky_key: str | None) -> Invocation:
    """Return a body as an invocation. Raises Invalid for what is no JSON object."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"The body can't be read as JSON: {error}.", "Send a JSON object.") from error
    if not isinstance(document, dict):
        raise Invalid("The body is no JSON object.", "Send an object in one of MLflow's formats.")
    if NULL in body and NULL in msgspec.json.encode(document):
        raise Invalid("The body holds a null character, which is no text.", "Remove it.")
    if unknown := sorted(set(document) - FIELDS):
        raise Invalid(
            f"Unknown field {unknown[0][:60]!r}.", f"A body may hold: {', '.join(sorted(FIELDS))}."
        )
    return Invocation(body=body, document=document, caller=caller, sticky_key=sticky_key)


def written(answered: Answered) -> bytes:
    """Return an answer as JSON."""
    answer: dict[str, Any] = {**vars(answered)}
    answer["features_missing"] = [asdict(one) for one in answered.features_missing]
    return msgspec.json.encode(answer)


def _may_be_ours(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path: str = scope["path"]
    return path.endswith("/invocations")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The connection ended before the body.", "Send the request again.")
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            raise TooLarge(
                f"The body is over {MOST_BYTES >> 20} MiB.", "Send the rows in several requests."
            )
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _sticky_key(headers: Mapping[bytes, bytes]) -> str | None:
    key = headers.get(b"x-octavo-sticky-key")
    if key is not None and len(key) > LONGEST_STICKY_KEY:
        raise Invalid(
            f"x-octavo-sticky-key has {len(key)} characters; {LONGEST_STICKY_KEY} are allowed.",
            "Send a shorter key, such as a digest.",
        )
    return None if key is None else key.decode("latin-1")


def _request_id(scope: Scope) -> str | None:
    found = scope.get("state", {}).get("request_id")
    return None if found is None else str(found)


async def _respond(send: Send, status: int, more: Mapping[str, str], body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in more.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
