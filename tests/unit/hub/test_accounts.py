"""Accounts of people, runs and scorers: apart as root, else it is said that they aren't."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.local.accounts import AccountError, Accounts
from octavo.local.confinement import EVALUATION_MODE, Account, Limits

ROOT = os.geteuid() == 0
PATH = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def accounts() -> Iterator[Accounts]:
    with tempfile.TemporaryDirectory(prefix="octavo-accounts-") as folder:
        Path(folder).chmod(0o711)
        made = Accounts(Path(folder))
        yield made
        made.remove_all()


def _run(account: Account, script: str, limits: Limits | None = None) -> str:
    done = subprocess.run(
        ["sh", "-c", script],
        env=PATH | account.environment(),
        capture_output=True,
        text=True,
        check=True,
        **account.popen_kwargs(limits),
    )
    return done.stdout.strip()


def test_names_are_stable_valid_and_never_shared(accounts: Accounts, tmp_path: Path) -> None:
    people = ["ann", "Ann", "ann@x.org", "ann-x-org", "a" * 60, "a" * 61]
    names = [accounts.name_of(person) for person in people]
    assert len(set(names)) == len(people)
    assert all(re.fullmatch(r"oct-[0-9a-f]{4}-u-[a-z0-9-]+", name) for name in names)
    assert max(map(len, names)) <= 32
    assert names == [accounts.name_of(person) for person in people]
    assert Accounts(tmp_path).name_of("ann") != names[0]


@pytest.mark.parametrize("name", ["", "../root", ".hidden", "a/b", "a b", "a" * 129])
def test_a_name_that_cant_be_a_folders_gets_no_account(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="can't have a workspace"):
        accounts.person(name)


def test_a_process_runs_as_its_account_in_a_private_home(accounts: Accounts) -> None:
    account = accounts.person("ann")
    assert account.own is ROOT
    assert _run(account, "id -u") == str(account.uid)
    assert _run(account, "pwd; echo $HOME") == f"{account.home}\n{account.home}"
    assert account.home.stat().st_mode & 0o777 == 0o700
    assert _run(account, "umask") == "0077"
    assert _run(account, "grep NoNewPrivs /proc/self/status").endswith("1")
    if ROOT:
        assert account.uid >= 20_000
        assert _run(account, "id -G") == str(account.gid)
    else:
        assert account.uid == os.getuid()
        assert "not isolated" in EVALUATION_MODE


def test_limits_hold(accounts: Accounts) -> None:
    account = accounts.person("ann")
    limits = Limits(memory_bytes=256 * 2**20, processes=40, cpus=1, open_files=100)
    assert _run(account, "ulimit -d; ulimit -n; ulimit -c", limits).split() == [
        "262144",
        "100",
        "0",
    ]
    assert _run(account, "nproc", limits) == "1"
    with pytest.raises(subprocess.CalledProcessError):
        _run(account, "head -c 1G /dev/zero | tail", limits)


def test_one_account_cant_read_anothers_files(accounts: Accounts) -> None:
    ann, bob = accounts.person("ann"), accounts.person("bob")
    _run(ann, "echo mine > note")
    if not ROOT:
        assert ann.uid == bob.uid
        return
    with pytest.raises(subprocess.CalledProcessError) as refused:
        _run(bob, f"cat {ann.home}/note")
    assert "Permission denied" in refused.value.stderr
    assert _run(ann, "cat note") == "mine"


def test_a_lease_is_exclusive_and_ends_with_everything_it_ran(accounts: Accounts) -> None:
    runs = accounts.octavo_home / "runs"
    with accounts.lease("run", runs / "r1") as first, accounts.lease("run", runs / "r2") as second:
        assert first.home != second.home
        assert (first.uid != second.uid) is ROOT
        # Without accounts nothing could end what detached itself, so it ends by itself.
        seconds = 300 if ROOT else 1
        script = f"(setsid sleep {seconds} >/dev/null 2>&1 &); echo out > result"
        _run(first, script)
        if ROOT:
            assert len(first.processes()) == 1
    if ROOT:
        assert first.processes() == []
        assert (runs / "r1" / "result").stat().st_uid == 0
        with accounts.lease("run", runs / "r3") as third:
            assert third.uid == first.uid
            with pytest.raises(subprocess.CalledProcessError):
                _run(third, f"cat {runs / 'r1' / 'result'}")


def test_all_accounts_of_a_pool_in_use_is_said_with_the_number(accounts: Accounts) -> None:
    folder = accounts.octavo_home / "runs"
    with (
        accounts.lease("run", folder / "r1", most=1),
        pytest.raises(AccountError, match="all 1 accounts for a run"),
        accounts.lease("run", folder / "r2", most=1, wait_s=0.2),
    ):
        pass
    with (
        accounts.lease("scorer", folder / "s1", most=1),
        accounts.lease("run", folder / "r", most=1),
    ):
        pass


def test_a_child_dies_with_the_process_that_started_it(accounts: Accounts, tmp_path: Path) -> None:
    script = f"""
import subprocess, sys, time
from pathlib import Path
from octavo.local.accounts import Accounts
account = Accounts(Path({str(accounts.octavo_home)!r})).person("ann")
child = subprocess.Popen(["sleep", "300"], env=account.environment(), **account.popen_kwargs())
print(child.pid, flush=True)
time.sleep(300)
"""
    import sys

    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        child = Path("/proc") / parent.stdout.readline().strip()
    assert child.exists()
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while child.exists() and "State:\tZ" not in (child / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_account_of_the_system_is_never_killed() -> None:
    with pytest.raises(ValueError, match="uid 0"):
        Account(name="root", uid=0, gid=0, home=Path("/")).kill_all()


def test_a_closed_folder_on_the_way_is_named(accounts: Accounts) -> None:
    closed = accounts.octavo_home / "closed"
    closed.mkdir(mode=0o700)
    said = accounts.unreachable(closed / "state")
    assert (said is not None) is ROOT
    if said:
        assert f"chmod o+x {closed}" in said
