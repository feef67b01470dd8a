"""Rows of a person's own, joined with features as of each row's own time, and explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from octavo_server.features.catalog.domain import View
from octavo_server.features.values import explaining, rules
from octavo_server.features.values.domain import (
    JoinedCell,
    JoinedRow,
    JoinedView,
    JoinOrder,
    Leak,
    Met,
    Preview,
)
from octavo_server.features.values.ports import Join, OnlineStore

PROOF_SUFFIX = "_known_at"
"""Columns of this end say when the newest input of a row became known."""


@dataclass(frozen=True, kw_only=True)
class OwnKeys:
    """One join key of all rows."""

    kind: str
    """text, integer or none."""
    values: Sequence[str | None]
    """One a row, as text."""


@dataclass(frozen=True, kw_only=True)
class OwnRows:
    """Rows that a person sent."""

    keys: Mapping[str, OwnKeys]
    """By join key."""
    times: Sequence[datetime | None]
    """Each row's own time (UTC)."""

    def keyed(self, view: View, row: int) -> bool:
        """Return whether ``row`` has every join key of ``view``."""
        return all(self.keys[name].values[row] is not None for name in view.join_keys)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A view and what is read of it."""

    view: View
    """The view."""
    columns: list[str] = field(default_factory=list)
    """What was asked for."""

    @property
    def proofs(self) -> tuple[str, ...]:
        """Its proof columns, read as well."""
        return tuple(name for name in self.view.columns if name.endswith(PROOF_SUFFIX))

    @property
    def read(self) -> list[str]:
        """All columns that are read, each once."""
        return list(dict.fromkeys([*self.columns, *self.proofs]))


def by_view(views: Mapping[str, View], features: Sequence[str]) -> dict[str, Wanted]:
    """Return what is read of each view. Raises Invalid, NotFound."""
    found: dict[str, Wanted] = {}
    for view, column in rules.wanted_columns(views, features):
        found.setdefault(view.name, Wanted(view=view)).columns.append(column)
    return found


class Previews:
    """Joins on the platform, so that a kernel sends keys and times and nothing else."""

    def __init__(self, join: Join, online: OnlineStore) -> None:
        self._join = join
        self._online = online

    def preview(
        self,
        wanted: Mapping[str, Wanted],
        features: Sequence[str],
        rows: OwnRows,
        lake: Path,
        snapshots: Path,
    ) -> Preview:
        """Return the rows joined. Raises Invalid for keys that don't fit, Unavailable."""
        self._check(wanted, rows)
        order = JoinOrder(
            views=[(one.view, one.read) for one in wanted.values()],
            keys={name: key.values for name, key in rows.keys.items()},
            times=rows.times,
        )
        met = self._join.join(lake, order)
        first = next(iter(wanted.values())).view
        cells = {name: _cells(one, met[name], rows) for name, one in wanted.items()}
        picked = [name.partition(":") for name in features]
        return Preview(
            snapshot=first.snapshot,
            rows=tuple(
                JoinedRow(at=at, cells=tuple(cells[view][column][n] for view, _, column in picked))
                for n, at in enumerate(rows.times)
            ),
            features=tuple(
                explaining.feature(wanted[view].view, column, cells[view][column])
                for view, _, column in picked
            ),
            views=tuple(
                self._joined(one, met[name], rows, snapshots) for name, one in wanted.items()
            ),
            leaks=tuple(
                leak for name, one in wanted.items() for leak in _leaks(one, met[name], rows)
            ),
        )

    def _check(self, wanted: Mapping[str, Wanted], rows: OwnRows) -> None:
        views = [one.view for one in wanted.values()]
        rules.covered(views, rows.keys)
        for view in views:
            for name in view.join_keys:
                rules.key_column(view, name, rows.keys[name].kind, rows.keys[name].values)

    def _joined(
        self, wanted: Wanted, met: Sequence[Met], rows: OwnRows, snapshots: Path
    ) -> JoinedView:
        view = wanted.view
        known = [n for n, one in enumerate(met) if one.met and rows.keyed(view, n)]
        return JoinedView(
            view=view.name,
            ttl_seconds=view.ttl_seconds,
            readable_checked=view.source.created_column is not None,
            proofs=wanted.proofs,
            keys_known=len(known),
            keys_online=self._online_keys(view, known, rows, snapshots),
        )

    def _online_keys(self, view: View, known: Sequence[int], rows: OwnRows, snapshots: Path) -> int:
        """Return for how many of the ``known`` rows the online store has the key."""
        if not known:
            return 0
        keys = [
            rules.own_key(view, {name: rows.keys[name].values[n] for name in view.join_keys})
            for n in known
        ]
        return sum(bool(one) for one in self._online.read(snapshots, view, view.columns, keys))


def _cells(wanted: Wanted, met: Sequence[Met], rows: OwnRows) -> dict[str, list[JoinedCell]]:
    return {
        column: [
            explaining.cell(
                wanted.view, column, wanted.read.index(column), one, rows.times[n],
                rows.keyed(wanted.view, n),
            )
            for n, one in enumerate(met)
        ]
        for column in wanted.columns
    }  # fmt: skip


def _leaks(wanted: Wanted, met: Sequence[Met], rows: OwnRows) -> list[Leak]:
    proofs = [(name, wanted.read.index(name)) for name in wanted.proofs]
    return explaining.leaks(wanted.view, proofs, list(zip(met, rows.times, strict=True)))
