"""The scorer's routes as one plain ASGI application: a framework would cost more than a model.

MLflow's ``/invocations``, the Open Inference Protocol v2, health, metrics, OpenAPI, and the swap.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import msgspec

from octavo_scorer.errors import (
    Busy,
    Internal,
    Invalid,
    NotFound,
    ScorerError,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from octavo_scorer.formats import Batch, parse_json, read_csv, read_invocation
from octavo_scorer.holder import Held, Holder
from octavo_scorer.metrics import CONTENT_TYPE, ScorerMetrics
from octavo_scorer.openapi import describe_api
from octavo_scorer.swapping import Swaps
from octavo_scorer.tensors import describe_model, output_tensor, read_v2
from octavo_scorer.wire import (
    ELSEWHERE_HEADER,
    LIVE_PATH,
    READY_PATH,
    REQUEST_ID_HEADER,
    SECRET_HEADER,
    VERSION_HEADER,
)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON = b"application/json"
SECRET = SECRET_HEADER.encode()
ELSEWHERE = ELSEWHERE_HEADER.encode()
REQUEST_ID = REQUEST_ID_HEADER.encode()

log = logging.getLogger("octavo.scorer")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    body: bytes
    status: int = 200
    kind: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A request without its body."""

    headers: Mapping[bytes, bytes]
    path: str
    receive: Receive


Handler = Callable[[Call], Awaitable[Reply]]


class Scorer:
    """The application."""

    def __init__(
        self,
        holder: Holder,
        metrics: ScorerMetrics,
        secret: str | None,
        swaps: Swaps,
        *,
        open_metrics: bool = False,
    ) -> None:
        """``secret`` is what all but the health routes want; None: anybody may call.

        ``open_metrics`` lets collectors read ``/metrics`` without it.
        """
        self._holder = holder
        self._metrics = metrics
        self._secret = None if secret is None else secret.encode()
        self._swaps = swaps
        self._open: dict[tuple[str, str], Handler] = {
            ("GET", LIVE_PATH): self._live,
            ("GET", READY_PATH): self._ready,
            ("GET", "/ping"): self._ready,
            ("GET", "/health"): self._ready,
        }
        self._closed: dict[tuple[str, str], Handler] = {
            ("POST", "/invocations"): self._invocations,
            ("GET", "/metrics"): self._counters,
            ("GET", "/openapi.json"): self._openapi,
            ("GET", "/v2"): self._server,
            ("GET", "/version"): self._server,
        }
        if open_metrics:
            self._open["GET", "/metrics"] = self._counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"the scorer speaks HTTP, not {scope['type']}")
        headers = dict(scope["headers"])
        try:
            reply = await self._reply(scope, Call(headers, scope["path"], receive))
        except ScorerError as error:
            self._metrics.refused(error.code)
            reply = refusal(error, headers)
        except Exception:
            log.exception("the scorer failed at %s", scope["path"])
            self._metrics.refused("internal")
            reply = refusal(Internal("The scorer failed.", "See the scorer's log."), headers)
        size = str(len(reply.body)).encode()
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [
                    (b"content-type", reply.kind),
                    (b"content-length", size),
                    *reply.headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, scope: Scope, call: Call) -> Reply:
        route = (scope["method"], call.path)
        handler = self._open.get(route)
        if handler is not None:
            return await handler(call)
        if self._secret is not None:
            given = call.headers.get(SECRET, b"")
            if not hmac.compare_digest(given, self._secret):
                raise Unauthenticated(
                    "The scorer's secret is missing or wrong.",
                    "Call the deployment through Octavo.",
                )
        handler = self._closed.get(route)
        if handler is not None:
            return await handler(call)
        return await self._model_route(scope["method"], call)

    async def _model_route(self, method: str, call: Call) -> Reply:
        """Answer below ``/v2/models/{name}`` and ``/v2/repository/models/{name}``."""
        parts = call.path.strip("/").split("/")
        if parts[:3] == ["v2", "repository", "models"] and parts[4:] == ["load"]:
            if method == "POST":
                return await self._load(parts[3], call)
        elif parts[:2] == ["v2", "models"] and len(parts) > 2:
            held = self._same(parts[2])
            rest = parts[3:]
            if rest[:1] == ["versions"] and len(rest) > 1:
                self._same_version(held, rest[1])
                rest = rest[2:]
            if (method, rest) == ("POST", ["infer"]):
                return await self._infer(held, call)
            if (method, rest) == ("GET", ["ready"]):
                return as_json({"name": held.identity.name, "ready": held.ready})
            if (method, rest) == ("GET", []):
                return as_json(self._describe(held))
        raise NotFound(f"No {method} {call.path[:200]} here.", "GET /openapi.json lists the paths.")

    async def _live(self, _call: Call) -> Reply:
        return as_json({"live": True})

    async def _ready(self, _call: Call) -> Reply:
        held = self._holder.held
        if held is None or not held.ready:
            raise Unavailable("The model is being loaded.", "Ask again in a second.")
        return as_json({"ready": True})

    async def _counters(self, _call: Call) -> Reply:
        return Reply(self._metrics.text(), kind=CONTENT_TYPE.encode())

    async def _openapi(self, _call: Call) -> Reply:
        held = self._model()
        return as_json(describe_api(held.identity.name, held.identity.version, held.contract))

    async def _server(self, _call: Call) -> Reply:
        return as_json(
            {"name": "octavo-scorer", "version": "2", "extensions": ["model_repository"]}
        )

    async def _invocations(self, call: Call) -> Reply:
        body = await self._body(call)
        held = self._model()  # after the body: a swap may come while it arrives
        if not held.ready and ELSEWHERE in call.headers:
            raise Unavailable("The model is being loaded again.", "Ask another version.")
        started = time.perf_counter()
        if call.headers.get(b"content-type", JSON).startswith(b"text/csv"):
            batch = read_csv(held.contract, body)
        else:
            batch = read_invocation(held.contract, parse_json(body))
        predictions = await self._score(held, batch, started)
        return Reply(b'{"predictions":' + predictions + b"}", headers=_version(held))

    async def _infer(self, before: Held, call: Call) -> Reply:
        body = await self._body(call)
        held = self._same(before.identity.name)  # a swap may come while the body arrives
        started = time.perf_counter()
        document = parse_json(body)
        batch = read_v2(held.contract, document)
        predictions = msgspec.json.decode(await self._score(held, batch, started))
        answer: dict[str, Any] = {
            "model_name": held.identity.name,
            "model_version": held.identity.version,
            "outputs": [output_tensor(predictions)],
        }
        if isinstance(document.get("id"), str):
            answer["id"] = document["id"][:200]
        reply = as_json(answer)
        return Reply(reply.body, headers=_version(held))

    async def _score(self, held: Held, batch: Batch, started: float) -> bytes:
        predictions = await held.score(batch)
        self._metrics.scored(batch.size, time.perf_counter() - started)
        return predictions

    async def _load(self, name: str, call: Call) -> Reply:
        held = self._same(name)
        files = self._swaps.read(held.identity, parse_json(await self._body(call)))
        held = await self._holder.load(files)
        return as_json(self._describe(held))

    def _describe(self, held: Held) -> dict[str, Any]:
        one = held.identity
        return describe_model(
            one.name, one.version, held.contract, digest=one.digest, engine=held.engine
        )

    def _model(self) -> Held:
        held = self._holder.held
        if held is None:
            raise Unavailable("No model is in memory yet.", "Ask again in a second.")
        return held

    def _same(self, name: str) -> Held:
        held = self._model()
        if name != held.identity.name:
            raise NotFound(
                f"No model {name[:60]!r} here.", f"This scorer holds {held.identity.name!r}."
            )
        return held

    def _same_version(self, held: Held, version: str) -> None:
        if version != held.identity.version:
            raise NotFound(
                f"No version {version[:60]!r} here.",
                f"This scorer holds version {held.identity.version}.",
            )

    async def _body(self, call: Call) -> bytes:
        """Return the whole body. Raises TooLarge before more than its limit is kept."""
        most = self._holder.limits.body_bytes
        said = call.headers.get(b"content-length", b"0")
        if said.isdigit() and int(said[:20]) > most:
            raise _too_large(most)
        message = await call.receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body
        kept = bytearray(body)
        while message.get("more_body"):
            message = await call.receive()
            if message["type"] == "http.disconnect":
                raise Invalid("The body ended early.", "Send all bytes that were announced.")
            kept += message.get("body", b"")
            if len(kept) > most:
                raise _too_large(most)
        return bytes(kept)


def as_json(value: Any) -> Reply:
    """Return a value as a JSON reply."""
    return Reply(msgspec.json.encode(value))


def refusal(error: ScorerError, headers: Mapping[bytes, bytes]) -> Reply:
    """Return an error in the platform's one shape."""
    request_id = headers.get(REQUEST_ID, b"")[:64] or secrets.token_hex(8).encode()
    body = {
        "error": error.code,
        "message": error.message,
        "remedy": error.remedy,
        "request_id": request_id.decode("latin-1"),
    }
    extra: tuple[tuple[bytes, bytes], ...] = ((REQUEST_ID, request_id),)
    if isinstance(error, Busy):
        extra += ((b"retry-after", str(error.retry_after_s).encode()),)
    return Reply(msgspec.json.encode(body), status=error.status, headers=extra)


def _version(held: Held) -> tuple[tuple[bytes, bytes], ...]:
    return ((VERSION_HEADER.encode(), held.identity.version.encode("latin-1", "replace")),)


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The body is over {most >> 20} MiB ({most:,} bytes).",
        "Send the rows in several requests, or score them in a batch.",
    )
