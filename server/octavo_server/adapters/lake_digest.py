"""The digest of a table in the lake: of its files' bytes, whatever they are called."""

from __future__ import annotations

import hashlib
from pathlib import Path


def parquet_files(place: Path) -> list[Path]:
    """Return the files of a table, a file or a folder of them, in the order of their names."""
    return sorted(place.rglob("*.parquet")) if place.is_dir() else [place]


def data_digest(place: Path) -> str:
    """Return the SHA-256 over the digests of a table's files. Raises OSError without them."""
    total = hashlib.sha256()
    for file in parquet_files(place):
        with file.open("rb") as opened:
            total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()
