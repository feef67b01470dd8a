"""In which order rows come."""

from __future__ import annotations

import numpy as np

from octavo_server.experiments.runs.filters.syntax import Field
from octavo_server.experiments.runs.index.columns import Floats, Rows
from octavo_server.experiments.runs.index.matching import NUMERIC
from octavo_server.experiments.runs.index.table import Table


def ordered(table: Table, rows: Rows, field: Field, *, descending: bool) -> Rows:
    """Return ``rows`` sorted by a field; those without a value last, the newest first among equals.

    Texts that are numbers come before other texts, by their size.  Two runs with the same value
    and start stand by their ids, so that pages never show a run twice.
    """
    started = _started(table)[rows]
    primary, text = _keys(table, field, rows)
    missing = np.isnan(primary)
    sign = -1.0 if descending else 1.0
    keys = [-started, sign * text, np.where(missing, 0.0, sign * primary), missing]
    if not text.any():
        keys.pop(1)
    order = np.lexsort(keys)
    return _settled(table, rows[order], [key[order] for key in keys])


def _started(table: Table) -> Floats:
    column = table.numbers["column"].get("started")
    found = np.full(table.size, -np.inf)
    if column is not None:
        found = np.nan_to_num(column.values(table.size), nan=-np.inf)
    return found


def _keys(table: Table, field: Field, rows: Rows) -> tuple[Floats, Floats]:
    """Return two sort keys a row: the number, NaN where there is no value; the rank of a text."""
    if field.type in NUMERIC:
        values = table.numbers_of(field).values(table.size)[rows]
        return values, np.zeros(len(rows))
    column = table.texts_of(field)
    codes = column.codes(table.size)[rows]
    if field.kind == "column":
        ranks = column.ranks()
        if field.name == "experiment":
            ranks = _ranks([table.titles.get(value, value) for value in column.values])
        primary = np.append(ranks, np.nan)[codes]
        return primary, np.zeros(len(rows))
    numbers = np.append(column.numbers(), np.nan)[codes]
    words = np.isnan(numbers) & (codes >= 0)
    ranks = np.append(column.ranks(), 0.0)[codes]
    # A text that is no number comes after the numbers; there, its rank decides.
    return np.where(words, np.inf, numbers), np.where(words, ranks + 1.0, 0.0)


def _ranks(values: list[str]) -> Floats:
    """Return the place of each text among all, whatever its case."""
    order = sorted(range(len(values)), key=lambda code: (values[code].lower(), values[code]))
    ranks = np.empty(len(values))
    ranks[order] = np.arange(len(values))
    return ranks


def _settled(table: Table, rows: Rows, keys: list[Floats]) -> Rows:
    """Put neighbours with equal keys in the order of their ids."""
    if len(rows) < 2:
        return rows
    same = np.ones(len(rows) - 1, dtype=np.bool_)
    for key in keys:
        same &= key[1:] == key[:-1]
    if not same.any():
        return rows
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        group = rows[start : end + 1].tolist()
        group.sort(key=table.ids.__getitem__)
        rows[start : end + 1] = group
    return rows
