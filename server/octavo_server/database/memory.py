"""The in-memory twin of the SQL database, for rules' tests that need storage but no engine."""

from __future__ import annotations

import copy
import operator
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, UniqueConstraint

from octavo_server.database.rows import Row, RowExists, Rows, Where

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class MemoryRows:
    """The rows of one in-memory transaction."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self._tables = tables

    def insert(self, table: Table, values: Mapping[str, Any]) -> None:
        """Add one row. Raises :class:`RowExists` when its key is taken."""
        row: Row = {}
        for column in table.columns:
            row[column.name] = _checked(table, column.name, values.get(column.name))
            if row[column.name] is None and not column.nullable:
                if column.default is None or not column.default.is_scalar:
                    raise RowExists(f"{table.name}.{column.name} can't be empty")
                row[column.name] = getattr(column.default, "arg", None)
        unknown = set(values) - set(row)
        if unknown:
            raise KeyError(f"{table.name} has no column {sorted(unknown)}")
        self._refuse_twins(table, row, ())
        self._of(table).append(row)

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
        found = self._matching(table, where)
        for name in reversed(order_by):
            column = table.c[name.removeprefix("-")].name
            filled = [row for row in found if row[column] is not None]
            filled.sort(key=lambda row: row[column], reverse=name.startswith("-"))
            found = filled + [row for row in found if row[column] is None]
        end = None if limit is None else offset + limit
        return copy.deepcopy(found[offset:end])

    def update(self, table: Table, values: Mapping[str, Any], *where: Where) -> int:
        """Change the matching rows and return how many there were."""
        found = {id(row) for row in self._matching(table, where)}
        checked = {name: _checked(table, name, value) for name, value in values.items()}
        rows = self._of(table)
        for place, row in enumerate(rows):
            if id(row) in found:
                self._refuse_twins(table, {**row, **checked}, (row,))
                rows[place] = {**row, **copy.deepcopy(checked)}
        return len(found)

    def upsert(
        self, table: Table, every: Sequence[Mapping[str, Any]], add: Collection[str] = ()
    ) -> None:
        """Write many rows at once; where a primary key is taken, add to it or replace it."""
        keys = [column.name for column in table.primary_key.columns]
        for values in every:
            where: list[Where] = [(name, "=", values[name]) for name in keys]
            known = self._matching(table, where)
            if not known:
                self.insert(table, values)
                continue
            grown = {name: known[0][name] + values[name] for name in add}
            self.update(table, {**values, **grown}, *where)

    def delete(self, table: Table, *where: Where) -> int:
        """Remove the matching rows and return how many there were."""
        found = {id(row) for row in self._matching(table, where)}
        self._tables[table.name] = [row for row in self._of(table) if id(row) not in found]
        return len(found)

    def count(self, table: Table, *where: Where) -> int:
        """Return how many rows match."""
        return len(self._matching(table, where))

    def sums(
        self, table: Table, columns: Sequence[str], *where: Where, by: Sequence[str] = ()
    ) -> list[Row]:
        """Return the sums of ``columns`` over the matching rows, one row a group of ``by``."""
        kinds = {name: table.c[name].type.python_type for name in columns}
        groups: dict[tuple[Any, ...], Row] = {}
        if not by:
            groups[()] = {name: kind(0) for name, kind in kinds.items()}
        for row in self._matching(table, where):
            key = tuple(row[table.c[name].name] for name in by)
            nothing = {**dict(zip(by, key, strict=True)), **{n: k(0) for n, k in kinds.items()}}
            group = groups.setdefault(key, nothing)
            for name in columns:
                group[name] += row[name] or 0
        return list(groups.values())

    def lock(self, name: str) -> None:
        """Do nothing: the twin runs one writer at a time."""

    def _of(self, table: Table) -> list[Row]:
        return self._tables.setdefault(table.name, [])

    def _matching(self, table: Table, where: Sequence[Where]) -> list[Row]:
        for name, _, _ in where:
            table.c[name]  # an unknown column raises here as it does in SQL
        return [row for row in self._of(table) if all(_holds(row, one) for one in where)]

    def _refuse_twins(self, table: Table, row: Row, itself: Sequence[Row]) -> None:
        keys = [[column.name for column in table.primary_key.columns]]
        keys += [
            [column.name for column in constraint.columns]
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
        ]
        keys += [
            [column.name for column in index.columns] for index in table.indexes if index.unique
        ]
        for other in self._of(table):
            if any(other is one for one in itself):
                continue
            for key in keys:
                if key and all(row[name] is not None and row[name] == other[name] for name in key):
                    raise RowExists(f"{table.name}: {key} is taken")


class MemoryDatabase:
    """Octavo's storage seam in memory: same promises, no engine, nothing kept."""

    def __init__(self) -> None:
        self._tables: dict[str, list[Row]] = {}
        self._lock = threading.RLock()

    @contextmanager
    def read(self) -> Iterator[Rows]:
        """Open a transaction that only reads."""
        with self._lock:
            yield MemoryRows(self._draft())

    @contextmanager
    def write(self) -> Iterator[Rows]:
        """Open a transaction that commits when the block ends and rolls back when it raises."""
        with self._lock:
            draft = self._draft()
            yield MemoryRows(draft)
            self._tables = draft

    def _draft(self) -> dict[str, list[Row]]:
        """Return tables to read and change; the rows themselves are replaced, never changed."""
        return {name: list(rows) for name, rows in self._tables.items()}


def _checked(table: Table, name: str, value: Any) -> Any:
    """Return ``value`` as the SQL type would keep it. Raises what the SQL type would raise."""
    column = table.c[name]
    bind = getattr(column.type, "process_bind_param", None)
    return copy.deepcopy(bind(value, None) if bind else value)


def _holds(row: Row, condition: Where) -> bool:
    name, op, value = condition
    have = row[name]
    if op == "=":
        return bool(have == value)
    if op == "!=":
        return bool(have != value)
    if op == "in":
        return have is not None and have in list(value)
    if have is None or value is None:
        return False
    if op == "contains":
        return str(value).lower() in str(have).lower()
    return _COMPARE[op](have, value)
