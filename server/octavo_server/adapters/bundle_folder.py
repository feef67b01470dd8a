"""Puts bundles together as zip files in a folder of the service's own."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

#: So that the same version gives the same archive.
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
#: No bundle is sent for so long, seconds.
LONGEST_S: Final = 86_400


class BundleFiles:
    """Zip files, stored and not packed: models hardly get smaller."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def scratch(self) -> Path:
        """A new, empty folder of one's own."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clear()
        return Path(tempfile.mkdtemp(dir=self._folder, prefix="bundle-"))

    def write(self, model: Path, files: Sequence[str], proof: Mapping[str, bytes]) -> Path:
        """A zip file with the named files of a model and what proves them."""
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix="bundle-", suffix=".zip")
        with os.fdopen(descriptor, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
            for path in files:
                entry = _entry(f"model/{path}")
                entry.file_size = (model / path).stat().st_size
                with (model / path).open("rb") as source, archive.open(entry, "w") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
            for path in sorted(proof):
                archive.writestr(_entry(f"proof/{path}"), proof[path])
        return Path(name)

    def remove(self, path: Path) -> None:
        """Remove what `write` or `scratch` made."""
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Remove what a service that was killed left behind."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - path.lstat().st_mtime > LONGEST_S:
                    self.remove(path)


def _entry(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, EPOCH)
    made.external_attr = 0o100644 << 16
    return made
