"""What a dead hub leaves behind, with a real process under a person's account."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.wire_sessions import open_session, session

from octavo.local.accounts import Account
from octavo.local.control_groups import kernel_groups
from octavo.records.workspaces import Orphan
from octavo_hub.local import orphans
from octavo_hub.local.host import Host

ROOT = os.geteuid() == 0


@pytest.fixture
def host() -> Iterator[Host]:
    with tempfile.TemporaryDirectory(prefix="octavo-orphans-") as folder:
        Path(folder).chmod(0o711)
        (Path(folder) / "state").mkdir(mode=0o700)
        made = Host(Path(folder), kernel_groups(f"octavo-test-{os.getpid()}"))
        yield made
        made.accounts.remove_all()
        if made.groups is not None:
            made.groups.remove_all()


@contextmanager
def left_behind(account: Account) -> Iterator[subprocess.Popen[str]]:
    """Run a process that nobody looks after."""
    process = subprocess.Popen(
        [sys.executable, "-IS", "-c", "import signal; print('up', flush=True); signal.pause()"],
        stdout=subprocess.PIPE,
        text=True,
        env=account.environment(),
        **account.popen_kwargs(),
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process of now count as old enough."""
    monkeypatch.setattr(orphans, "YOUNGEST", timedelta(0))


def test_it_is_ended_and_booked_on_whom_it_belonged_to(host: Host, old: None) -> None:
    account = host.accounts.person("ann")
    host.records.keep(account.name, session(person="ann"))
    before = datetime.now(UTC) - timedelta(seconds=1)
    with left_behind(account) as process:
        found = orphans.close_orphans(host, known=[], busy=[])
        if not ROOT:
            assert found == []
            return
        assert process.wait(10) == -9
    (one,) = found
    assert isinstance(one, Orphan)
    assert (one.person, one.project, one.profile) == ("ann", "flights", "cpu-small")
    assert one.where.startswith(f"account {account.name}: 1 processes (python")
    assert before < one.since <= one.until
    assert host.records.of(account.name) is None
    assert orphans.close_orphans(host, known=[], busy=[]) == []


def test_whose_it_was_may_be_unknown(host: Host, old: None) -> None:
    with left_behind(host.accounts.person("ann")):
        found = orphans.close_orphans(host, known=[], busy=[])
    assert [(one.person, one.project) for one in found] == ([(None, None)] if ROOT else [])


def test_what_has_a_session_or_is_young_is_left_alone(host: Host) -> None:
    with left_behind(host.accounts.person("ann")) as process:
        assert orphans.close_orphans(host, known=[], busy=[]) == []
        assert process.poll() is None


def test_with_an_open_session_or_held_by_the_hub_it_is_no_orphan(host: Host, old: None) -> None:
    with left_behind(host.accounts.person("ann")) as process:
        assert orphans.close_orphans(host, known=[open_session(person="ann")], busy=[]) == []
        assert orphans.close_orphans(host, known=[], busy=["ann"]) == []
        assert process.poll() is None


def test_records_are_the_services_own(host: Host) -> None:
    host.records.keep("oct-u-ann", session(person="ann"))
    kept = host.records.of("oct-u-ann")
    assert kept is not None
    tenant, seen = kept
    assert (tenant.person, tenant.profile) == ("ann", "cpu-small")
    assert seen <= datetime.now(UTC) + timedelta(seconds=1)
    assert (host.home / "state" / "workspaces").stat().st_mode & 0o777 == 0o700
    host.records.seen("oct-u-nobody")
    host.records.forget("oct-u-ann")
    assert host.records.of("oct-u-ann") is None


def test_what_belongs_to_the_session_itself_is_ended_but_not_booked_twice(host: Host) -> None:
    account = host.accounts.person("ann")
    host.records.keep(account.name, session(person="ann"))
    with left_behind(account) as process:
        assert orphans.close(host, account, session="s-1") is None
        if ROOT:
            assert process.wait(10) == -9
    host.records.keep(account.name, session(person="ann"))
    with left_behind(account):
        booked = orphans.close(host, account, session="s-2")
    assert (booked is not None) is ROOT
