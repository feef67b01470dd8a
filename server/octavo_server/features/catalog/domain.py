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
    push_source: str | None = None
    """Name of the push source that brings rows as they happen; None: none does."""


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
    online: bool = True
    """Its newest values are meant to be looked up by entity."""
    cadence_seconds: int | None = None
    """How far apart event times usually are; None for fewer than two."""
    history: Mapping[str, Any] | None = None
    """Column to its windows over event time, where the registry was just read; kept beside."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its features."""
        return tuple(column.name for column in self.features)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of a view besides its registry: since when it is there, who needs it."""

    published_at: datetime | None = None
    """When it was first published (UTC); None before that was kept."""
    last_used_at: datetime | None = None
    """Newest read that was counted (UTC)."""
    consumed_at: datetime | None = None
    """When something made from it was newest, or is in use (UTC)."""
    people: int = 0
    """How many people read it in the last 30 days."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A view as the index keeps it."""

    view: View
    """The view."""
    standing: Standing
    """What is known of it besides."""
    revision: int
    """Grows with each change of the project's features."""
    removed: bool = False
    """True: the view is gone."""


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """How old a view's newest event may be."""

    seconds: int | None
    """At most this old; None: nothing is expected."""
    by: str
    """tag, ttl, cadence, or empty: what says so."""


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


@dataclass(frozen=True, kw_only=True)
class Read:
    """Reads of one view by one reader."""

    project: str
    """The project."""
    view: str
    """The view."""
    columns: tuple[str, ...]
    """The columns that were read."""
    how: str
    """historical, online or preview."""
    person: str
    """Who read it; ``run:<id>`` for a production run."""
    at: datetime
    """When (UTC)."""
    service: str = ""
    """The feature service that was asked for; may be empty."""
    subject: str = ""
    """The notebook's path or ``run:<id>``; may be empty."""
    count: int = 1
    """How often."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What materialising a view cost over some days."""

    materializations: int = 0
    """How often it was materialised."""
    seconds: float = 0.0
    """How long that took in all."""
    micro_eur: int = 0
    """What it cost, millionths of a euro."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference between two definitions."""

    what: str
    """What differs."""
    change: str
    """added, removed or changed."""
    before: str | None
    """As it was."""
    after: str | None
    """As it became."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A definition that a view had."""

    number: int
    """1, 2, ..."""
    snapshot: str
    """The snapshot that brought it."""
    published_at: datetime
    """When (UTC)."""
    published_by: str
    """Who."""
    reason: str
    """Why."""
    removed: bool
    """True: this publication took the view away."""
    definition: Mapping[str, Any]
    """What its author wrote."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """How a view's values change over event time."""

    computed_at: datetime
    """When it was computed (UTC)."""
    columns: Mapping[str, Any]
    """Column to edges and windows, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is wrong with a project's registry."""

    code: str
    """moved, missing, changed, unreadable, hostile or behind."""
    message: str
    """What is wrong, with which value."""
    remedy: str
    """What to do."""
    since: datetime
    """When it was first seen (UTC)."""


@dataclass(frozen=True, kw_only=True)
class IndexState:
    """How far the read model of a project's features is."""

    project: str
    """The project."""
    revision: int = 0
    """Grows with each change."""
    checked_at: datetime | None = None
    """When the registry was last compared (UTC)."""
    indexed_at: datetime | None = None
    """When the registry was last read whole (UTC)."""
    pointed_to: str | None = None
    """What new readers got then."""
    fingerprint: str = ""
    """What the files looked like then."""
    problems: tuple[Problem, ...] = ()
    """What doesn't agree."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a registry holds, as the engine read it."""

    views: tuple[View, ...]
    """The views that can be shown, with statistics."""
    problems: tuple[tuple[str, str], ...] = ()
    """Code and message of each thing that can't be shown."""
