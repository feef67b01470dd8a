"""Starts again, by itself, what was queued or starting when a former hub died."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tornado.escape import json_encode
from tornado.httpclient import AsyncHTTPClient

from octavo.records.workspaces import Session, SessionEnd, SessionFailure
from octavo_hub.platform import Platform, PlatformRefused

MOST_TRIES = 5
"""So often a start is taken up again before its session is given up."""
PAUSE_S = 5.0
"""Seconds between two tries of one start."""
TOKEN_S = 60


class Resumption:
    """Takes up the starts that the platform knows and this hub doesn't.

    The start goes through the hub's own API in the name of its person, with a token for that one
    thing: so it is under the same rules as a click, and never beside a start under way.
    """

    def __init__(self, app: Any, platform: Platform) -> None:
        """Take the hub and the platform."""
        self._app = app
        self._platform = platform
        self._tries: dict[str, tuple[int, float]] = {}
        self._taken: set[str] = set()

    async def take_up(self, sessions: list[Session]) -> None:
        """Start each of the sessions whose person has nothing pending."""
        known = {one.id for one in sessions}
        self._tries = {name: tried for name, tried in self._tries.items() if name in known}
        self._taken &= known
        await asyncio.gather(*[self._one(session) for session in sessions])

    def is_done(self, session: str) -> bool:
        """Whether a start was taken up again, or given up."""
        tries, _ = self._tries.get(session, (0, 0.0))
        return session in self._taken or tries > MOST_TRIES

    async def _one(self, session: Session) -> None:
        now = asyncio.get_running_loop().time()
        tries, last = self._tries.get(session.id, (0, -PAUSE_S))
        if now - last < PAUSE_S or self._busy(session.person):
            return
        self._tries[session.id] = (tries + 1, now)
        if tries >= MOST_TRIES:
            await self._give_up(session)
            return
        status, answer = await self._start(session)
        if status >= 300:
            self._app.log.warning(
                "The start of %s can't be taken up again: %s %s", session.person, status, answer
            )
        else:
            self._taken.add(session.id)
            self._app.log.info("Took up the start of %s again", session.person)

    def _busy(self, person: str) -> bool:
        try:
            spawner = self._app.users[person].spawners[""]
        except KeyError:
            return False
        return bool(spawner.active)

    async def _start(self, session: Session) -> tuple[int, str]:
        try:
            user = self._app.users[session.person]
        except KeyError:
            return 404, "nobody of that name has an account"
        token = user.new_api_token(
            note="Takes up a start again after a restart of the hub",
            expires_in=TOKEN_S,
            scopes=[f"start:servers!user={user.name}"],
        )
        options = {"project": session.project, "profile": session.profile.id}
        if session.image is not None:
            options["image"] = session.image
        answer = await AsyncHTTPClient().fetch(
            f"{self._app.hub.api_url}/users/{quote(session.person, safe='')}/server",
            method="POST",
            body=json_encode({"display_name": "", "user_options": options}),
            headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
            raise_error=False,
        )
        return answer.code, answer.body.decode(errors="replace")[:500]

    async def _give_up(self, session: Session) -> None:
        end = SessionEnd(
            until=session.started_at or datetime.now(UTC),
            reason="failed",
            failure=SessionFailure(
                kind="unknown",
                message="The start was cut off by a restart of the hub and couldn't be taken up.",
            ),
        )
        try:
            await self._platform.end_session(session.id, end)
        except PlatformRefused as no:
            self._app.log.error("The end of session %s was refused: %s", session.id, no)
