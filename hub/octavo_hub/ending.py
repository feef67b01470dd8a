"""Tells the platform that a session has ended, as often as it takes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from logging import Logger

from octavo.records.workspaces import SessionEnd
from octavo_hub.platform import Platform, PlatformAway, PlatformRefused

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
GIVE_UP_S = 900.0
"""After this long the platform has ended the session itself, as lost."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The end of one session, to be told to the platform."""

    platform: Platform
    """Who is told."""
    session: str
    """Which session."""
    end: SessionEnd
    """Why it ended, and until when it was seen alive."""
    log: Logger
    """Where failures go."""

    async def once(self) -> bool:
        """Tell it, and return whether the platform has understood."""
        try:
            await self.platform.end_session(self.session, self.end)
        except PlatformAway as away:
            self.log.warning("The end of session %s is told later: %s", self.session, away)
            return False
        except PlatformRefused as no:
            self.log.error("The end of session %s was refused: %s", self.session, no)
        return True

    async def until_done(self) -> None:
        """Tell it again with growing pauses, for a quarter of an hour at most."""
        pause, waited = FIRST_PAUSE_S, 0.0
        while waited < GIVE_UP_S:
            await asyncio.sleep(pause)
            waited += pause
            if await self.once():
                return
            pause = min(2 * pause, LONGEST_PAUSE_S)
