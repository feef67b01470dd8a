"""A project's feature registry as files: what they look like, and what the engine reads in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from os import stat_result
from pathlib import Path

from octavo.features import folder_digest
from octavo_server.adapters.feast_engine import FeastEngine
from octavo_server.adapters.lake_digest import data_digest
from octavo_server.adapters.snapshot_folders import SnapshotFolders
from octavo_server.features.catalog.domain import Reading
from octavo_server.features.catalog.ports import Look

MOST_FILES = 20_000
"""Files of one source that are looked at."""


class FeatureRegistry:
    """Looks at files by their names, sizes and times; reads them through the feature engine."""

    def __init__(self, folders: SnapshotFolders, engine: FeastEngine) -> None:
        self._folders = folders
        self._engine = engine

    def look(self, features: Path, snapshot: str, lake: Path, sources: Sequence[str]) -> Look:
        """Look at a snapshot and at the sources, paths inside the lake."""
        folder = features / snapshot
        return Look(
            pointed_to=self._folders.pointed_to(features),
            is_there=folder.is_dir(),
            snapshot_print=_print(_below(folder)),
            data_print="\n".join(_print(_below(lake / source)) for source in sources),
        )

    def digest(self, features: Path, snapshot: str) -> str:
        """Return the digest of a snapshot's files."""
        return folder_digest(features / snapshot)

    def data_digest(self, lake: Path, source: str) -> str:
        """Return the digest of a source's data."""
        return data_digest(lake / source)

    def point_to(self, features: Path, snapshot: str) -> None:
        """Make ``snapshot`` what new readers get."""
        self._folders.point_to(features, snapshot)

    def read(self, project: str, snapshot: str, features: Path, lake: Path) -> Reading:
        """Read a snapshot whole, statistics too."""
        return self._engine.index(project, snapshot, features, lake)


def _below(place: Path) -> Iterator[tuple[Path, stat_result]]:
    """Yield a file, or a folder's files in the order of their names; one that vanishes is left."""
    files = sorted(islice(place.rglob("*"), MOST_FILES)) if place.is_dir() else [place]
    for file in files:
        try:
            facts = file.stat()
        except OSError:
            continue
        if file.is_file():
            yield file, facts


def _print(files: Iterable[tuple[Path, stat_result]]) -> str:
    # The time of the last change of an inode can't be set back, as that of its content can.
    return "\n".join(
        f"{path} {facts.st_ino} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}"
        for path, facts in files
    )
