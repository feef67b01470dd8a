"""People at a hub: they sign in, ask for a workspace, watch it start, and some walk away."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

SIGN_INS_AT_ONCE = 4
"""A password's hash costs 50 ms of CPU: more at once would only wait for each other."""

UPGRADE = (
    "GET /user/{name}/api/kernels/x/channels HTTP/1.1\r\nHost: {host}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@dataclass(kw_only=True)
class Person:
    """One person with a browser."""

    name: str
    """Sign-in name."""
    http: httpx.AsyncClient
    """Their browser: cookies of their own."""
    patient: bool = True
    """Whether they stay to see it start; the others close the tab."""
    status: int | None = None
    """What the hub answered when they asked; None: nothing."""
    told_after_s: float | None = None
    """Seconds until they were told their place in the queue, or that it is their turn."""
    messages: list[str] = field(default_factory=list)
    """What the hub told them."""

    async def sign_in(self, password: str) -> None:
        """Sign in as on the page."""
        await self.http.get("/hub/login")
        form = {"username": self.name, "password": password, "_xsrf": self._xsrf()}
        answer = await self.http.post("/hub/login", params={"next": "/hub/token"}, data=form)
        answer.raise_for_status()

    async def ask(self, options: dict[str, str]) -> None:
        """Ask for the workspace; a connection that breaks is no answer."""
        begun = time.monotonic()
        try:
            answer = await self.http.post(
                f"/hub/api/users/{self.name}/server",
                json=options,
                headers={"X-XSRFToken": self._xsrf()},
            )
            self.status = answer.status_code
            await self._watch(begun)
        except httpx.HTTPError:
            return

    async def _watch(self, begun: float) -> None:
        """Read the start's events; who isn't patient leaves once they know their place."""
        async with self.http.stream(
            "GET", f"/hub/api/users/{self.name}/server/progress", timeout=120
        ) as events:
            async for line in events.aiter_lines():
                if not line.startswith("data:"):
                    continue
                event: dict[str, Any] = json.loads(line.removeprefix("data:"))
                if self.told_after_s is None and knows_its_turn(event):
                    self.told_after_s = time.monotonic() - begun
                self.messages.append(str(event.get("message", "")))
                ended = event.get("ready") or event.get("failed")
                if ended or (not self.patient and self.told_after_s is not None):
                    return

    async def abandon_socket(self) -> None:
        """Open a websocket to the workspace and cut the connection without a word."""
        url = self.http.base_url
        try:
            _, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(UPGRADE.format(name=self.name, host=url.host).encode())
            await writer.drain()
            writer.transport.abort()
        except OSError:
            return

    def _xsrf(self) -> str:
        found = [one for one in self.http.cookies.jar if one.name == "_xsrf"]
        inner = [one.value for one in found if one.path == "/hub/"]
        return str((inner or [one.value for one in found])[0])


def knows_its_turn(event: dict[str, Any]) -> bool:
    """Whether an event tells a place in the queue, or that the turn has come."""
    return event.get("position") is not None or event.get("step") not in {None, "profile"}


async def signed_in(url: str, names: list[str], password: str) -> list[Person]:
    """Return people who have signed in; every fourth of them will walk away."""
    gate = asyncio.Semaphore(SIGN_INS_AT_ONCE)
    people = [
        Person(
            name=name,
            http=httpx.AsyncClient(
                base_url=url, follow_redirects=True, timeout=120, trust_env=False
            ),
            patient=index % 4 != 3,
        )
        for index, name in enumerate(names)
    ]

    async def enter(person: Person) -> None:
        async with gate:
            await person.sign_in(password)

    await asyncio.gather(*(enter(one) for one in people))
    return people


async def leave(people: list[Person]) -> None:
    """Close all browsers."""
    await asyncio.gather(*(one.http.aclose() for one in people))
