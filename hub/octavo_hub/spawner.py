"""The spawner: asks the platform what may start, and starts it under the person's own account."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Unicode

from octavo.local.accounts import Account, Accounts
from octavo.local.confinement import Limits
from octavo.records.workspaces import EndReason, Session, SpawnChoice
from octavo_hub.choice import choice_of, options_of, refused
from octavo_hub.ending import Ending
from octavo_hub.page import SpawnPage
from octavo_hub.platform import AWAY, Platform, PlatformAway, PlatformRefused
from octavo_hub.starter import furnish
from octavo_hub.workspace import environment, idle_since, limits_of, start_url

BEAT_EVERY_S = 60.0


class OctavoSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """One person's workspace: chosen by project and profile, metered, and stopped when idle."""

    octavo_home = Unicode(help="Folder of all state. No default.").tag(config=True)
    # Not `public_url`: that is JupyterHub's own, the address of one workspace, set at each start.
    open_url = Unicode(help="Address people open, without a slash at its end.").tag(config=True)
    platform_url = Unicode(help="Platform service, from inside. No default.").tag(config=True)
    token_file = Unicode(help="File with the Hub token of `spawner`.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = Platform(self.platform_url, Path(self.token_file))
        self.accounts = Accounts(Path(self.octavo_home))
        self.session: Session | None = None
        self._end_reason: EndReason | None = None
        self._alive_at: datetime | None = None
        self._beat_at = 0.0
        self._beating: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    # ---- what a person chooses

    async def get_options_form(self) -> SpawnPage:
        """Return what the spawn page shows: projects and cards, or why there are none."""
        try:
            return SpawnPage(offers=await self.platform.offers(self.user.name, self._groups()))
        except PlatformAway as away:
            self.log.error("No cards for %s: %s", self.user.name, away)
            return SpawnPage(failure=AWAY)
        except PlatformRefused as no:
            return SpawnPage(failure=str(no))

    async def run_options_from_form(self, form_data: dict[str, Any]) -> dict[str, str]:
        """Return the posted options, once the platform agrees; else the page says why not."""
        return await self._checked(options_of(form_data))

    async def options_from_query(self, query_data: dict[str, Any]) -> dict[str, str]:
        """Return the options of a link, under the same rules as the page's."""
        return await self._checked(options_of(query_data))

    async def _checked(self, options: dict[str, str]) -> dict[str, str]:
        choice = self._choice(options)
        try:
            decision = await self.platform.decide(choice)
        except PlatformAway as away:
            self.log.error("No decision for %s: %s", self.user.name, away)
            raise refused(AWAY, "platform-away", 503) from away
        except PlatformRefused as no:
            raise refused(str(no), "refused", no.status) from no
        if not decision.allowed:
            raise refused(" ".join(decision.reasons), "refused", 403)
        return options

    def _choice(self, options: dict[str, Any]) -> SpawnChoice:
        return choice_of(options, self.user.name, self._groups())

    def _groups(self) -> list[str]:
        return [group.name for group in self.user.groups]

    # ---- start and stop

    async def start(self) -> tuple[str, int]:
        """Open a session and start JupyterLab under the person's account.

        Raises SpawnException when options, rules or budget refuse it; JupyterHub shows the
        sentence and doesn't count it as a failure of its own.
        """
        self.session, self._end_reason = await self._open_session(), None
        try:
            account = await asyncio.to_thread(self._clean_account)
            await asyncio.to_thread(furnish, account, self.session.project, self.session.template)
            limits = limits_of(self.session.profile)
            self.popen_kwargs = account.popen_kwargs(limits, death_signal=signal.SIGTERM)
            self.environment = self._environment(account, limits)
            self.default_url = start_url(self.session, account)
            address: tuple[str, int] = await super().start()
        except BaseException:
            await self._close_session("failed")
            raise
        self._beat_at, self._alive_at = time.monotonic(), datetime.now(UTC)
        return address

    async def _open_session(self) -> Session:
        try:
            return await self.platform.open_session(self._choice(self.user_options))
        except PlatformAway as away:
            self.log.error("No session for %s: %s", self.user.name, away)
            raise refused(AWAY, "platform-away", 503) from away
        except PlatformRefused as no:
            raise refused(str(no), "refused", no.status) from no

    async def stop(self, now: bool = False) -> None:
        """Stop the workspace with everything the person's account still runs."""
        reason: EndReason = "failed" if self._start_pending else "stopped"
        reason = self._end_reason = self._end_reason or reason
        if self.proc is not None and self.proc.poll() is None:
            self._alive_at = datetime.now(UTC)
        await super().stop(now)
        await asyncio.to_thread(self._clean_account)
        await self._close_session(reason)

    def _clean_account(self) -> Account:
        """Return the person's account with nothing running in it: one workspace each."""
        account = self.accounts.person(self.user.name)
        account.kill_all()
        return account

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Tell what is happening while a person waits."""
        yield {"progress": 20, "message": "Profile and budget are checked."}
        yield {"progress": 60, "message": "JupyterLab is starting under your own account."}

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Leave the environment as it is: :meth:`start` has put the account's variables in."""
        return env

    def make_preexec_fn(self, name: str) -> None:
        """Return nothing: the account's own arguments for Popen confine the process."""

    def _environment(self, account: Account, limits: Limits) -> dict[str, str]:
        if self.session is None:
            raise RuntimeError("a workspace starts only with an open session")
        return environment(self.session, account, limits, self.open_url, self.api_token)

    # ---- while it runs

    async def poll(self) -> int | None:
        """Return None while it runs; meters it, and ends it when its idle rule says so."""
        status: int | None = await super().poll()
        if self.session is None:
            return status
        if status is not None:
            await self._close_session(self._end_reason or "crashed")
        elif self.ready:
            self._alive_at = datetime.now(UTC)
            self._stop_if_idle()
            self._meter()
        return status

    def _stop_if_idle(self) -> None:
        if self.session is None:
            return
        idle = datetime.now(UTC) - idle_since(
            self._active_at(), self.session.started_at or self.session.requested_at
        )
        if idle > timedelta(minutes=self.session.profile.idle_minutes):
            self.log.info("%s has been idle for %s: stopping", self._log_name, idle)
            self._end_reason = "idle"
            os.kill(self.pid, signal.SIGTERM)

    def _active_at(self) -> datetime | None:
        active: datetime | None = self.orm_spawner.last_activity
        return active.replace(tzinfo=UTC) if active else None

    def _meter(self) -> None:
        if time.monotonic() - self._beat_at >= BEAT_EVERY_S:
            self._beat_at = time.monotonic()
            self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        if self.session is None:
            return
        try:
            self.session = await self.platform.beat(self.session.id, self._active_at())
        except (PlatformAway, PlatformRefused) as error:
            self.log.warning(
                "%s was not metered, the next beat covers it: %s", self._log_name, error
            )

    async def _close_session(self, reason: EndReason) -> None:
        session, self.session, self._end_reason = self.session, None, None
        alive_at, self._alive_at = self._alive_at, None
        if session is not None:
            ending = Ending(
                platform=self.platform,
                session=session.id,
                reason=reason,
                # After a restart of the hub nobody knows how long it lived: what is metered counts.
                until=alive_at or session.started_at or session.requested_at,
                log=self.log,
            )
            if not await ending.once():
                self._ending = asyncio.create_task(ending.until_done())

    # ---- over a restart of the hub

    def get_state(self) -> dict[str, Any]:
        """Return what a restarted hub needs to go on metering."""
        state: dict[str, Any] = super().get_state()
        return state | ({"session": self.session.model_dump(mode="json")} if self.session else {})

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a running workspace again."""
        super().load_state(state)
        kept = state.get("session")
        self.session = Session.model_validate(kept) if kept else None


def command() -> list[str]:
    """Return the command of a workspace; -P keeps files in the home from shadowing modules."""
    return [sys.executable, "-P", "-m", "octavo.local.singleuser"]
