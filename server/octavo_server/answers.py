"""What every answer has in common: the error shape, the request id, the size limit."""

from __future__ import annotations

import logging
import math
import re
import sys
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octavo_server.errors import (
    Internal,
    Invalid,
    NotFound,
    OctavoError,
    TooLarge,
    TooMany,
)
from octavo_server.guard import Replay
from octavo_server.identity import new_id

log = logging.getLogger("octavo.server")

LARGEST_BODY_BYTES = 32 * 1024 * 1024
"""The most that one request may carry."""

HUNG_UP = 499
"""The answer that nobody reads: whoever asked left while the request arrived. As nginx has it."""

_SANE_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def error_body(error: OctavoError, request_id: str | None) -> dict[str, Any]:
    """Return the one shape of all errors."""
    return {
        "error": error.code,
        "message": error.message,
        "remedy": error.remedy,
        "request_id": request_id,
    }


def error_response(error: OctavoError, request_id: str | None) -> JSONResponse:
    """Return the answer for an error."""
    return JSONResponse(error_body(error, request_id), error.status, error_headers(error))


def error_headers(error: OctavoError) -> dict[str, str]:
    """Return the headers that an error's answer has besides."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if isinstance(error, TooMany) and error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return headers


class RequestIds:
    """ASGI middleware: names every request and puts the name on its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with ``state.request_id``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _SANE_ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, named)


class BodyLimit:
    """ASGI middleware: refuses a body over the limit while it arrives."""

    def __init__(self, app: ASGIApp, largest_bytes: int = LARGEST_BODY_BYTES) -> None:
        self._app = app
        self._largest = largest_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what arrives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._largest:
                raise self._too_large()
            return message

        if announced.isdigit() and int(announced) > self._largest:
            request_id = scope.get("state", {}).get("request_id")
            await error_response(self._too_large(), request_id)(scope, receive, send)
            return
        await self._app(scope, counted, send)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The request's body is over {self._largest // 1024**2} MiB.",
            "Send less; clear large notebook outputs first.",
        )


class Faults:
    """ASGI middleware: answers 500 where the service itself fails, and keeps the connection.

    Nothing may get past it to the server, which would close the connection: a proxy that keeps
    connections answers the next request on it, perhaps somebody else's, with a 502.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the fault to the log under the request's id, and answer unless one is on its way.

        Raises what failed after the answer had begun: only cutting it shows that it isn't whole.
        """
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:  # the last one who can answer
            if scope["type"] != "http":
                raise
            request_id = scope.get("state", {}).get("request_id")
            log.exception("request %s failed", request_id)
            if begun:
                raise
            await error_response(_internal(scope["method"]), request_id)(scope, receive, send)


def install(app: FastAPI) -> None:
    """Give ``app`` the error shape, request ids and the body limit."""
    app.add_middleware(Faults)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestIds)
    handlers: dict[type[Exception], Any] = {
        OctavoError: _octavo_error,
        RequestValidationError: _invalid_request,
        HTTPException: _http_error,
        Replay: _replay,
        ClientDisconnect: _hung_up,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


async def _octavo_error(request: Request, error: OctavoError) -> JSONResponse:
    return error_response(error, _id(request))


async def _invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = error.errors()
    made = _wrong_type(request, errors) or Invalid(*describe_invalid(errors))
    return error_response(made, _id(request))


def _wrong_type(request: Request, errors: Any) -> Invalid | None:
    """Return what to say of a body that was read as something else than the route takes."""
    sent_in = any(one["loc"][0] == "body" and one["type"] != "missing" for one in errors)
    field = getattr(request.scope.get("route"), "body_field", None)
    if field is None or not sent_in:
        return None
    expected = field.field_info.media_type
    sent = request.headers.get("content-type", "")
    if ("json" in sent.lower()) == ("json" in expected):
        return None
    return Invalid(
        f"The body was sent as {sent[:100]!r}; this address takes {expected}."
        if sent
        else f"The body was sent without a content type; this address takes {expected}.",
        f"Send it with the header 'Content-Type: {expected}'.",
    )


def describe_invalid(errors: Any) -> tuple[str, str]:
    """Return message and remedy for pydantic's errors: field, value and limit of the first."""
    first = errors[0]
    if first["type"] == "json_invalid":
        wrong = first["ctx"]["error"]
        return _unreadable(f"{wrong[0].lower()}{wrong[1:]} at character {first['loc'][-1] + 1}")
    whole = first["loc"]
    place = ".".join(map(str, whole[1:] if whole[0] in ("body", "query", "path") else whole))
    shown = repr(first.get("input"))
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    reason = first["msg"][0].lower() + first["msg"][1:]
    others = len(errors) - 1
    more = f" ({others} more field{'s are' if others > 1 else ' is'} wrong.)" if others else ""
    return (
        f"{place or 'The body'}: {reason}; got {shown}.{more}",
        f"Correct {place or 'the body'} and send the request again.",
    )


def _unreadable(why: str) -> tuple[str, str]:
    return f"The body can't be read as JSON: {why}.", "Correct the body and send the request again."


def _why_unreadable(cause: BaseException) -> str:
    if isinstance(cause, RecursionError):
        return "it is nested too deeply"
    if isinstance(cause, UnicodeError):
        return "it is not UTF-8"
    if isinstance(cause, ValueError):
        return f"it has a number of more than {sys.get_int_max_str_digits():,} digits"
    return "it didn't arrive whole"


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 404:
        unknown = NotFound(f"There is no address {request.url.path[:200]!r} here.")
        return error_response(unknown, _id(request))
    cause = error.__cause__
    if isinstance(cause, OctavoError):  # refused by us while the framework read the body
        return error_response(cause, _id(request))
    if error.status_code == 400 and cause is not None:
        made = Invalid(*_unreadable(_why_unreadable(cause)))
    else:
        made = Invalid(f"{request.method} {request.url.path[:200]}: {error.detail}.")
    response = error_response(made, _id(request))
    response.status_code = error.status_code
    return response


async def _replay(_request: Request, replay: Replay) -> JSONResponse:
    return JSONResponse(replay.body, replay.status, {"Idempotent-Replay": "true"})


async def _hung_up(_request: Request, _gone: ClientDisconnect) -> Response:
    return Response(status_code=HUNG_UP)


def _internal(method: str) -> Internal:
    then = "if it stays, give the request id to your platform admin."
    if method in ("GET", "HEAD"):
        return Internal("Octavo failed on this request.", f"Try again; {then}")
    # What an engine did before the fault stays done: nothing can be promised.
    return Internal(
        "Octavo failed on this request; it may or may not have been carried out.",
        f"Look at what it was to change before you try again; {then}",
    )
