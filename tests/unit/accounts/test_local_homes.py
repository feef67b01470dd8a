"""A home that is full, on a real file system that is: a small one in memory, mounted as root."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.local.accounts import Account, Accounts
from octavo_hub.failure import StartFailed
from octavo_hub.local import homes
from octavo_hub.local.amounts import GIB, MIB

ROOT = os.geteuid() == 0


@pytest.fixture
def accounts() -> Iterator[Accounts]:
    with tempfile.TemporaryDirectory(prefix="octavo-homes-") as folder:
        Path(folder).chmod(0o711)
        made = Accounts(Path(folder))
        yield made
        made.remove_all()


@pytest.fixture
def small(accounts: Accounts) -> Iterator[Account | None]:
    """Give an account whose home is a file system of 32 MiB and few files; None if not root."""
    account = accounts.person("ann")
    if not ROOT:
        yield None
        return
    owner = f"uid={account.uid},gid={account.gid},mode=0700"
    mount = ["mount", "-t", "tmpfs", "-o", f"size=32m,nr_inodes=50,{owner}", "home"]
    subprocess.run([*mount, str(account.home)], check=True)
    yield account
    subprocess.run(["umount", "--lazy", str(account.home)], check=True)


def _fill(account: Account, mib: int) -> Path:
    file = account.home / "large.bin"
    file.write_bytes(b"x" * (mib * MIB))
    return file


def test_a_home_with_room_is_not_full(accounts: Accounts) -> None:
    account = accounts.person("bob")
    assert homes.full(account, None) is None
    assert not [entry for entry in account.home.iterdir() if entry.name != ".tmp"]


def test_a_disk_that_is_full_is_said_with_what_is_free(small: Account | None) -> None:
    if small is None:
        return
    assert homes.full(small, None) is None
    large = _fill(small, 30)
    room = homes.full(small, None)
    assert room is not None
    assert room.sentence == "The disk of your home is full (2 MiB free)."
    large.unlink()
    assert homes.full(small, None) is None


def test_a_home_without_room_for_one_more_file_is_full_too(small: Account | None) -> None:
    if small is None:
        return
    for number in range(60):
        try:
            (small.home / f"{number}").touch()
        except OSError:
            break
    room = homes.full(small, None)
    assert room is not None
    assert "is full" in room.sentence


def test_a_home_that_cant_be_written_to_is_another_failure(small: Account | None) -> None:
    if small is None:
        return
    subprocess.run(["mount", "-o", "remount,ro", str(small.home)], check=True)
    with pytest.raises(StartFailed, match=r"can't be written to \(Read-only file system\)") as no:
        homes.full(small, None)
    assert no.value.failure.kind == "volume"


def test_a_home_over_its_size_is_full(accounts: Accounts) -> None:
    account = accounts.person("bob")
    _fill(account, 8)
    room = homes.full(account, 4 * MIB / GIB)
    assert room is not None
    assert room.sentence == "Your home holds 8 MiB; 4 MiB are allowed."
    assert homes.full(account, 1.0) is None
    assert 8 * MIB <= (homes.size_of(account) or 0) < 9 * MIB


def test_the_notice_says_what_is_full_and_what_to_do() -> None:
    room = homes.Room(sentence="The disk of your home is full (2 MiB free).")
    said = homes.rescue_notice(room, Path("/homes/ann"))
    assert said.startswith("The disk of your home is full (2 MiB free). This workspace is a rescue")
    assert "nothing can be saved in /homes/ann" in said
    assert "du -ah ~ | sort -h" in said
    assert "stop the workspace and start it again" in said


def test_the_scratch_place_is_the_accounts_own_and_goes_with_the_workspace(
    accounts: Accounts,
) -> None:
    account = accounts.person("bob")
    scratch = homes.scratch_folder(account, accounts.installation)
    homes.make_scratch(scratch, account)
    folders = [Path(one) for one in homes.scratch_environment(scratch).values()]
    assert all(one.stat().st_mode & 0o777 == 0o700 for one in (scratch, *folders))
    assert {one.stat().st_uid for one in (scratch, *folders)} == {account.uid}
    assert account.home not in scratch.parents
    homes.clear(account, accounts.installation)
    assert not scratch.exists()


def test_a_scratch_folder_that_somebody_else_has_put_there_is_refused(
    accounts: Accounts, tmp_path: Path
) -> None:
    account = accounts.person("bob")
    (tmp_path / accounts.installation).mkdir()
    if ROOT:
        os.chown(tmp_path / accounts.installation, account.uid, account.gid)
        with pytest.raises(PermissionError, match="belongs to another account"):
            homes.scratch_folder(account, accounts.installation, [tmp_path])
