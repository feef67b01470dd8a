"""Lends a model's verified files to an account that may read them, and not change them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from octavo.local.confinement import Account


def lend(model: Path, account: Account) -> None:
    """Let the account read the model's copy, and nobody change it."""
    for place, folders, files in os.walk(model, topdown=False):
        for name in files:
            _read_only(Path(place) / name, 0o440, account)
        for name in folders:
            _read_only(Path(place) / name, 0o550, account)
    _read_only(model, 0o550, account)


def remove(folder: Path) -> None:
    """Remove a folder, read-only parts of it too."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o700)
    shutil.rmtree(folder)


def _read_only(path: Path, mode: int, account: Account) -> None:
    if account.own:
        os.chown(path, os.geteuid(), account.gid, follow_symlinks=False)
    path.chmod(mode)
