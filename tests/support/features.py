"""Feature views for tests, and an engine that builds what it is told to.

- ``view(...)``: a view as the index keeps it
- ``declaration(...)``: what such a view is declared as
- ``FakeEngine``: stands in for Feast; ``publication`` is what it builds, ``refuses`` an error it
  raises instead, ``checked`` what looking at the lake finds, ``dies_after`` a step after which the
  process is gone, ``slow`` waits until it is stopped
- ``FakeSnapshots``: folders in memory; ``pointers`` where readers are pointed to, ``discarded``
  what was thrown away, ``taken`` another process builds, ``dies`` the process is gone as it points
- ``FakeReaders``: who reads features
- ``FakeOnlineStore``: newest values from a dictionary
- ``FakeJoin``: what rows meet, by view; ``orders`` what it was asked for
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.features.catalog.domain import Column, Freshness, Source, View
from octavo_server.features.publishing.domain import Checked, Order, Publication, Reader
from octavo_server.features.publishing.ports import BuildStopped
from octavo_server.features.values.domain import JoinOrder, Met, StoredValue

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST, SECOND = "a" * 64, "b" * 64


def view(name: str = "carrier_delay", **more: object) -> View:
    """Return a view of the current snapshot with two columns."""
    columns = more.pop("columns", (f"{name}_mean_24h", f"{name}_known_at"))
    assert isinstance(columns, tuple)
    values: dict[str, object] = {
        "project": "flights",
        "snapshot": FIRST,
        "name": name,
        "description": "Rolling arrival delay of the carrier.",
        "owner": "flights-data@octavo.example",
        "tags": {"domain": "delay"},
        "entities": ("carrier",),
        "join_keys": ("carrier",),
        "key_types": {"carrier": "String"},
        "ttl_seconds": 6 * 3600,
        "features": tuple(column(one) for one in columns),
        "source": Source(
            name=f"{name}_events",
            path=f"curated/{name}",
            description="Events.",
            event_column="event_timestamp",
            created_column="created_timestamp",
            rows=3,
            sha256="c" * 64,
        ),
        "services": ("flights_late",),
        "freshness": Freshness(newest_event_at=NOON, materialized_until=None, checked_at=NOON),
    }
    return View(**{**values, **more})  # type: ignore[arg-type]


def column(name: str) -> Column:
    """Return a column; one that ends in ``_known_at`` is a time without statistics."""
    if name.endswith("_known_at"):
        return Column(
            name=name, dtype="UnixTimestamp", description="Proof.", tags={}, statistics=None
        )
    histogram = {"edges": [0.0, 1.0, 2.0], "counts": [1, 2], "below": 0, "above": 0}
    statistics = {"kind": "numeric", "rows": 3, "nulls": 0, "null_rate": 0.0, "mean": 1.0}
    return Column(
        name=name,
        dtype="Float64",
        description="Mean, minutes.",
        tags={"unit": "min"},
        statistics={**statistics, "histogram": histogram},
    )


def declaration(
    *names: str, columns: Sequence[str] = ("mean_24h", "known_at"), **more: object
) -> FeatureDeclaration:
    """Return the declaration of views of a carrier, by default of ``carrier_delay`` alone."""
    views = names or ("carrier_delay",)
    document = {
        "entities": [{"name": "carrier", "join_key": "carrier", "type": "String"}],
        "sources": [
            {
                "name": f"{name}_events",
                "path": f"curated/{name}",
                "event_column": "event_timestamp",
                "created_column": "created_timestamp",
            }
            for name in views
        ],
        "views": [
            {
                "name": name,
                "entities": ["carrier"],
                "source": f"{name}_events",
                "columns": [{"name": f"{name}_{one}", "dtype": "Float64"} for one in columns],
                "ttl_seconds": 6 * 3600,
                "description": "Rolling arrival delay of the carrier.",
                "owner": "flights-data@octavo.example",
            }
            for name in views
        ],
        **more,
    }
    return FeatureDeclaration.model_validate(document)


class ProcessDied(BaseException):
    """The process was killed at this very point."""


def published(snapshot: str = FIRST, *views: View, **more: Any) -> Publication:
    """Return what the engine built: by default one view, without a leak."""
    values: dict[str, Any] = {
        "leaks": (),
        "declaration": declaration(*[one.name for one in views]),
        "loaded": {"carrier_delay": 3},
        "load_seconds": 0.5,
        **more,
    }
    return Publication(snapshot=snapshot, views=views or (view(snapshot=snapshot),), **values)


@dataclass
class FakeEngine:
    """Builds what it is told to."""

    publication: Publication = field(default_factory=published)
    refuses: Exception | None = None
    checked: Checked = field(
        default_factory=lambda: Checked(findings=(), leaks=(), rows={"carrier_delay": 3})
    )
    dies_after: int = 0
    slow: bool = False
    orders: list[Order] = field(default_factory=list)

    def build(
        self, order: Order, progress: Callable[[str], None], stop: Callable[[], bool]
    ) -> Publication:
        """Return the prepared publication, or raise the prepared error."""
        self.orders.append(order)
        for number in range(1, 6):
            progress(f"[{number}/5] step {number}          0.1 s")
            if number == self.dies_after:
                raise ProcessDied
            if stop():
                raise BuildStopped
        while self.slow:
            if stop():
                raise BuildStopped
        if self.refuses is not None:
            raise self.refuses
        return replace(self.publication, declaration=order.declaration or declaration())

    def declare(self, order: Order) -> FeatureDeclaration:
        """Return what the prepared publication was built from."""
        return self.publication.declaration

    def check(self, declaration: FeatureDeclaration, lake: Path) -> Checked:
        """Return the prepared findings."""
        if self.refuses is not None:
            raise self.refuses
        return self.checked

    def tables(self, lake: Path) -> Sequence[Mapping[str, Any]]:
        """Return one table."""
        columns = [{"name": "carrier", "type": "string", "dtype": "String"}]
        return [{"path": "curated/carrier_delay", "rows": 3, "columns": columns}]

    def index(self, project: str, snapshot: str, features: Path) -> tuple[View, ...]:
        """Return the prepared views."""
        return self.publication.views


@dataclass
class FakeSnapshots:
    """Folders of snapshots, in memory."""

    pointers: dict[Path, str] = field(default_factory=dict)
    discarded: list[str] = field(default_factory=list)
    swept: list[set[str]] = field(default_factory=list)
    taken: bool = False
    dies: bool = False
    full: bool = False

    @contextmanager
    def alone(self, features: Path) -> Iterator[bool]:
        """Give whether no other process builds."""
        yield not self.taken

    def sweep(self, features: Path, known: Collection[str]) -> None:
        """Remember what was kept."""
        self.swept.append(set(known))

    def holds(self, features: Path, snapshot: str) -> bool:
        """Return whether it was not thrown away."""
        return snapshot not in self.discarded

    def point_to(self, features: Path, snapshot: str) -> None:
        """Remember the pointer, or die before."""
        if self.dies:
            raise ProcessDied
        if self.full:
            raise OSError(28, "No space left on device")
        self.pointers[features] = snapshot

    def pointed_to(self, features: Path) -> str | None:
        """Return the remembered pointer."""
        return self.pointers.get(features)

    def discard(self, features: Path, snapshot: str) -> None:
        """Remember what was thrown away."""
        self.discarded.append(snapshot)


@dataclass
class FakeReaders:
    """Who reads features."""

    known: list[Reader] = field(default_factory=list)

    def readers(self, project: str) -> Sequence[Reader]:
        """Return them."""
        return self.known


@dataclass
class FakeOnlineStore:
    """Newest values by view, key and column."""

    values: dict[tuple[str, str, str], StoredValue] = field(default_factory=dict)

    def read(
        self,
        features: Path,
        view: View,
        columns: Sequence[str],
        keys: Sequence[Mapping[str, str | int]],
    ) -> list[dict[str, StoredValue]]:
        """Return what is there."""
        return [
            {
                name: found
                for name in columns
                if (found := self.values.get((view.name, str(key[view.join_keys[0]]), name)))
            }
            for key in keys
        ]


@dataclass
class FakeJoin:
    """What rows meet, by view."""

    met: dict[str, list[Met]] = field(default_factory=dict)
    orders: list[JoinOrder] = field(default_factory=list)

    def join(self, lake: Path, order: JoinOrder) -> dict[str, list[Met]]:
        """Return what was prepared for the ordered views."""
        self.orders.append(order)
        return {view.name: self.met[view.name] for view, _ in order.views}
