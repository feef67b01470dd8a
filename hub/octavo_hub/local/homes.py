"""Whether a person's home can take a workspace, and where else one can open when it is full."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from octavo.local.accounts import OUTSIDE, Account
from octavo_hub.failure import StartFailed
from octavo_hub.local.amounts import GIB, MIB, amount
from octavo_hub.local.failures import home_not_writable

ROOM_MIB = 16
"""What JupyterLab needs in a home to start and to save a small notebook."""
TRY_S = 20.0
MEASURE_S = 20.0
RUN = OUTSIDE[0]
# Runs under the person's account: its rights and its quota are what counts. Nothing is written:
# room is set aside and given back, so a hundred starts at once don't keep the disk busy.
TRY = """
import errno, os, sys
name = f".octavo-{os.getpid()}"
try:
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.posix_fallocate(handle, 0, int(sys.argv[1]) * 2**20)
    finally:
        os.close(handle)
        os.unlink(name)
except OSError as refused:
    print(errno.errorcode.get(refused.errno, "EIO"), refused.strerror)
"""
FULL = ("ENOSPC", "EDQUOT")


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is wrong with the room in a home."""

    sentence: str
    """What is full, for the person."""


def full(account: Account, size_gib: float | None) -> Room | None:
    """Return what is full of a home, None when a workspace can start in it.

    Raises StartFailed when it can't be written to for another reason.
    """
    home = account.home
    if size_gib is not None:
        used = size_of(account)
        if used is not None and used > size_gib * GIB:
            allowed = amount(size_gib * GIB)
            return Room(sentence=f"Your home holds {amount(used)}; {allowed} are allowed.")
    said = _try(account)
    if not said:
        return None
    code, _, words = said.partition(" ")
    if code not in FULL:
        raise StartFailed(home_not_writable(home, words))
    if code == "EDQUOT":
        return Room(sentence="Your home has used up its disk quota.")
    free = shutil.disk_usage(home).free // MIB
    return Room(sentence=f"The disk of your home is full ({free} MiB free).")


def size_of(account: Account) -> int | None:
    """Return the bytes in a home; None when counting them takes too long."""
    try:
        done = subprocess.run(
            ["du", "-sx", "--block-size=1", "."],
            capture_output=True,
            text=True,
            timeout=MEASURE_S,
            check=False,
            env={"PATH": "/usr/bin:/bin"},
            **account.popen_kwargs(),
        )
        return int(done.stdout.split()[0])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError):
        return None


def rescue_notice(room: Room, home: Path) -> str:
    """Say what a workspace beside a full home is for, and how to leave it."""
    return (
        f"{room.sentence} This workspace is a rescue: nothing can be saved in {home} until there "
        "is room. Delete files you don't need (here they are deleted at once, not moved to a "
        "trash), or look for the largest in a terminal: du -ah ~ | sort -h | tail -20. "
        "Then stop the workspace and start it again."
    )


def runtime_folder(account: Account, installation: str) -> Path:
    """Make the folder for a workspace's sockets and connection files, for its account alone.

    It lies outside the home, so that a socket's path stays below the 107 characters it may have.
    """
    return _own_folder(RUN / installation, account, "r")


def scratch_folder(account: Account, installation: str, places: Iterable[Path] = OUTSIDE) -> Path:
    """Make a small folder outside the home for what JupyterLab must write; the emptiest is taken.

    Raises OSError when none of the places can be written to.
    """
    usable = [place for place in places if os.access(place, os.W_OK)]
    best = max(usable, key=lambda place: shutil.disk_usage(place).free, default=RUN)
    return _own_folder(best / installation, account, "scratch")


def scratch_environment(scratch: Path) -> dict[str, str]:
    """Return the variables by which JupyterLab and kernels write to the scratch place."""
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "XDG_CACHE_HOME": "cache",
        "MPLCONFIGDIR": "matplotlib",
        "TMPDIR": "tmp",
    }
    return {variable: str(scratch / name) for variable, name in names.items()}


def make_scratch(scratch: Path, account: Account) -> None:
    """Make the folders that :func:`scratch_environment` names."""
    for folder in scratch_environment(scratch).values():
        Path(folder).mkdir(mode=0o700, exist_ok=True)
        if account.own:
            os.chown(folder, account.uid, account.gid)


def clear(account: Account, installation: str) -> None:
    """Remove what a workspace had outside its home."""
    for place in OUTSIDE:
        shutil.rmtree(place / installation / account.name, ignore_errors=True)


def _own_folder(parent: Path, account: Account, name: str) -> Path:
    """Make ``parent/<account>/<name>`` for the account; nobody else may have put one there."""
    parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if parent.stat().st_uid != os.geteuid() or parent.is_symlink():
        raise PermissionError(f"{parent} belongs to another account")
    folder = parent / account.name / name
    folder.parent.mkdir(mode=0o711, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if account.own:
        os.chown(folder, account.uid, account.gid)
    return folder


def _try(account: Account) -> str:
    done = subprocess.run(
        [sys.executable, "-ISc", TRY, str(ROOM_MIB)],
        capture_output=True,
        text=True,
        timeout=TRY_S,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
        **account.popen_kwargs(),
    )
    return str(done.stdout).strip()
