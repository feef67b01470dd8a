"""Pins what a notebook reads: folders of the lake, the feature registry, models."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from octavo.records.notebooks import Input
from octavo_server.errors import Invalid

CURRENT = "current"


class LakeInputs:
    """Digests of files on this machine; a file is read again only when it has changed."""

    def __init__(
        self, lake: Path, features: Path, model: Callable[[str, str], tuple[str, str]]
    ) -> None:
        """``model`` takes project and address and returns name/version and what pins it."""
        self._lake = lake
        self._features = features
        self._model = model
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}
        self._lock = threading.Lock()

    def pin(self, project: str, data: Sequence[str], models: Sequence[str]) -> list[Input]:
        """Return the digest of everything that is there; see :class:`execution.Inputs`."""
        found = [self._data(project, name) for name in sorted(set(data))]
        registry = self._registry(project)
        if registry is not None:
            found.append(Input(kind="features", name="registry", digest=registry.name))
        for address in models:
            name, digest = self._model(project, address)
            found.append(Input(kind="model", name=name, digest=digest))
        return found

    def lake_of(self, project: str) -> Path:
        """Return the folder of a project's data."""
        own = self._lake / project
        return own if (own / "curated").is_dir() else self._lake

    def registry_folder(self, project: str, digest: str) -> Path | None:
        """Return the folder of a feature registry's snapshot, None where it is gone."""
        for root in (self._features / project, self._features):
            for place in (root / digest, root / "snapshots" / digest):
                if place.is_dir():
                    return place
        current = self._registry(project)
        return current if current is not None and current.name == digest else None

    def _registry(self, project: str) -> Path | None:
        for root in (self._features / project, self._features):
            if (root / CURRENT).exists():
                return (root / CURRENT).resolve()
        return None

    def _data(self, project: str, name: str) -> Input:
        lake = self.lake_of(project).resolve()
        path = (lake / name).resolve()
        if not path.is_relative_to(lake) or name.startswith("/"):
            raise Invalid(f"data: {name[:80]!r} is outside the lake.", "Name a folder of the lake.")
        if not path.exists():
            there = ", ".join(sorted(one.name for one in lake.iterdir())) if lake.is_dir() else ""
            raise Invalid(
                f"data: the lake has no {name[:80]!r}; it has {there or 'nothing'}.",
                "Correct the path, or load the data first.",
            )
        return Input(kind="data", name=name, digest=self._tree(path))

    def _tree(self, path: Path) -> str:
        if path.is_file():
            return self._file(path)
        total = hashlib.sha256()
        for one in _files(path):
            total.update(f"{self._file(one)}  {one.relative_to(path)}\n".encode())
        return total.hexdigest()

    def _file(self, path: Path) -> str:
        facts = path.stat()
        state = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
        with self._lock:
            known = self._known.get(path)
        if known and known[0] == state:
            return known[1]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._lock:
            self._known[path] = (state, digest)
        return digest


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path
