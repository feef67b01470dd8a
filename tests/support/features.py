"""Feature views for tests, and an engine that builds what it is told to.

- ``view(...)``: a view as the index keeps it
- ``FakeEngine``: stands in for Feast; ``publication`` is what it builds, ``refuses`` an error it
  raises instead, ``pointers`` where readers are pointed to, ``discarded`` what it threw away
- ``FakeOnlineStore``: newest values from a dictionary
- ``FakeJoin``: what rows meet, by view; ``orders`` what it was asked for
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from octavo_server.errors import OctavoError
from octavo_server.features.catalog.domain import Column, Freshness, Source, View
from octavo_server.features.publishing.domain import Order, Publication
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


@dataclass
class FakeEngine:
    """Builds what it is told to."""

    publication: Publication = field(
        default_factory=lambda: Publication(snapshot=FIRST, views=(view(),), leaks=())
    )
    refuses: OctavoError | None = None
    orders: list[Order] = field(default_factory=list)
    pointers: dict[Path, str] = field(default_factory=dict)
    discarded: list[str] = field(default_factory=list)

    def build(self, order: Order, progress: Callable[[str], None]) -> Publication:
        """Return the prepared publication, or raise the prepared error."""
        self.orders.append(order)
        progress("[1/1] built")
        if self.refuses is not None:
            raise self.refuses
        return self.publication

    def index(self, project: str, snapshot: str, features: Path) -> tuple[View, ...]:
        """Return the prepared views."""
        return self.publication.views

    def point_to(self, features: Path, snapshot: str) -> None:
        """Remember the pointer."""
        self.pointers[features] = snapshot

    def pointed_to(self, features: Path) -> str | None:
        """Return the remembered pointer."""
        return self.pointers.get(features)

    def discard(self, features: Path, snapshot: str) -> None:
        """Remember what was thrown away."""
        self.discarded.append(snapshot)


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
