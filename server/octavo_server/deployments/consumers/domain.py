"""Records of consumers and their tokens; all times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a caller may ask."""

    requests_per_second: float
    """Requests a second that it may keep up."""
    burst: int
    """Requests that it may send at once after a pause."""
    rows_per_minute: int | None = None
    """Rows a minute; None: only requests count."""


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A program that asks deployments, and the person who answers for it."""

    project: str
    """Project."""
    name: str
    """Name, unique in the project."""
    purpose: str
    """What it asks for."""
    owner: str
    """Who answers for it."""
    deployments: tuple[str, ...]
    """Deployments that its tokens open."""
    limits: Limits
    """How much it may ask."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When."""
    generation: int = 0
    """Counts the changes."""
    revoked_by: str | None = None
    """Who ended it."""
    revoked_at: datetime | None = None
    """When."""
    revoke_reason: str | None = None
    """Why."""

    @property
    def caller(self) -> str:
        """Its name where callers are named."""
        return caller_name(self.name)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token of a consumer; its secret is known to who got it alone."""

    id: str
    """Public part of the token."""
    project: str
    """Project."""
    consumer: str
    """Whose it is."""
    digest: str
    """SHA-256 of the whole token, hex."""
    note: str
    """Where it is used."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When."""
    expires_at: datetime
    """When it ends by itself."""
    last_used_at: datetime | None = None
    """Newest use, to a minute."""
    revoked_by: str | None = None
    """Who revoked it."""
    revoked_at: datetime | None = None
    """When."""
    revoke_reason: str | None = None
    """Why."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A consumer with its tokens."""

    consumer: Consumer
    """The consumer."""
    tokens: tuple[Token, ...]
    """Newest first."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """What a caller asked of a deployment, as this process saw it."""

    deployment: str
    """The deployment."""
    requests: int
    """Requests since the window began."""
    refused: int
    """Of these, over a limit."""
    rows: int
    """Rows."""
    since: datetime
    """Start of the window."""


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """A caller whose rows look like copying a model."""

    project: str
    """Project."""
    deployment: str
    """The deployment that is asked."""
    caller: str
    """Who asks."""
    sentence: str
    """What it looks like, in words."""
    rows: int
    """Rows that were looked at."""
    at: datetime
    """When it was seen last."""


def caller_name(consumer: str) -> str:
    """Return how a consumer is named among callers."""
    return f"consumer:{consumer}"
