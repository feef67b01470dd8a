"""The spawner of one machine: JupyterLab as a process under the person's own account."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Float, Unicode

from octavo.local.accounts import Account, AccountError
from octavo.local.process import Identity
from octavo.records.workspaces import OpenSession, Orphan, Session, Usage
from octavo_hub.failure import Failure, StartFailed
from octavo_hub.local import failures, homes, orphans
from octavo_hub.local.host import Host, host_of
from octavo_hub.local.last_words import LastWords
from octavo_hub.local.tenancy import Tenancy
from octavo_hub.platform import PlatformAway, PlatformRefused
from octavo_hub.session_spawner import SessionSpawner
from octavo_hub.starter import furnish
from octavo_hub.workspace import environment, forbidden_variable, start_url

RESCUE_ARGUMENTS = ("--FileContentsManager.delete_to_trash=False",)
KILLED = -9


class OctavoSpawner(SessionSpawner, LocalProcessSpawner):  # type: ignore[misc]
    """One person's workspace on this machine."""

    octavo_home = Unicode(help="Folder of all state. No default.").tag(config=True)
    # Not `public_url`: that is JupyterHub's own, the address of one workspace, set at each start.
    open_url = Unicode(help="Address people open, without a slash at its end.").tag(config=True)
    home_size_gib = Float(
        None,
        allow_none=True,
        help="Size of a person's home in GiB, above which a workspace opens as a rescue. "
        "Default: no limit but the disk's.",
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tenancy: Tenancy | None = None
        self._words: LastWords | None = None
        self._identity: Identity | None = None
        self._died_of: Failure | None = None

    @property
    def host(self) -> Host:
        """The machine, shared by all workspaces on it."""
        return host_of(Path(self.octavo_home))

    # ---- start

    async def bring_up(self, session: Session) -> tuple[str, int]:
        """Start JupyterLab under the person's account, alone there, with the session's limits."""
        self._died_of = None
        wrong = forbidden_variable(session.profile.environment)
        if wrong is not None:
            raise StartFailed(failures.bad_variable(session.profile.id, wrong))
        self.report("account", "Your own account and home are made ready.")
        tenancy = self.tenancy = await asyncio.to_thread(self._tenancy, session)
        await self._book_left(tenancy)
        self.popen_kwargs = await asyncio.to_thread(tenancy.prepare)
        self.environment = await asyncio.to_thread(self._place, tenancy)
        self.default_url = start_url(session, tenancy.account)
        self.report("starting", "JupyterLab is starting under your own account.")
        address = await self._launch(session)
        tenancy.watch(self.pid, self._end_soon)
        return address

    def _tenancy(self, session: Session) -> Tenancy:
        try:
            account = self.host.accounts.person(self.user.name)
        except (AccountError, OSError) as error:
            raise StartFailed(failures.no_account(self.user.name, str(error))) from error
        return Tenancy(self.host, account, session)

    async def _book_left(self, tenancy: Tenancy) -> None:
        """End what an earlier session left in the account, as a hub's death does, and book it."""
        account, session = tenancy.account, tenancy.session.id
        close = functools.partial(orphans.close, self.host, account, session=session)
        left = await asyncio.to_thread(close)
        if left is not None:
            self.log.warning("Closed %s, which an earlier session had left behind", left.where)
            with contextlib.suppress(PlatformAway, PlatformRefused):
                await self.platform.book_orphan(left)

    def _place(self, tenancy: Tenancy) -> dict[str, str]:
        """Return the workspace's variables; beside a home that is full, in a scratch place."""
        account, session = tenancy.account, tenancy.session
        room = homes.full(account, self.home_size_gib)
        self.rescue = room is not None
        self.rescue_notice = homes.rescue_notice(room, account.home) if room is not None else ""
        if room is None:
            self._furnish(account, session)
        # After the furnishing: some variables name what lies in the home.
        variables = environment(session, account, tenancy.limits, self.open_url, self.api_token)
        if account.own:
            runtime = homes.runtime_folder(account, self.host.installation)
            variables["JUPYTER_RUNTIME_DIR"] = str(runtime)
        if room is not None:
            scratch = homes.scratch_folder(account, self.host.installation)
            homes.make_scratch(scratch, account)
            return variables | homes.scratch_environment(scratch)
        return variables

    def _furnish(self, account: Account, session: Session) -> None:
        try:
            furnish(account, session.project, session.template)
        except subprocess.SubprocessError as error:
            said = str(getattr(error, "stderr", None) or error)
            raise StartFailed(failures.not_furnished(session.project, said)) from error

    async def _launch(self, session: Session) -> tuple[str, int]:
        self.port = 0
        words = self._words = LastWords(self.host.log_folder / f"{session.person}.log")
        self.popen_kwargs |= {
            "stdin": subprocess.DEVNULL,
            "stdout": words.writing,
            "stderr": subprocess.STDOUT,
        }
        try:
            address: tuple[str, int] = await LocalProcessSpawner.start(self)
        except (FileNotFoundError, PermissionError) as error:
            raise StartFailed(failures.command_missing(str(self.cmd[0]))) from error
        except subprocess.SubprocessError as error:
            raise StartFailed(failures.no_account(self.user.name, str(error))) from error
        finally:
            words.close_writing()
        self._identity = Identity.of(self.pid)
        return address

    def get_args(self) -> list[str]:
        """Return the command line: kernels speak over sockets that no other account can open."""
        arguments: list[str] = super().get_args()
        if self.tenancy is not None and self.tenancy.account.own:
            arguments.append("--KernelManager.transport=ipc")
        return [*arguments, *(RESCUE_ARGUMENTS if self.rescue else ())]

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Leave the environment as it is: :meth:`bring_up` has put the account's variables in."""
        return env

    def make_preexec_fn(self, name: str) -> None:
        """Return nothing: the account's own arguments for Popen confine the process."""

    # ---- while it runs

    async def alive(self) -> int | None:
        """Return None while its process runs; what it leaves behind is ended with it."""
        resumed = self.proc is None
        if resumed and self._identity is not None and not self._identity.alive():
            self.clear_state()  # its number may be another process' by now
        status: int | None = await LocalProcessSpawner.poll(self)
        if status is not None:
            await self._settle(status, resumed=resumed)
        return status

    async def _settle(self, status: int, *, resumed: bool) -> None:
        """Find out why it has ended, while that can still be read, and clear up; once."""
        tenancy, self.tenancy = self.tenancy, None
        words, self._words = self._words, None
        if words is not None:
            words.close()
        if tenancy is None:
            return
        if resumed:
            # What it left behind ran without a session: it is ended, and booked, as an orphan.
            self._died_of = failures.died_with_the_hub()
            return
        self._died_of = self._reason(tenancy, status, words)
        await asyncio.to_thread(tenancy.clear)

    def _reason(self, tenancy: Tenancy, status: int, words: LastWords | None) -> Failure:
        limit = tenancy.limits.memory_bytes or 0
        if tenancy.excess is not None:
            return tenancy.excess
        if status == KILLED and tenancy.memory_kills():
            return failures.out_of_memory(limit)
        said = words.lines() if words is not None else ()
        return failures.said_when_it_died(status, said, limit)

    async def why_ended(self) -> Failure | None:
        """Return why it has ended by itself: a limit, or its own last words."""
        return self._died_of

    def failure_of(self, error: Exception) -> Failure | None:
        """Return why a start failed; one that took too long shows JupyterLab's last words."""
        failure = super().failure_of(error)
        if failure is None or failure.raw or self._words is None:
            return failure
        return Failure(
            kind=failure.kind,
            sentence=failure.sentence,
            action=failure.action,
            raw=self._words.lines()[-failures.SHOWN_LINES :],
        )

    async def used(self) -> Usage | None:
        """Return what the account's processes have used so far."""
        if self.tenancy is None:
            return None
        return await asyncio.to_thread(self.tenancy.used, self.pid)

    async def notes(self) -> list[Failure]:
        """Return the limits that the workspace ran into, and lives on."""
        return self.tenancy.notes() if self.tenancy is not None else []

    def _end_soon(self) -> None:
        """End what is over its memory, and let JupyterHub see it at once."""
        self._ending = asyncio.create_task(self._end_now())

    async def _end_now(self) -> None:
        if self.tenancy is not None:
            await asyncio.to_thread(self.tenancy.kill, self.pid)
            await self.poll_and_notify()

    # ---- end

    async def take_down(self, now: bool) -> None:
        """Stop the workspace with everything the person's account still runs."""
        await LocalProcessSpawner.stop(self, now)
        tenancy, self.tenancy = self.tenancy, None
        if tenancy is not None:
            await asyncio.to_thread(tenancy.clear)
        if self._words is not None:
            self._words.close()
            self._words = None

    # ---- over a restart of the hub

    def get_state(self) -> dict[str, Any]:
        """Return what a restarted hub needs to know this very process again."""
        state: dict[str, Any] = super().get_state()
        if self.pid and self._identity is not None:
            state["started"], state["boot"] = self._identity.started, self._identity.boot
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a workspace again that outlived its hub."""
        super().load_state(state)
        if not self.pid or self.session is None:
            return
        if "started" in state:
            self._identity = Identity(pid=self.pid, started=state["started"], boot=state["boot"])
        account = self.host.accounts.person(self.user.name)
        self.tenancy = Tenancy(self.host, account, self.session)
        self.tenancy.found_again(self.pid)

    @classmethod
    async def close_orphans(cls, app: Any, known: Mapping[str, OpenSession]) -> list[Orphan]:
        """End what people's accounts run without an open session, and return it."""
        host = host_of(Path(app.config.OctavoSpawner.octavo_home))
        busy = {
            user.name
            for user in list(app.users.values())
            if any(one.active or one.session is not None for one in user.spawners.values())
        }
        close = functools.partial(orphans.close_orphans, host, known.values(), busy)
        return await asyncio.to_thread(close)


def command() -> list[str]:
    """Return the command of a workspace; -P keeps files in the home from shadowing modules."""
    return [sys.executable, "-P", "-m", "octavo.local.singleuser"]
