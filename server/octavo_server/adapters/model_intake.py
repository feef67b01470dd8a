"""Takes a model's files over from a folder that others write to: one pass, one copy.

Folders and files are opened one below the other and never through a link, so that nothing can be
swapped for something outside on the way; a file that changes while it is read is refused.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from octavo_server.errors import Conflict, Invalid, Unavailable
from octavo_server.identity import new_id
from octavo_server.registry.registration.domain import Staged
from octavo_server.registry.registration.paths import (
    check_count,
    check_path,
    check_paths,
)
from octavo_server.registry.versions.service import ArtifactFile

BLOCK: Final = 2**20
READ_ONLY: Final = 0o444
FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
YOUNGEST_S: Final = 60
"""Seconds before which a stage is left alone: whoever made it may not hold it yet."""
Progress = Callable[[int, int], None]
"""Told how many bytes are done and how many there are; may raise to end the work."""


class ModelIntake:
    """Stages copies in one folder; what a block leaves there is removed at its end."""

    def __init__(self, incoming: Path, largest: int) -> None:
        """Take the folder for copies, and how many bytes one model may have."""
        self._incoming = incoming
        self._largest = largest

    @contextmanager
    def take(self, source: Path, progress: Progress) -> Iterator[Staged]:
        """Copy and hash everything in ``source``; the copy is private and read-only.

        Raises Invalid for what a model can't hold, Conflict where it changes meanwhile, and
        Unavailable when the disk is full.
        """
        stage = self._incoming / new_id()
        with ExitStack() as held:
            held.callback(shutil.rmtree, stage, ignore_errors=True)
            held.enter_context(_alone(stage))
            yield self._staged(source, stage / "files", progress)

    def sweep(self) -> list[str]:
        """Remove the stages of processes that have died; return their names.

        A stage is held by a lock for as long as its process works on it.
        """
        gone = []
        for stage in self._incoming.iterdir() if self._incoming.is_dir() else ():
            if not self.held(stage.name):
                shutil.rmtree(stage, ignore_errors=True)
                gone.append(stage.name)
        return sorted(gone)

    def held(self, name: str) -> bool:
        """Whether somebody works on a stage, or made it a moment ago."""
        try:
            handle = os.open(self._incoming / name, FOLDER)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return time.time() - os.fstat(handle).st_mtime < YOUNGEST_S
        finally:
            os.close(handle)

    def _staged(self, source: Path, files: Path, progress: Progress) -> Staged:
        try:
            files.mkdir(mode=0o700)
            return Staged(folder=files, files=self._copy(source, files, progress))
        except OSError as error:
            raise _unwritable(error) from error

    def _copy(self, source: Path, target: Path, progress: Progress) -> tuple[ArtifactFile, ...]:
        root = os.open(source, FOLDER)
        try:
            found = _sizes(root)
            check_paths(list(found))
            total = sum(found.values())
            self._check_size(total)
            progress(0, total)
            copied: list[ArtifactFile] = []
            done = 0
            for path in sorted(found):
                one = _copy_file(root, path, target, _beyond(done, total, progress))
                done += one.size
                self._check_size(done)
                copied.append(one)
            if _sizes(root) != found:
                raise _swapped("folder")
            return tuple(copied)
        finally:
            os.close(root)

    def _check_size(self, size: int) -> None:
        if size > self._largest:
            raise Invalid(
                f"The model has {size / 2**30:.2f} GiB; at most {self._largest / 2**30:g} GiB are "
                "taken.",
                "Log a smaller model, or ask an admin to raise OCTAVO_MODEL_SIZE_GIB.",
            )


@contextmanager
def _alone(stage: Path) -> Iterator[None]:
    """Make a stage and hold it for the block. Raises Unavailable when the disk refuses."""
    try:
        stage.mkdir(mode=0o700, parents=True)
        handle = os.open(stage, FOLDER)
    except OSError as error:
        raise _unwritable(error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _unwritable(error: OSError) -> Unavailable:
    return Unavailable(
        f"The model's files can't be copied: {error.strerror or error}.",
        "Ask an admin to look at the disk below OCTAVO_HOME, then try again.",
    )


def _sizes(root: int) -> dict[str, int]:
    """Return path -> size of every file, and stop at the first one too many."""
    found: dict[str, int] = {}
    for path, size in _walk(root, ""):
        found[path] = size
        check_count(len(found))
    return found


def _walk(folder: int, prefix: str) -> Iterator[tuple[str, int]]:
    """Give path and size of every file. Raises Invalid for anything that is no file or folder."""
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            check_count(count)
            path = _name(prefix, entry.name)
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                yield from _below(folder, entry.name, path)
            elif stat.S_ISREG(found.st_mode):
                yield path, found.st_size
            else:
                raise Invalid(
                    f"The model holds {path[:120]!r}, which is {_kind(found.st_mode)}: neither a "
                    "file nor a folder.",
                    "Log the model again with plain files only.",
                )


def _below(folder: int, name: str, path: str) -> Iterator[tuple[str, int]]:
    check_path(path)
    below = _open(name, FOLDER, folder)
    try:
        yield from _walk(below, f"{path}/")
    finally:
        os.close(below)


def _name(prefix: str, name: str) -> str:
    path = prefix + name
    try:
        path.encode()
    except UnicodeEncodeError:
        raise Invalid(
            f"The model holds a file whose name is no text: {os.fsencode(path)[:120]!r}.",
            "Log the model again with plain names.",
        ) from None
    return path


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISLNK, "a link"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "something special")


def _copy_file(root: int, path: str, target: Path, progress: Callable[[int], None]) -> ArtifactFile:
    source = _opened(root, path)
    try:
        before = os.fstat(source)
        if not stat.S_ISREG(before.st_mode):
            raise _swapped(path)
        to = target / path
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sink = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, READ_ONLY)
        try:
            digest, size = _pour(source, sink, progress)
        finally:
            os.close(sink)
        after = os.fstat(source)
        if _mark(before) != _mark(after) or size != before.st_size:
            raise _swapped(path)
        return ArtifactFile(path=path, size=size, sha256=digest)
    finally:
        os.close(source)


def _beyond(before: int, total: int, progress: Progress) -> Callable[[int], None]:
    """Return what is told how much of one file is done, and tells how much of all is."""
    return lambda size: progress(before + size, total)


def _pour(source: int, sink: int, progress: Callable[[int], None]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(BLOCK))
    while got := os.readv(source, [buffer]):
        block = buffer[:got]
        digest.update(block)
        written = 0
        while written < got:
            written += os.write(sink, block[written:])
        size += got
        progress(size)
    return digest.hexdigest(), size


def _opened(root: int, path: str) -> int:
    """Open a file below ``root``, each folder on the way for itself, so that none is a link."""
    *folders, name = path.split("/")
    place = os.dup(root)
    try:
        for one in folders:
            below = _open(one, FOLDER, place)
            os.close(place)
            place = below
        return _open(name, FILE, place)
    finally:
        os.close(place)


def _open(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        raise _swapped(name) from error


def _mark(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _swapped(path: str) -> Conflict:
    return Conflict(
        f"The model's {path[:120]!r} was changed or removed while it was copied.",
        "Wait until the model is logged completely, then register it again.",
    )
