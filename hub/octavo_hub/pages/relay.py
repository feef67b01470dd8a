"""Passes a page's request on to the platform in the name of the person who is signed in.

The browser never holds a token: it has the hub's cookie, and proves with the XSRF token that one of
the hub's own pages asks. The hub adds its service token and says whom it speaks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.handlers.base import BaseHandler
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders, parse_response_start_line
from tornado.web import HTTPError

from octavo.records.base import ErrorBody
from octavo_hub.pages.allowed import (
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    NotLetThrough,
    Speaker,
    address,
    check_body,
    check_origin,
    check_path,
    passed_on,
)

CONNECT_S = 5.0
ANSWER_S = 120.0
"""How long an answer may take; a year's cost as CSV is the longest."""
AT_ONCE = 64
"""Requests on their way at once; more wait their turn, and spawns have their own."""

# Its own client: pages can't use up the connections that spawns need.
_client: dict[str, AsyncHTTPClient] = {}


def client() -> AsyncHTTPClient:
    """Return the relay's client, made when it is first needed on the hub's loop."""
    if "relay" not in _client:
        _client["relay"] = AsyncHTTPClient(force_instance=True, max_clients=AT_ONCE)
    return _client["relay"]


class RelayHandler(BaseHandler):  # type: ignore[misc]
    """``/hub/octavo/api/<path>``: a signed-in person's request to the platform."""

    # Reading tells as much as writing changes: a script's GET takes the XSRF token too. JupyterHub
    # asks none of a navigation, as a download is, nor of who doesn't say how they ask.
    _xsrf_safe_methods = frozenset({"HEAD", "OPTIONS"})

    def initialize(self, platform_url: str, token_file: str, open_url: str) -> None:
        """Take the platform's address from inside, the token's file, and where people open it."""
        self._open_host = urlsplit(open_url).netloc
        self._base = f"{platform_url.rstrip('/')}/services/octavo/api/v1/"
        self._token_file = Path(token_file)

    def get_content_type(self) -> str:
        """Answer JSON, also for errors."""
        return "application/json"

    @property
    def content_security_policy(self) -> str:
        """Nothing in an answer may run or be framed."""
        return f"{super().content_security_policy}; default-src 'none'; sandbox"

    async def get(self, path: str) -> None:
        """Pass a GET on."""
        await self._relay(path)

    post = put = delete = get

    async def _relay(self, path: str) -> None:
        speaker = self._speaker()
        request = self.request
        check_path(request.method, path)
        check_origin(request.headers, self._hosts(), self.hub.base_url)
        check_body(request.method, request.headers.get("Content-Type", ""), len(request.body))
        answer = Streamed(self)
        try:
            await client().fetch(self._outgoing(path, speaker, answer), raise_error=False)
            answer.begin()
        except (HTTPClientError, OSError) as error:
            self.log.error("%s %s for %s: %s", request.method, path, speaker.name, error)
            if answer.begun:  # a broken connection is the only way to say that half is missing
                request.connection.close()
                return
            raise NotLetThrough(
                502,
                "platform_away",
                "The platform service doesn't answer.",
                "Nothing was lost on this page. Try again in a minute; if it stays like this, tell "
                "your platform admin.",
            ) from error

    def check_xsrf_cookie(self) -> None:
        """Leave who isn't signed in to be told so; nothing is passed on for them."""
        try:
            super().check_xsrf_cookie()
        except HTTPError:
            if self.current_user is not None:
                raise

    def _speaker(self) -> Speaker:
        user = self.current_user
        if user is None:
            raise NotLetThrough(
                401, "unauthenticated", "You are not signed in any more.", "Sign in and come back."
            )
        return Speaker(name=user.name, groups=tuple(group.name for group in user.groups))

    def _hosts(self) -> set[str]:
        # Never the empty one: that is the host of an origin "null".
        return {self.request.host, self._open_host} - {""}

    def _outgoing(self, path: str, speaker: Speaker, answer: Streamed) -> HTTPRequest:
        token = self._token_file.read_text(encoding="ascii").strip()
        headers = passed_on(self.request.headers, REQUEST_HEADERS) | speaker.headers()
        return HTTPRequest(
            self._base + address(path, self.request.query),
            method=self.request.method,
            headers=HTTPHeaders(headers | {"Authorization": f"Bearer {token}"}),
            body=self.request.body if self.request.method in {"POST", "PUT"} else None,
            connect_timeout=CONNECT_S,
            request_timeout=ANSWER_S,
            follow_redirects=False,
            decompress_response=False,
            header_callback=answer.header,
            streaming_callback=answer.chunk,
        )

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer every error in the platform's one shape."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        body = _as_body(error, status_code)
        self.set_header("Content-Type", "application/json")
        self.finish(body.model_dump_json())

    def log_exception(self, *exc_info: Any) -> None:
        """Keep refusals, which the person reads, out of the log of faults."""
        if not isinstance(exc_info[1], NotLetThrough):
            super().log_exception(*exc_info)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Give a refusal its own status."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        super().send_error(getattr(error, "status", status_code), **kwargs)


class Streamed:
    """An answer that goes on to the browser while it arrives."""

    def __init__(self, handler: RelayHandler) -> None:
        """Take the handler whose browser waits."""
        self._handler = handler
        self._headers = HTTPHeaders()
        self._status = 0
        self.begun = False

    def header(self, line: str) -> None:
        """Keep one line of the answer's head."""
        line = line.rstrip("\r\n")
        if line.startswith("HTTP/"):
            self._status, self._headers = parse_response_start_line(line).code, HTTPHeaders()
        elif line:
            self._headers.parse_line(line)

    def chunk(self, data: bytes) -> None:
        """Send a part on, the head before the first."""
        self.begin()
        self._handler.write(data)
        self._handler.flush()

    def begin(self) -> None:
        """Send the head, unless it is on its way."""
        if self.begun:
            return
        self.begun = True
        self._handler.set_status(self._status)
        for name, value in passed_on(self._headers, RESPONSE_HEADERS).items():
            self._handler.set_header(name, value)
        self._handler.set_header("Cache-Control", "no-store")


def _as_body(error: Any, status: int) -> ErrorBody:
    if isinstance(error, NotLetThrough):
        return _body(error.code, error.message, error.remedy)
    if isinstance(error, HTTPError) and "xsrf" in str(error.log_message).lower():
        return _body(
            "forbidden",
            "The page's proof that it belongs to this hub is missing or too old.",
            "Reload the page; what you typed is kept.",
        )
    if isinstance(error, HTTPError) and status < 500:
        return _body("invalid", f"{error.log_message or error.reason or status}.", "")
    return _body("internal", "The hub failed on this request; nothing was changed.", "Try again.")


def _body(code: str, message: str, remedy: str) -> ErrorBody:
    return ErrorBody(error=code, message=message, remedy=remedy, request_id=None)
