"""Writes a lake as a whole: partitioned Parquet beside the old one, then one rename."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

MANIFEST = "lake.json"
FOLDER_MODE, FILE_MODE = 0o755, 0o644
"""Every person's workspace reads the lake; its owner alone writes it."""


def write_by_month(table: pd.DataFrame, months: pd.Series, folder: Path) -> int:
    """Write ``table`` under ``folder/month=YYYY-MM/`` and return its number of rows."""
    for month, part in table.groupby(months, sort=True):
        write_file(part, folder / f"month={month}" / "part-0.parquet")
    return len(table)


def write_file(table: pd.DataFrame, path: Path) -> int:
    """Write ``table`` as one Parquet file and return its number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata()
    pq.write_table(columns, path, compression="zstd", coerce_timestamps="us")
    return len(table)


def seal(folder: Path, facts: dict[str, Any]) -> None:
    """Set the modes under ``folder`` and write its manifest with every file's digest."""
    files = {}
    for path in sorted(folder.rglob("*")):
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({**facts, "files": files}, indent=1, sort_keys=True) + "\n")
    manifest.chmod(FILE_MODE)
    folder.chmod(FOLDER_MODE)


def is_current(folder: Path, facts: dict[str, Any]) -> bool:
    """Tell whether ``folder`` holds a complete lake made from exactly these ``facts``."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        files: dict[str, Any] = manifest["files"]
        return all(manifest.get(key) == value for key, value in facts.items()) and all(
            (folder / name).stat().st_size == entry["bytes"] for name, entry in files.items()
        )
    except (OSError, ValueError, KeyError):
        return False


def swap_in(built: Path, folder: Path) -> None:
    """Put ``built`` in the place of ``folder``; what stood there is removed afterwards."""
    old = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    built.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
