"""Records of the feature registry's index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a feature view."""

    name: str
    """Column name."""
    dtype: str
    """Feast's type name."""
    description: str
    """What it means, with its unit."""
    tags: Mapping[str, str]
    """Tags of the column."""
    statistics: Mapping[str, Any] | None
    """Null rate, quantiles and histogram as the engine computed them; None without any."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a view's rows come from."""

    name: str
    """The source's name."""
    path: str
    """Place inside the project's lake."""
    description: str
    """What it holds."""
    event_column: str
    """Column with the event time."""
    created_column: str | None
    """Column with the time at which a row could first be read."""
    rows: int | None
    """Rows at publication."""
    sha256: str | None
    """Digest of the data at publication."""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How old a view's data is, by both clocks."""

    newest_event_at: datetime | None
    """Event time of the source's newest row (UTC)."""
    materialized_until: datetime | None
    """End of the last materialisation window (UTC)."""
    checked_at: datetime
    """When both were read (UTC)."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A feature view of a project's current snapshot."""

    project: str
    """The project."""
    snapshot: str
    """The registry snapshot that it belongs to."""
    name: str
    """The view's name."""
    description: str
    """What it holds."""
    owner: str
    """Who answers for it."""
    tags: Mapping[str, str]
    """Tags."""
    entities: tuple[str, ...]
    """Names of its entities."""
    join_keys: tuple[str, ...]
    """Columns that an entity frame must have, in the entities' order."""
    key_types: Mapping[str, str]
    """Join key to Feast's type name."""
    ttl_seconds: int | None
    """A value older than this is not joined; None never expires."""
    features: tuple[Column, ...]
    """Its columns."""
    source: Source
    """Where its rows come from."""
    services: tuple[str, ...]
    """Feature services that contain it."""
    freshness: Freshness
    """How old its data is."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its features."""
        return tuple(column.name for column in self.features)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A view that a search found."""

    view: View
    """The view."""
    score: float
    """How well it matches; higher is better."""
    matched: tuple[str, ...]
    """Where the words were found, best first."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A published state of a project's registry."""

    project: str
    """The project."""
    id: str
    """SHA-256 over the digests of its files."""
    published_at: datetime
    """When it became current (UTC)."""
    published_by: str
    """Who published it."""
    reason: str
    """Why."""
    views: tuple[str, ...]
    """Its feature views."""
    services: tuple[str, ...]
    """Its feature services."""
    previous: str | None
    """The snapshot it replaced."""


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """Code to insert into a notebook."""

    title: str
    """What it does."""
    code: str
    """Python."""


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """Something that was made from a view."""

    node: str
    """Lineage node."""
    kind: str
    """Its kind."""
    name: str
    """Its name for a person."""
    relation: str
    """How it uses the view."""
