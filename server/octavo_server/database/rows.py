"""The storage seam that every area's store is written on.

There are two implementations: :class:`octavo_server.database.sql.SqlDatabase` (SQLite and
PostgreSQL) and :class:`octavo_server.database.memory.MemoryDatabase`, its in-memory twin.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

from sqlalchemy import Table

Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "contains"]
Where = tuple[str, Op, Any]
"""A condition: column name, operator, value. Several conditions are joined by *and*.

``contains`` compares text case-insensitively; a null never matches an ordering operator.
"""

Row = dict[str, Any]


class RowExists(Exception):
    """An insert or update collided with a primary key or a unique constraint."""


class Rows(Protocol):
    """The rows that one transaction sees."""

    def insert(self, table: Table, values: Mapping[str, Any]) -> None:
        """Add one row. Raises :class:`RowExists` when its key is taken."""

    def get(self, table: Table, **key: Any) -> Row | None:
        """Return the one row whose columns equal ``key``, or None."""

    def find(
        self,
        table: Table,
        *where: Where,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Row]:
        """Return the matching rows; ``order_by`` names columns, ``-`` before one reverses it.

        Nulls come last in either direction.
        """

    def update(self, table: Table, values: Mapping[str, Any], *where: Where) -> int:
        """Change the matching rows and return how many there were."""

    def upsert(
        self, table: Table, every: Sequence[Mapping[str, Any]], add: Collection[str] = ()
    ) -> None:
        """Write many rows at once, all with the same columns.

        Where a row's primary key is taken, the columns in ``add`` grow by its values and the
        others are replaced. Two transactions that add at the same time both count. Sort the rows,
        so that two transactions that write the same ones don't wait for each other in a circle.
        """

    def delete(self, table: Table, *where: Where) -> int:
        """Remove the matching rows and return how many there were."""

    def count(self, table: Table, *where: Where) -> int:
        """Return how many rows match."""

    def sums(
        self, table: Table, columns: Sequence[str], *where: Where, by: Sequence[str] = ()
    ) -> list[Row]:
        """Return the sums of numeric ``columns`` over the matching rows, one row a group.

        A row holds the ``by`` columns of its group and the sums, in no order of groups. Sums of
        whole numbers are exact. Without ``by`` there is one row; of no rows the sums are 0.
        """

    def lock(self, name: str) -> None:
        """Let one transaction at a time pass for ``name``, until it ends."""


class Database(Protocol):
    """A place that keeps rows."""

    def read(self) -> AbstractContextManager[Rows]:
        """Open a transaction that only reads."""

    def write(self) -> AbstractContextManager[Rows]:
        """Open a transaction that commits when the block ends and rolls back when it raises."""
