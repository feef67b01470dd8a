"""Rows in SQLite or PostgreSQL, through SQLAlchemy Core."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from octavo_server.database.rows import Row, RowExists, Rows, Where

SQLITE_WAIT_MS = 30_000
"""How long a SQLite writer waits for another before it gives up."""


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; SQLite gets WAL, full durability and explicit BEGINs."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(url, connect_args={"check_same_thread": False}, pool_size=20)

    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own transactions are switched off: BEGIN is ours, IMMEDIATE for writers.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_WAIT_MS}")
        cursor.close()

    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


class SqlRows:
    """The rows of one SQL transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, table: Table, values: Mapping[str, Any]) -> None:
        """Add one row. Raises :class:`RowExists` when its key is taken."""
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(table).values(**values))
        except IntegrityError as error:
            raise RowExists(f"{table.name}: {error.orig}") from error

    def get(self, table: Table, **key: Any) -> Row | None:
        """Return the one row whose columns equal ``key``, or None."""
        found = self.find(table, *[(name, "=", value) for name, value in key.items()], limit=1)
        return found[0] if found else None

    def find(
        self,
        table: Table,
        *where: Where,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Row]:
        """Return the matching rows in order."""
        query = select(table).where(_all(table, where)).limit(limit).offset(offset)
        for name in order_by:
            column = table.c[name.removeprefix("-")]
            ordered = column.desc() if name.startswith("-") else column.asc()
            query = query.order_by(ordered.nulls_last())
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def update(self, table: Table, values: Mapping[str, Any], *where: Where) -> int:
        """Change the matching rows and return how many there were."""
        try:
            with self._connection.begin_nested():
                done = self._connection.execute(
                    update(table).where(_all(table, where)).values(**values)
                )
        except IntegrityError as error:
            raise RowExists(f"{table.name}: {error.orig}") from error
        return done.rowcount

    def upsert(
        self, table: Table, every: Sequence[Mapping[str, Any]], add: Collection[str] = ()
    ) -> None:
        """Write many rows at once; where a primary key is taken, add to it or replace it."""
        if not every:
            return
        on_postgresql = self._connection.dialect.name == "postgresql"
        new = postgresql.insert(table) if on_postgresql else sqlite.insert(table)
        keys = [column.name for column in table.primary_key.columns]
        changed = {
            name: table.c[name] + new.excluded[name] if name in add else new.excluded[name]
            for name in every[0]
            if name not in keys
        }
        self._connection.execute(
            new.on_conflict_do_update(index_elements=keys, set_=changed),
            [dict(values) for values in every],
        )

    def delete(self, table: Table, *where: Where) -> int:
        """Remove the matching rows and return how many there were."""
        return self._connection.execute(delete(table).where(_all(table, where))).rowcount

    def count(self, table: Table, *where: Where) -> int:
        """Return how many rows match."""
        query = select(func.count()).select_from(table).where(_all(table, where))
        return int(self._connection.execute(query).scalar_one())

    def sums(
        self, table: Table, columns: Sequence[str], *where: Where, by: Sequence[str] = ()
    ) -> list[Row]:
        """Return the sums of ``columns`` over the matching rows, one row a group of ``by``."""
        groups = [table.c[name] for name in by]
        totals = [func.coalesce(func.sum(table.c[name]), 0).label(name) for name in columns]
        query = select(*groups, *totals).where(_all(table, where)).group_by(*groups)
        # PostgreSQL sums big integers as decimals; a sum has its column's type all the same.
        kinds = {name: table.c[name].type.python_type for name in columns}
        return [
            {name: kinds[name](value) if name in kinds else value for name, value in row.items()}
            for row in self._connection.execute(query).mappings()
        ]

    def lock(self, name: str) -> None:
        """Let one transaction at a time pass for ``name``; SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
            self._connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


class SqlDatabase:
    """A SQL database as Octavo's storage seam."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[Rows]:
        """Open a transaction that only reads."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            try:
                yield SqlRows(connection)
            finally:
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Rows]:
        """Open a transaction that commits when the block ends and rolls back when it raises."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(begin="IMMEDIATE")
            with connection.begin():
                yield SqlRows(connection)


def _all(table: Table, where: Sequence[Where]) -> ColumnElement[bool]:
    return and_(True, *[_one(table, condition) for condition in where])


def _one(table: Table, condition: Where) -> ColumnElement[bool]:
    name, op, value = condition
    column: ColumnElement[Any] = table.c[name]
    if op == "in":
        return column.in_(list(value))
    if op == "contains":
        return func.lower(column).contains(str(value).lower(), autoescape=True)
    if op == "!=":
        return column.is_distinct_from(value)
    if op == "=" and value is None:
        return column.is_(None)
    return column.op(op, is_comparison=True)(value)
