"""A project's folder of snapshots: which one readers get, and what a crash left behind."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from octavo.features import CURRENT
from octavo_server.adapters.feast_online import ONLINE_FILE, waiting_online
from octavo_server.adapters.online_tables import take_over

_SNAPSHOT = re.compile(r"[0-9a-f]{64}")
_WAITING = re.compile(r"\.([0-9a-f]{64})\.")
_LEFT = (".building-", f".{CURRENT}-")


class SnapshotFolders:
    """Snapshots as folders, named by their digests, beside the online store of all of them."""

    @contextmanager
    def alone(self, features: Path) -> Iterator[bool]:
        """Give whether this process alone builds in ``features`` now; it ends with its holder."""
        features.parent.mkdir(parents=True, exist_ok=True)
        # Private, and outside the folder that other accounts read: nobody else can hold it.
        lock = os.open(
            features.parent / f".{features.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(lock)

    def sweep(self, features: Path, known: Collection[str]) -> None:
        """Remove what a killed build left: everything that is no snapshot among ``known``.

        The caller holds :meth:`alone`. What readers are pointed to always stays.
        """
        if not features.is_dir():
            return
        kept = {*known, self.pointed_to(features)}
        for path in features.iterdir():
            waiting = _WAITING.match(path.name)
            if path.name.startswith(_LEFT) or (
                _SNAPSHOT.fullmatch(path.name) and path.name not in kept
            ):
                _remove(path)
            elif waiting and waiting.group(1) not in kept:
                path.unlink(missing_ok=True)

    def holds(self, features: Path, snapshot: str) -> bool:
        """Return whether a snapshot's files are there."""
        return (features / snapshot).is_dir()

    def point_to(self, features: Path, snapshot: str) -> None:
        """Make ``snapshot`` what new readers get: its online values, then one rename.

        Safe to be done again after a crash at any point.
        """
        waiting = features / waiting_online(snapshot)
        if waiting.exists() and self.pointed_to(features) != snapshot:
            take_over(waiting, features / ONLINE_FILE)
        draft = features / f".{CURRENT}-{os.getpid()}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(snapshot)
        draft.replace(features / CURRENT)
        waiting.unlink(missing_ok=True)

    def pointed_to(self, features: Path) -> str | None:
        """Return what new readers get."""
        pointer = features / CURRENT
        return str(pointer.readlink()) if pointer.is_symlink() else None

    def discard(self, features: Path, snapshot: str) -> None:
        """Remove a snapshot that was refused, unless readers have it already."""
        if self.pointed_to(features) == snapshot:
            return
        (features / waiting_online(snapshot)).unlink(missing_ok=True)
        _remove(features / snapshot)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
