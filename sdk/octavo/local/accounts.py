"""Operating-system accounts: every person, run and scorer of one machine under its own.

Started as root, Octavo gives each person an account (``oct-<install>-<person>``) with a private
home, and lends runs and scorers accounts from a pool (``oct-<install>-run-<n>``). ``<install>`` is
four letters made from the state folder's path, so that two installations on one machine never share
an account. Started as anybody else, all of it runs as that user (*evaluation mode*).

    accounts = Accounts(Path("var"))
    with accounts.lease("run", home=Path("var/runs/r1")) as account:
        process = subprocess.Popen(argv, env=account.environment(), **account.popen_kwargs())

When the block ends, every process of the account is killed and its files belong to the services.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from octavo.local.confinement import EVALUATION_MODE, SHARED_TEMPORARY, Account, give
from octavo.local.control_groups import kernel_groups

__all__ = ["EVALUATION_MODE", "Account", "AccountError", "Accounts", "Pool"]

Pool = Literal["run", "scorer"]

# Above the ids that people and packages of the machine get, below what a container maps.
FIRST_ID, LAST_ID = 20_000, 59_999
LONGEST_NAME = 32
PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}")
CREATION_LOCK = Path("/run/lock/octavo-accounts.lock")
LOCK_WAIT_S = 30.0
OUTSIDE = (Path("/run"), Path("/dev/shm"), Path("/var/tmp"))  # noqa: S108 - own folders inside
"""Where accounts have folders outside their homes, below the installation's mark."""


class AccountError(RuntimeError):
    """The machine couldn't give an account; the message says what to do."""


class Accounts:
    """The accounts of one installation, created when they are first needed."""

    def __init__(self, octavo_home: Path) -> None:
        """Take the state folder; nothing is created before an account is asked for."""
        self.octavo_home = octavo_home.resolve()
        self.isolated = os.geteuid() == 0
        self._prefix = f"oct-{hashlib.sha256(str(self.octavo_home).encode()).hexdigest()[:4]}"

    def name_of(self, person: str) -> str:
        """Return the account name of a person: stable, valid, and never another person's."""
        plain = re.sub(r"[^a-z0-9-]", "-", person.lower())
        name = f"{self._prefix}-u-{plain}"
        if plain == person and len(name) <= LONGEST_NAME:
            return name
        mark = hashlib.sha256(person.encode()).hexdigest()[:6]
        return f"{name[: LONGEST_NAME - 7]}-{mark}"

    @property
    def installation(self) -> str:
        """Mark of this installation in names of accounts and groups: oct-<four letters>."""
        return self._prefix

    def person(self, person: str) -> Account:
        """Return a person's account with its private home, made on first use.

        Raises AccountError for a name that can't be a folder's, or when the machine refuses.
        """
        if not PERSON.fullmatch(person):
            raise AccountError(
                f"{person!r} can't have a workspace: a person's name has at most 128 letters, "
                "digits and any of . _ @ - and starts with a letter or digit."
            )
        home = self.octavo_home / "homes" / person
        return _furnished(self._account(self.name_of(person), home, login_shell="/bin/bash"))

    @contextmanager
    def lease(
        self, pool: Pool, home: Path, wait_s: float = 0.0, most: int = 64
    ) -> Iterator[Account]:
        """Lend an account nobody else uses, with ``home`` as its private folder, for the block.

        The lease is a file lock, so a killed holder frees it. Whatever the account ran before is
        killed first and last; after the block ``home`` belongs to the services again. Waits at
        most ``wait_s`` seconds for one of the ``most`` accounts and then raises AccountError.
        """
        slot, lock = self._free_slot(pool, most, wait_s)
        try:
            name = f"{self._prefix}-{pool}-{slot}"
            account = self._account(name, home, login_shell="/usr/sbin/nologin")
            account.kill_all()
            try:
                yield _furnished(account)
            finally:
                account.kill_all()
                self._take_back(account)
        finally:
            os.close(lock)

    def kill_all(self) -> None:
        """Kill every process of every account of this installation; the accounts stay."""
        for entry in pwd.getpwall() if self.isolated else []:
            if entry.pw_name.startswith(f"{self._prefix}-"):
                uid, gid = entry.pw_uid, entry.pw_gid
                Account(name=entry.pw_name, uid=uid, gid=gid, home=Path("/")).kill_all()

    def remove_all(self) -> list[str]:
        """Kill and delete every account of this installation; return their names. Homes stay."""
        found = [entry for entry in pwd.getpwall() if entry.pw_name.startswith(f"{self._prefix}-")]
        for entry in found if self.isolated else []:
            uid, gid = entry.pw_uid, entry.pw_gid
            Account(name=entry.pw_name, uid=uid, gid=gid, home=Path("/")).kill_all()
            with _creation_lock():
                _run_tool(["userdel", entry.pw_name])
        self.remove_traces()
        return [entry.pw_name for entry in found]

    def of_people(self) -> list[Account]:
        """Return the accounts that people of this installation have; none in evaluation mode."""
        first = f"{self._prefix}-u-"
        found = [one for one in pwd.getpwall() if one.pw_name.startswith(first)]
        return [
            Account(name=one.pw_name, uid=one.pw_uid, gid=one.pw_gid, home=Path(one.pw_dir))
            for one in (found if self.isolated else [])
        ]

    def remove_traces(self) -> None:
        """Remove what accounts without processes had of the machine outside their homes."""
        if not self.isolated:
            return
        groups = kernel_groups(self.installation)
        if groups is not None:
            groups.remove_all()
        for place in OUTSIDE:
            shutil.rmtree(place / self.installation, ignore_errors=True)

    def unreachable(self, *paths: Path) -> str | None:
        """Say which folder keeps other accounts from ``paths``; None if none does."""
        if not self.isolated:
            return None
        for path in paths:
            for folder in (*reversed(path.resolve().parents), path.resolve()):
                if folder.is_dir() and not folder.stat().st_mode & 0o001:
                    return (
                        f"{folder} can't be entered by other accounts, so workspaces can't use "
                        f"{path}. Move it to a folder open to all, or run: chmod o+x {folder}"
                    )
        return None

    def _account(self, name: str, home: Path, *, login_shell: str) -> Account:
        if self.isolated:
            uid, gid = _ensure(name, home, login_shell)
            return Account(name=name, uid=uid, gid=gid, home=home)
        return Account(name=_own_name(), uid=os.geteuid(), gid=os.getegid(), home=home, own=False)

    def _free_slot(self, pool: Pool, most: int, wait_s: float) -> tuple[int, int]:
        folder = self.octavo_home / "state" / "slots"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        deadline = time.monotonic() + wait_s
        while True:
            for slot in range(1, most + 1):
                lock = os.open(folder / f"{pool}-{slot}", os.O_CREAT | os.O_RDWR, 0o600)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(lock)
                else:
                    return slot, lock
            if time.monotonic() >= deadline:
                raise AccountError(
                    f"all {most} accounts for a {pool} are in use after {wait_s:g} s; "
                    "wait for one to end, or allow more."
                )
            time.sleep(0.05)

    def _take_back(self, account: Account) -> None:
        if not account.own:
            return
        give(account.home, os.geteuid(), os.getegid())
        for folder in SHARED_TEMPORARY:
            account.sweep(folder)


def _own_name() -> str:
    """Return the name of Octavo's own account; a container may run it under a bare number."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _furnished(account: Account) -> Account:
    """Give the account its private folder, with what already lies in it."""
    account.home.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    account.home.mkdir(mode=0o700, exist_ok=True)
    if account.own:
        if account.home.stat().st_uid != account.uid:
            give(account.home, account.uid, account.gid)
        if account.home.stat().st_mode & 0o7777 != 0o700:
            account.home.chmod(0o700)
        account.make_temporary()
    return account


def _ensure(name: str, home: Path, shell: str) -> tuple[int, int]:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        with _creation_lock():
            _create(name, home, shell)
        entry = pwd.getpwnam(name)
    if not FIRST_ID <= entry.pw_uid <= LAST_ID:
        raise AccountError(
            f"account {name} has uid {entry.pw_uid}, outside {FIRST_ID}..{LAST_ID}: it isn't one "
            f"that Octavo made. Remove or rename it."
        )
    return entry.pw_uid, entry.pw_gid


def _create(name: str, home: Path, shell: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        ranges = {"UID_MIN": FIRST_ID, "UID_MAX": LAST_ID, "GID_MIN": FIRST_ID, "GID_MAX": LAST_ID}
        ranges |= {"SUB_UID_COUNT": 0, "SUB_GID_COUNT": 0}
        settings = [part for key, value in ranges.items() for part in ("-K", f"{key}={value}")]
        _run_tool(
            ["useradd", *settings, "--no-create-home", "--no-log-init", "--user-group",
             "--home-dir", str(home), "--shell", shell, "--comment", "Octavo", name]
        )  # fmt: skip


def _run_tool(argv: list[str]) -> None:
    """Run useradd or userdel; they refuse while another program holds the account files."""
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        if "lock" not in done.stderr or time.monotonic() >= deadline:
            raise AccountError(f"{argv[0]} refused {argv[-1]}: {done.stderr.strip()}")
        time.sleep(0.1)


@contextmanager
def _creation_lock() -> Iterator[None]:
    CREATION_LOCK.parent.mkdir(parents=True, exist_ok=True)
    with CREATION_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
