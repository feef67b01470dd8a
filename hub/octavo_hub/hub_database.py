"""JupyterHub's own SQLite database, made for many small commits."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


def commit_lightly() -> None:
    """Let SQLite write ahead: a dozen commits a start then wait for the disk no longer.

    Nothing is lost when the hub dies. When the whole machine does, the last moments of sign-ins
    and starts may be; what is governed and metered is the platform's, and is always on disk.
    """
    if not event.contains(Engine, "connect", _prepare):
        event.listen(Engine, "connect", _prepare)


def _prepare(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
