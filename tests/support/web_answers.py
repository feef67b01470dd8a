"""A small web server on this machine that gives prepared answers and remembers what it was asked.

- `WebAnswers.answer`: the JSON, status and headers that a path answers from now on
- `WebAnswers.asked`: every request so far, with its query, form and headers
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    path: str
    """Without the query."""
    query: dict[str, str]
    """What stood in the address."""
    form: dict[str, str]
    """What stood in the body."""
    headers: Mapping[str, str]
    """As sent."""


@dataclass
class WebAnswers:
    """The prepared answers; a path without one answers 404."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    _prepared: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)

    def answer(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer a path (or a path with its query) this way from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._prepared[path] = (status, body, named)

    def of(self, path: str) -> list[Asked]:
        """Return the requests for a path."""
        return [one for one in self.asked if one.path == path]

    def reply(self, target: str, asked: Asked) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers for a request, and remember it."""
        self.asked.append(asked)
        missing = (404, {"message": "Not Found"}, dict[str, str]())
        status, body, headers = self._prepared.get(target, self._prepared.get(asked.path, missing))
        return status, json.dumps(body).encode(), headers


@contextmanager
def web_answers() -> Iterator[WebAnswers]:
    """Serve prepared answers for the block."""
    prepared = WebAnswers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = Asked(
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                form=dict(parse_qsl(body)),
                headers=dict(self.headers.items()),
            )
            status, answer, headers = prepared.reply(self.path, asked)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(answer))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    prepared.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield prepared
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
