"""Records of feature values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from octavo_server.features.catalog.domain import View

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class StoredValue:
    """A value in the online store."""

    text: str | None
    """The value as text; None for a null."""
    event_at: datetime
    """Event time of the row it came from (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value of an online answer."""

    value: Value
    """The value."""
    status: str
    """present, null, absent or expired."""
    event_at: datetime | None
    """Event time of the value (UTC)."""


@dataclass(frozen=True, kw_only=True)
class JoinOrder:
    """Rows to join with views as of each row's own time."""

    views: Sequence[tuple[View, Sequence[str]]]
    """Each view and its columns to read."""
    keys: Mapping[str, Sequence[str | None]]
    """Join key to its values as text, one a row."""
    times: Sequence[datetime | None]
    """Each row's own time (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Met:
    """What one row met in one view's source."""

    met: int
    """Rows of the source with the same key."""
    first_event: datetime | None
    """The oldest event with this key (UTC)."""
    newest_event: datetime | None
    """The newest event that had happened and could be read by then, whatever its age (UTC)."""
    late_event: datetime | None
    """The newest event that had happened, was young enough, and could not be read yet (UTC)."""
    late_created: datetime | None
    """When that one could first be read (UTC)."""
    event: datetime | None
    """Event time of the joined row; None when none was joined (UTC)."""
    created: datetime | None
    """When the joined row could first be read; None without such a column (UTC)."""
    values: tuple[str | None, ...]
    """Values of the joined row as text, in the order asked for."""


@dataclass(frozen=True, kw_only=True)
class JoinedCell:
    """What one feature is for one row."""

    value: Value
    """The value; None with a reason."""
    reason: str | None
    """Why there is none."""
    detail: str
    """The reason in words."""
    event_at: datetime | None
    """Event time of the joined value (UTC)."""
    readable_from: datetime | None
    """When it could first be read (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A column whose values are newer than the rows they were joined to."""

    feature: str
    """As ``view:column``."""
    rows: int
    """How many rows."""
    detail: str
    """The worst of them, in words."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """How often a feature is missing for one reason."""

    reason: str
    """Its code."""
    words: str
    """In words."""
    rows: int
    """How many rows."""


@dataclass(frozen=True, kw_only=True)
class JoinedFeature:
    """One feature over all rows."""

    feature: str
    """As ``view:column``."""
    view: str
    """The view."""
    column: str
    """The column."""
    dtype: str
    """Feast's type name."""
    nulls: int
    """Rows without a value."""
    null_rate: float
    """Their share, 0 to 1."""
    reasons: tuple[Reason, ...]
    """Why, the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class JoinedView:
    """How one view was joined."""

    view: str
    """The view."""
    ttl_seconds: int | None
    """How old a value may be."""
    readable_checked: bool
    """Whether the source says when a row could first be read."""
    proofs: tuple[str, ...]
    """Proof columns that were held against the rows' times."""
    keys_known: int
    """Rows whose key the source knows."""
    keys_online: int
    """Of these, rows whose key the online store knows."""


@dataclass(frozen=True, kw_only=True)
class JoinedRow:
    """One row, joined."""

    at: datetime | None
    """The row's time (UTC)."""
    cells: tuple[JoinedCell, ...]
    """In the order of the features."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Rows joined with features as of each row's own time."""

    snapshot: str
    """The registry snapshot that names the features."""
    rows: tuple[JoinedRow, ...]
    """In the order given."""
    features: tuple[JoinedFeature, ...]
    """In the order asked for."""
    views: tuple[JoinedView, ...]
    """The views that were joined."""
    leaks: tuple[Leak, ...]
    """What is newer than its row."""
