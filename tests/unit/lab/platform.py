"""A platform made for the tests: what it answers by path, and what it saw.

- ``echo``      the request as it came, as JSON
- ``events``    an event stream that ends after two events
- ``forever``   an event stream that never ends; ``gone`` is set when its reader leaves
- ``flood``     an answer of many pieces that goes on for as long as somebody reads
- ``refused``   a 403 in the platform's error shape
- ``page``      HTML with a script, which must not become a page of the lab
- ``broken``    an answer that stops in the middle
- ``moved``     a redirect to elsewhere
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field

from tornado import iostream, web

REFUSAL = {
    "error": "forbidden",
    "message": "You may not.",
    "remedy": "Ask an admin.",
    "request_id": "r1",
}


@dataclass
class Seen:
    """One request that reached the platform."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


@dataclass
class FakePlatform:
    """What the platform saw, and where it listens."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    refusing: bool = False
    """Whether it refuses whatever it is asked."""

    def application(self) -> web.Application:
        """Return the web application."""
        return web.Application([(r"/services/octavo/api/v1/(.*)", _Handler, {"platform": self})])


class _Handler(web.RequestHandler):
    def initialize(self, platform: FakePlatform) -> None:
        """Take the record of what is seen."""
        self.platform = platform

    async def get(self, path: str) -> None:
        """Answer as the module's table says."""
        await self._answer(path)

    post = put = patch = delete = get

    async def _answer(self, path: str) -> None:
        request = self.request
        headers = {name.lower(): value for name, value in request.headers.get_all()}
        raw = request.path.partition("/api/v1/")[2]
        seen = Seen(str(request.method), raw, request.query, headers, request.body.decode())
        self.platform.seen.append(seen)
        if self.platform.refusing:
            await self._refused()
            return
        answer = getattr(self, f"_{path.split('/')[0]}", self._echo)
        await answer()

    async def _echo(self) -> None:
        self.set_header("X-Request-Id", "r7")
        self.set_header("Set-Cookie", "session=stolen")
        self.finish(json.dumps(self.platform.seen[-1].__dict__))

    async def _events(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        for number in (1, 2):
            self.write(f"id: {number}\ndata: event {number}\n\n")
            await self.flush()

    async def _forever(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.write(": watching\n\n")
        await self.flush()
        await self.platform.gone.wait()

    def on_connection_close(self) -> None:
        """Remember that the reader left."""
        self.platform.gone.set()

    async def _flood(self) -> None:
        with contextlib.suppress(iostream.StreamClosedError):
            while not self.platform.gone.is_set():
                self.write(b"x" * 65536)
                await self.flush()
                await asyncio.sleep(0)
        self.platform.gone.set()

    async def _refused(self) -> None:
        self.set_status(403)
        self.finish(json.dumps(REFUSAL))

    async def _page(self) -> None:
        self.set_header("Content-Type", "text/html")
        self.finish("<script>alert(1)</script>")

    async def _broken(self) -> None:
        self.set_header("Content-Length", "1000")
        self.write('{"half":')
        try:
            await self.flush()
        except iostream.StreamClosedError:
            return
        self.request.connection.stream.close()  # type: ignore[union-attr]

    async def _moved(self) -> None:
        self.redirect("http://127.0.0.1:9/elsewhere")
