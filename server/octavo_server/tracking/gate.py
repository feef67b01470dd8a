"""The ASGI layer around MLflow's app: signs callers in, lets through what their roles allow."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlencode

import anyio.to_thread

from octavo_server.errors import OctavoError, Unauthenticated
from octavo_server.tracking import access
from octavo_server.tracking.access import Need, Refusal, Visitor
from octavo_server.tracking.changes import CHANGES_PATH, LARGEST_READ, Changes, touched, watched
from octavo_server.tracking.histories import HISTORY_PATH, Histories, hand_over
from octavo_server.tracking.reach import Asked, Reach, Records, carries_json, is_list
from octavo_server.tracking.run_rows import RUNS_PATH, Runs, hand_over_runs
from octavo_server.tracking.targets import EXPERIMENT_HEADER

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: MLflow's own clients send at most 1 MiB in a batch; a larger body is refused.
MAX_BODY: Final = 16 * 1_048_576
#: Pages in a row of which nothing is left that are skipped.
MOST_SKIPPED: Final = 20
MODEL_LISTS: Final = ("registered_models", "model_versions")
#: Where Octavo's own routes are; MLflow has none there.
OWN_PATHS: Final = "/octavo/"
#: Where the Hub sends a browser back to after signing in.
CALLBACK: Final = "/oauth_callback"


class Visitors(Protocol):
    """Finds out who holds a token."""

    def of(self, token: str) -> Visitor:
        """The visitor. Raises `Unauthenticated`, or `Unavailable` when the Hub is away."""


class Pages(Protocol):
    """Signs people in who come with a browser."""

    def token(self, scope: Scope) -> str | None:
        """The Hub token that the request's cookie stands for, if any."""

    def wants_sign_in(self, scope: Scope, path: str) -> bool:
        """Whether this is a browser that asks for a page."""

    async def sign_in(self, send: Send) -> None:
        """Sends the browser to the Hub."""

    async def callback(self, scope: Scope) -> str | None:
        """The Hub token that a sign-in brought back; None when it doesn't hold."""

    async def begin(self, token: str, send: Send) -> None:
        """Starts a session for the token's owner."""


class Gate:
    """MLflow behind Octavo's sign-in, at `prefix`."""

    def __init__(
        self,
        app: App,
        visitors: Visitors,
        records: Records,
        pages: Pages,
        prefix: str,
        histories: Histories,
        runs: Runs,
    ) -> None:
        self._app = app
        self._histories = histories
        self._runs = runs
        self._visitors = visitors
        self._reach = Reach(records)
        self._pages = pages
        self._changes = Changes()
        self._prefix = prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    def _inside(self, scope: Scope) -> Scope:
        path = str(scope["path"]).removeprefix(self._prefix) or "/"
        return {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}

    async def _visitor(self, scope: Scope) -> Visitor | None:
        token = _bearer(scope)
        cookie = self._pages.token(scope) if token is None else None
        if token is None and cookie is None:
            return None
        found = await anyio.to_thread.run_sync(self._visitors.of, token or cookie or "")
        return replace(found, looks_only=True, governs=False) if cookie else found

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            visitor = await self._visitor(scope)
        except OctavoError:
            visitor = None
        inner = self._inside(scope)
        if visitor is None or not visitor.may(access.need("GET", inner["path"])):
            await send({"type": "websocket.close", "code": 1008, "reason": "not signed in"})
            return
        await self._app(inner, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner = self._inside(scope)
        needed = access.need(scope["method"], inner["path"])
        if needed is Need.OPEN:
            await self._app(inner, receive, send)
            return
        if inner["path"] == CALLBACK:
            await self._finish_sign_in(scope, send)
            return
        try:
            visitor = await self._visitor(scope)
            if visitor is None:
                raise Unauthenticated("No token was sent.", "Set MLFLOW_TRACKING_TOKEN.")
        except OctavoError as error:
            if error.status == 401 and self._pages.wants_sign_in(scope, inner["path"]):
                await self._pages.sign_in(send)
            else:
                await _refuse(send, _as_refusal(error))
            return
        refusal = _refusal(visitor, needed, scope["method"], inner["path"])
        if refusal is not None:
            await _refuse(send, refusal)
        elif inner["path"].startswith(OWN_PATHS):
            await self._tell_octavo(inner["path"], scope, send)
        elif visitor.governs:
            await self._pass_on(inner, receive, send)
        else:
            await self._checked(visitor, needed, inner, receive, send)

    async def _finish_sign_in(self, scope: Scope, send: Send) -> None:
        """Starts a session only for a token that holds, so that no browser goes in circles."""
        try:
            token = await self._pages.callback(scope)
            if token is None:
                raise Unauthenticated("This is not the answer to a sign-in of yours.", "Try again.")
            await anyio.to_thread.run_sync(self._visitors.of, token)
        except OctavoError as error:
            await _refuse(send, _as_refusal(error))
        else:
            await self._pages.begin(token, send)

    async def _checked(
        self, visitor: Visitor, needed: Need, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Passes a request on after all that it names was found in the caller's projects."""
        looked_into = carries_json(scope["method"], scope["path"])
        raw = await _body(receive) if looked_into else b""
        body = _object(raw) if looked_into and raw != b"" else {}
        if body is None:
            text = f"The body must be one JSON object of at most {MAX_BODY} bytes."
            await _refuse(send, access.wrong(text))
            return
        if scope["method"] in ("GET", "HEAD") and _has_body(scope):
            # MLflow would read it, and nobody has looked into it.
            await _refuse(send, access.wrong("A GET takes no body: put it into the query."))
            return
        asked = _asked(scope, body if looked_into else None)
        found, refusal = await anyio.to_thread.run_sync(self._reach.examine, visitor, needed, asked)
        if refusal is not None:
            await _refuse(send, refusal)
            return
        if looked_into:
            sent = (raw or b"") if found is body else json.dumps(found).encode()
            scope, receive = _replaced(scope, receive, sent)
        if needed is Need.READ and is_list(scope["path"]):
            await self._cut_down(visitor, scope, asked.body, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _cut_down(
        self, visitor: Visitor, scope: Scope, body: dict[str, Any] | None, send: Send
    ) -> None:
        """Answers a list with what the caller may read.

        A page of which nothing is left is skipped, so that no client takes it for the end.
        """
        shown: dict[str, Any] = {}
        for _ in range(MOST_SKIPPED):
            status, answered = await self._answer(scope, body)
            content = _object(answered)
            if status >= 400 or content is None:
                await _send(send, status, answered)
                return
            shown = self._reach.shown(visitor, content)
            token = shown.get("next_page_token")
            if not token or any(shown.get(name) for name in ("experiments", *MODEL_LISTS)):
                break
            scope, body = _next_page(scope, body, str(token))
        await _json(send, 200, shown)

    async def _answer(self, scope: Scope, body: dict[str, Any] | None) -> tuple[int, bytes]:
        """MLflow's whole answer to a request."""
        status, answered = 500, bytearray()

        async def hear(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answered.extend(message.get("body", b""))

        sent = b"" if body is None else json.dumps(body).encode()
        inner, receive = _replaced(scope, _silence, sent)
        await self._app(inner, receive, hear)
        return status, bytes(answered)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request and remembers which runs it changed."""
        if not watched(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        asked, answered, status = bytearray(), bytearray(), 0

        async def hearing() -> Message:
            message = await receive()
            if len(asked) <= LARGEST_READ:
                asked.extend(message.get("body", b""))
            return message

        async def telling(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            is_body = message["type"] == "http.response.body"
            if is_body and len(answered) <= LARGEST_READ:
                answered.extend(message.get("body", b""))
            if is_body and not message.get("more_body", False) and status < 400:
                # Before the answer's end is sent: who then looks must find the write.
                self._changes.note(touched(scope["path"], bytes(asked), bytes(answered)))
            await send(message)

        await self._app(scope, hearing, telling)

    async def _tell_octavo(self, path: str, scope: Scope, send: Send) -> None:
        """Answers what the platform service asks for its read models."""
        if path == CHANGES_PATH:
            await self._tell_changes(scope, send)
        elif path == HISTORY_PATH:
            await hand_over(self._histories, scope["query_string"], send)
        elif path == RUNS_PATH:
            await hand_over_runs(self._runs, scope["query_string"], send)

    async def _tell_changes(self, scope: Scope, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        since = query.get("since", ["0"])[0]
        seq = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else -1
        await _json(send, 200, self._changes.since(query.get("boot", [""])[0], seq))


def _refusal(visitor: Visitor, needed: Need, method: str, path: str) -> Refusal | None:
    if visitor.may(needed):
        return None
    if needed is Need.SHUT:
        return Refusal(
            status=404,
            error_code="ENDPOINT_NOT_FOUND",
            message=f"{method} {path[:200]} is not offered by this tracking server.",
        )
    remedy = {
        Need.GOVERN: "Only Octavo moves aliases and deletes versions: use the Models panel or "
        "PUT /services/octavo/api/v1/projects/<project>/models/<name>/aliases/<alias>.",
        Need.WRITE: "Your role may look, not write. A scientist of the project can.",
        Need.READ: "You are a member of no project. Ask a project's admin to add you.",
    }[needed]
    if needed is Need.WRITE and visitor.looks_only:
        remedy = "MLflow's pages only show; log from a notebook instead."
    return Refusal(
        status=403,
        error_code="PERMISSION_DENIED",
        message=f"{visitor.name} may not {method} {path[:200]}. {remedy}",
    )


def _as_refusal(error: OctavoError) -> Refusal:
    code = "UNAUTHENTICATED" if error.status == 401 else "TEMPORARILY_UNAVAILABLE"
    return Refusal(
        status=error.status, error_code=code, message=f"{error.message} {error.remedy}".strip()
    )


def _bearer(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() in ("bearer", "token") else ""
    return None


async def _body(receive: Receive) -> bytes | None:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= MAX_BODY else None


def _object(raw: bytes | None) -> dict[str, Any] | None:
    try:
        found = json.loads(raw) if raw is not None else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _asked(scope: Scope, body: dict[str, Any] | None) -> Asked:
    headers = (value for name, value in scope["headers"] if name == EXPERIMENT_HEADER)
    return Asked(
        method=scope["method"],
        path=scope["path"],
        query=parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
        headers=tuple(value.decode("latin-1") for value in headers),
        body=body,
    )


def _replaced(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """The request with `body` in place of the one that was read."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
    kept.append((b"content-length", str(len(body)).encode()))
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return {**scope, "headers": kept}, again


async def _refuse(send: Send, refusal: Refusal) -> None:
    content = {"error_code": refusal.error_code, "message": refusal.message}
    await _json(send, refusal.status, content)


def _has_body(scope: Scope) -> bool:
    sent = dict(scope["headers"])
    return b"transfer-encoding" in sent or sent.get(b"content-length", b"0") != b"0"


async def _silence() -> Message:
    """What a client says that has sent all: nothing, until it leaves."""
    return {"type": "http.disconnect"}


def _next_page(
    scope: Scope, body: dict[str, Any] | None, token: str
) -> tuple[Scope, dict[str, Any] | None]:
    """The request for the page after the one that ended with `token`."""
    if body is not None:
        kept = {name: value for name, value in body.items() if name != "pageToken"}
        return scope, {**kept, "page_token": token}
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    asked = urlencode({**query, "page_token": [token]}, doseq=True)
    return {**scope, "query_string": asked.encode()}, None


async def _json(send: Send, status: int, content: dict[str, Any]) -> None:
    await _send(send, status, json.dumps(content).encode())


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
