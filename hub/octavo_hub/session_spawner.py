"""What every workspace has in common, whatever it runs on: choice, turn, start, meter and end.

A back end is a class ``class X(SessionSpawner, SomeSpawner)`` that fills in the hooks
:meth:`SessionSpawner.bring_up`, ``take_down`` and ``alive``, and, where it knows more, ``used``,
``notes``, ``why_ended``, ``failure_of`` and ``close_orphans``. It never overrides ``start``,
``stop``, ``poll`` or ``progress``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.spawner import Spawner, SpawnException
from jupyterhub.utils import url_path_join, wait_for_http_server
from traitlets import Float, Unicode

from octavo.records.workspaces import (
    EndReason,
    OpenSession,
    Orphan,
    Session,
    SessionEnd,
    SessionStarted,
    SpawnChoice,
    SpawnDecision,
    Usage,
)
from octavo_hub.choice import choice_of, options_of, refused
from octavo_hub.failure import Failure, StartFailed, StartRefused
from octavo_hub.keeper import Keeper
from octavo_hub.page import SpawnPage
from octavo_hub.platform import AWAY, Platform, PlatformAway, PlatformRefused
from octavo_hub.roles import SERVER_SCOPES
from octavo_hub.steps import Step, Steps

NEVER_S = 30 * 86400
"""JupyterHub's own limit of a start: out of the way, because it would count the waiting too."""


class SessionSpawner(Spawner):  # type: ignore[misc]
    """One person's workspace: chosen by project and profile, queued, metered, and ended."""

    platform_url = Unicode(help="Platform service, from inside. No default.").tag(config=True)
    token_file = Unicode(help="File with the Hub token of `spawner`.").tag(config=True)
    launch_timeout = Float(
        300.0,
        help="Seconds from its turn until JupyterLab answers; the wait in the queue isn't "
        "counted. Default: 300.",
    ).tag(config=True)
    probe_seconds = Float(
        30.0,
        help="Seconds between two reports of a workspace about what runs in it. Default: 30.",
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_timeout = NEVER_S
        self.platform = Platform(self.platform_url, Path(self.token_file))
        self.steps = Steps()
        self.session: Session | None = None
        self.refusal: SpawnDecision | None = None
        self.failure: Failure | None = None
        self.rescue = False
        self.rescue_notice = ""
        self._end_reason: EndReason | None = None
        self._alive_at: datetime | None = None
        self._work: asyncio.Task[tuple[str, int] | str] | None = None
        self._opening: asyncio.Task[Session] | None = None
        self._halting = False

    def get_env(self) -> dict[str, str]:
        """Return the workspace's variables, among them how often it reports what runs in it."""
        variables: dict[str, str] = super().get_env()
        return variables | {"OCTAVO_PROBE_SECONDS": f"{self.probe_seconds:g}"}

    # ---- what a back end fills in

    async def bring_up(self, session: Session) -> tuple[str, int] | str:
        """Start JupyterLab with the session's profile, image and GPUs; return its address.

        Called when the session's turn has come. It may be cancelled at any moment, and it may be
        called again for a session whose first start was cut off by the death of the hub: what is
        left of that one must go first. :meth:`report` says what is happening. Sets ``default_url``,
        and ``rescue`` with ``rescue_notice`` for a workspace beside a home that is full.
        Raises StartFailed with the reason and what to do.
        """
        raise NotImplementedError

    async def take_down(self, now: bool) -> None:
        """Stop everything that the workspace runs; called at any moment, also twice."""
        raise NotImplementedError

    async def alive(self) -> int | None:
        """Return None while the workspace runs, else its exit status, 0 if unknown."""
        raise NotImplementedError

    async def used(self) -> Usage | None:
        """Return what it has used since it started, seen from outside; None: not known."""
        return None

    async def notes(self) -> list[Failure]:
        """Return what its person should know of, though it runs on; each once."""
        return []

    async def why_ended(self) -> Failure | None:
        """Return why it has ended by itself, where that is known; asked once alive() says so."""
        return None

    def failure_of(self, error: Exception) -> Failure | None:
        """Return why a start failed; None: it is the hub's own fault.

        Only what is the hub's own fault counts towards its consecutive failures.
        """
        if isinstance(error, StartFailed):
            return error.failure
        if isinstance(error, TimeoutError):
            return Failure(
                kind="timeout",
                sentence=f"JupyterLab didn't answer within {self.launch_timeout:.0f} seconds.",
                action="Start again; if it stays like this, tell your platform admin.",
            )
        return None

    @classmethod
    async def close_orphans(cls, app: Any, known: Mapping[str, OpenSession]) -> list[Orphan]:
        """Close what runs without an open session, and return it.

        ``app`` is the hub, ``known`` the open sessions by their id. What is younger than two
        minutes must be left alone: its session may be newer than ``known``.
        """
        del app, known
        return []

    # ---- what a person chooses

    async def get_options_form(self) -> SpawnPage:
        """Return what the spawn page shows: projects and cards, or why there are none."""
        try:
            linked = getattr(self.handler, "linked", "")
            offers = await self.platform.offers(self.user.name, self.groups(), linked)
            return SpawnPage(offers=offers, refusal=self.refusal)
        except PlatformAway as away:
            self.log.error("No cards for %s: %s", self.user.name, away)
            return SpawnPage(failure=AWAY)
        except PlatformRefused as no:
            return SpawnPage(failure=str(no))

    async def run_options_from_form(self, form_data: dict[str, Any]) -> dict[str, Any]:
        """Return the posted options, once the platform agrees; else the page says why not."""
        return await self._checked(options_of(form_data))

    async def options_from_query(self, query_data: dict[str, Any]) -> dict[str, Any]:
        """Return the options of a link, under the same rules as the page's."""
        return await self._checked(options_of(query_data))

    async def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        choice, self.refusal = self._choice(options), None
        try:
            decision = await self.platform.decide(choice)
        except PlatformAway as away:
            raise self._away("decision", away) from away
        except PlatformRefused as no:
            raise refused(str(no), "refused", no.status) from no
        if not decision.allowed:
            self.refusal = decision
            raise refused(" ".join(decision.reasons), "refused", 403)
        return options

    def _choice(self, options: Mapping[str, Any]) -> SpawnChoice:
        return choice_of(options, self.user.name, self.groups())

    def _away(self, what: str, away: PlatformAway) -> SpawnException:
        self.log.error("No %s for %s: %s", what, self.user.name, away)
        return refused(AWAY, "platform-away", 503)

    def groups(self) -> list[str]:
        """Return the person's groups as the hub knows them now."""
        return [group.name for group in self.user.groups]

    @property
    def keeper(self) -> Keeper:
        """What the hub does for all workspaces together."""
        keeper: Keeper = self.user.settings["octavo_keeper"]
        return keeper

    # ---- start

    def report(self, step: Step, message: str) -> None:
        """Say what is happening to the person who waits."""
        self.steps.tell(step, message)

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Tell what is happening while a person waits."""
        async for event in self.steps.follow():
            yield event

    async def arrive(self) -> None:
        """Be told about how many come first; called before JupyterHub prepares the start."""
        self.steps = Steps()
        await self.keeper.arrive(self.steps)

    async def start(self) -> tuple[str, int] | str:
        """Open a session, wait for its turn, and start JupyterLab.

        Raises SpawnException when options, rules or budget refuse it, when it is given up, and
        when the launch fails for a reason that isn't the hub's own; JupyterHub shows the sentence
        and doesn't count it as a failure of its own.
        """
        self.failure, self.refusal = None, None
        self.rescue, self.rescue_notice = False, ""
        self._end_reason, self._halting = None, False
        self._work = asyncio.create_task(self._start_session())
        try:
            return await self._work
        except asyncio.CancelledError:
            if self._end_reason is None:
                # JupyterHub stops what it has cancelled: poll() says that there is something.
                raise
            raise await self._given_up() from None
        except SpawnException:
            if self.session is None:
                self._forget_options()
            await self._undo("failed")
            raise
        except Exception as error:
            raise await self._undone(error) from error
        finally:
            self.steps.end()

    async def _start_session(self) -> tuple[str, int] | str:
        try:
            self.session = await self._opened()
        finally:
            self.keeper.looked_at(self.steps)
        if self.session.state == "queued":
            self.steps.queued(self.session)
            self.session = await self.keeper.wait_for_turn(self.session, self.steps)
        async with asyncio.timeout(self.launch_timeout):
            address = await self.bring_up(self.session)
            self._keep(address)
            await self._await_answer(address)
        await self._tell_started()
        self._alive_at, self._work = datetime.now(UTC), None
        return address

    async def _opened(self) -> Session:
        # Shielded: a request that the platform has heard must not be forgotten by who cancels it.
        self._opening = asyncio.create_task(self._open_session())
        return await asyncio.shield(self._opening)

    async def _open_session(self) -> Session:
        try:
            return await self.platform.open_session(self._choice(self.user_options))
        except PlatformAway as away:
            raise self._away("session", away) from away
        except PlatformRefused as no:
            raise refused(str(no), "refused", no.status) from no

    def _forget_options(self) -> None:
        """Drop what was refused: JupyterHub starts with the last options where none are sent."""
        self.user_options = self.orm_spawner.user_options = {}
        self.user.db.commit()

    def _keep(self, address: tuple[str, int] | str) -> None:
        """Write down what was launched: a hub that dies now takes it up when it starts again."""
        where = urlsplit(_url(address))
        self.server.proto, self.server.ip = where.scheme, where.hostname
        self.server.port = where.port or (443 if where.scheme == "https" else 80)
        self.orm_spawner.state = self.get_state()
        self.user.db.commit()

    async def _await_answer(self, address: tuple[str, int] | str) -> None:
        self.report("starting", "JupyterLab is starting.")
        url = url_path_join(_url(address), self.server.base_url, "api")
        answer = asyncio.create_task(wait_for_http_server(url, timeout=self.launch_timeout))
        try:
            while not answer.done():
                await asyncio.wait({answer}, timeout=1.0)
                status = await self.alive()
                if status is not None:
                    raise StartFailed(await self.why_ended() or _died(status))
            await answer
        finally:
            answer.cancel()

    async def _tell_started(self) -> None:
        try:
            await self.tell_started()
        except PlatformAway as away:
            self.log.warning("The start of %s is told later: %s", self._log_name, away)
        except PlatformRefused as no:
            raise refused(str(no), "refused", no.status) from no

    async def tell_started(self) -> None:
        """Tell the platform that the workspace answers. Raises PlatformAway, PlatformRefused."""
        if self.session is None:
            raise RuntimeError("a workspace starts only with an open session")
        started = SessionStarted(
            at=datetime.now(UTC), rescue=self.rescue, notice=self.rescue_notice
        )
        self.session = await self.platform.started(self.session.id, started)

    @property
    def untold(self) -> bool:
        """Whether it runs, and the platform believes that it still starts."""
        session = self.session
        return bool(session and session.state == "starting" and self._alive_at and self.ready)

    async def _given_up(self) -> SpawnException:
        reason = self._end_reason or "cancelled"
        await self._undo(reason)
        words = {
            "cancelled": "The start was cancelled.",
            "budget": "The project's budget was used up before the workspace could start.",
            "quota": "The quota was used up before the workspace could start.",
        }
        return refused(words.get(reason, f"The start was given up: {reason}."), reason, 409)

    async def _undone(self, error: Exception) -> Exception:
        """Undo a start that failed; return what JupyterHub should see."""
        failure = self.failure_of(error)
        if failure is None:
            self.log.error("%s could not be started", self._log_name, exc_info=error)
            self.failure = Failure(
                kind="unknown",
                sentence=f"The workspace couldn't be started: {type(error).__name__}.",
                action="Tell your platform admin.",
                raw=(str(error),),
            )
            await self._undo("failed")
            return error
        self.failure = failure
        await self._undo("failed")
        return StartRefused(failure)

    async def _undo(self, reason: EndReason) -> None:
        try:
            if self.session is not None:
                await self._halt(now=True)
        finally:
            self._work = None
            await self._close_session(reason)

    async def _halt(self, now: bool) -> None:
        """Take it down; meanwhile poll() says what is, whatever the session's state."""
        self._halting = True
        try:
            await self.take_down(now)
        finally:
            self._halting = False

    # ---- end

    async def stop(self, now: bool = False) -> None:
        """Stop the workspace with everything it runs, and close its session."""
        starting, self._work = self._work, None
        reason = self._end_reason or ("cancelled" if starting is not None else "stopped")
        if starting is None:
            self._alive_at = datetime.now(UTC)
        await self._halt(now)
        if starting is not None and self.session is None and self._opening is not None:
            with contextlib.suppress(SpawnException):
                self.session = await self._opening
        if starting is not None and self.keeper.closing:
            # The hub is going down: the request waits on the platform until it is back.
            self.session = None
        await self._close_session(reason)

    async def give_up(self, reason: EndReason) -> None:
        """Stop by an order of the platform, whether it still waits, starts or runs."""
        self._end_reason = reason
        if self._work is not None:
            self._work.cancel()
        elif not self._halting:
            await self._halt(now=False)
            # Now it looks to JupyterHub like a server that has ended: it clears up after it.
            await self.poll_and_notify()

    async def poll(self) -> int | None:
        """Return None while it waits, starts or runs."""
        if self._work is not None and not self._halting:
            return None
        status = await self.alive()
        if self.session is None or self._halting:
            return status
        if status is None:
            self._alive_at = datetime.now(UTC)
        elif self.session.state == "running" or self._alive_at is not None:
            if self._end_reason is None:
                self.failure = await self.why_ended()
                if self._alive_at is None:
                    self.keeper.bring_back(self.session)
            await self._close_session(self._end_reason or "crashed")
        else:
            # It was starting when a former hub died, and so did it: the keeper starts it again.
            self.keeper.unsettled.append(self.session)
            self.session = None
        return status

    async def _close_session(self, reason: EndReason) -> None:
        session, self.session, self._end_reason = self.session, None, None
        alive_at, self._alive_at = self._alive_at, None
        if session is None:
            return
        # After a restart of the hub nobody knows how long it lived: what is metered counts.
        until = alive_at or session.metered_until or session.requested_at
        failure = self.failure.record() if self.failure is not None else None
        end = SessionEnd(until=until, reason=reason, failure=failure)
        await self.keeper.tell_end(self.platform, session.id, end)

    @property
    def metered(self) -> bool:
        """Whether it holds what it was granted: it starts or runs."""
        return self.session is not None and self.session.state in {"starting", "running"}

    # ---- over a restart of the hub

    def get_state(self) -> dict[str, Any]:
        """Return what a restarted hub needs to go on metering, and why the last one ended.

        JupyterHub makes a new spawner once a workspace has ended; the state is what stays.
        """
        state: dict[str, Any] = super().get_state()
        if self.session is not None:
            state["session"] = self.session.model_dump(mode="json")
        if self.failure is not None:
            state["failure"] = self.failure.kept()
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a workspace again that runs or starts."""
        super().load_state(state)
        kept, failure = state.get("session"), state.get("failure")
        self.session = Session.model_validate(kept) if kept else None
        self.failure = Failure.found(failure) if failure else None


def scopes_in_turn(spawner: SessionSpawner) -> Awaitable[list[str]]:
    """Return what a workspace's token may do; the first that JupyterHub waits for in a start."""
    # Before anything is waited for: JupyterHub rolls back what another request finds unsaved.
    spawner.user.db.commit()
    return _scopes_after(spawner.arrive())


async def _scopes_after(arrival: Awaitable[None]) -> list[str]:
    await arrival
    return SERVER_SCOPES


def _url(address: tuple[str, int] | str) -> str:
    if isinstance(address, str):
        return address
    ip, port = address
    return f"http://[{ip}]:{port}" if ":" in ip else f"http://{ip}:{port}"


def _died(status: int) -> Failure:
    return Failure(
        kind="crashed",
        sentence=f"JupyterLab ended with status {status} before it answered.",
        action="Start again; if it stays like this, tell your platform admin.",
        raw=(f"exit status {status}",),
    )
