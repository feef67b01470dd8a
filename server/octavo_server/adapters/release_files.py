"""Releases in folders named by their digest, readable by the services alone."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from octavo_server.errors import NotFound


class ReleaseFolders:
    """One immutable folder a release."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, digest: str, files: Mapping[str, bytes]) -> None:
        """Keep the files; all or none become visible, and they are on disk when it returns."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=self._folder, prefix=".part-"))
        try:
            for name, content in files.items():
                with (temporary / name).open("wb") as file:
                    file.write(content)
                    os.fchmod(file.fileno(), 0o400)
                    file.flush()
                    os.fsync(file.fileno())
            try:
                temporary.rename(self._path(digest))
            except OSError:
                # The folder is there: an approval was rolled back after writing it. Its name
                # says what is in it, so it is replaced by the same.
                shutil.rmtree(self._path(digest))
                temporary.rename(self._path(digest))
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _sync(self._folder)

    def read(self, digest: str) -> Mapping[str, bytes]:
        """Return all files of a release by name; nothing where there is no such folder."""
        path = self._path(digest)
        if not path.is_dir():
            return {}
        return {
            entry.name: entry.read_bytes()
            for entry in sorted(path.iterdir())
            if entry.is_file() and not entry.is_symlink()
        }

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not all(one in "0123456789abcdef" for one in digest):
            raise NotFound(f"{digest[:80]!r} is no SHA-256.")
        return self._folder / digest


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
