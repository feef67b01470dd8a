"""Where aliases pointed on a date.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from octavo_server.registry.versions.domain import AliasMove


@dataclass(frozen=True, kw_only=True)
class AliasPoint:
    """Where an alias pointed at a moment."""

    alias: str
    """The alias."""
    at: datetime
    """The moment."""
    move: AliasMove | None
    """The move that brought it there; None: it didn't exist then."""
    until: datetime | None
    """When it moved on; None: it is there still."""

    @property
    def version(self) -> int | None:
        """The version, None where it didn't exist."""
        return self.move.version if self.move else None


def points(moves: Sequence[AliasMove], at: datetime) -> list[AliasPoint]:
    """Where each alias pointed at `at`; `moves` in any order, all of one model."""
    found = []
    for alias in sorted({one.alias for one in moves}):
        own = sorted((one for one in moves if one.alias == alias), key=lambda one: one.number)
        before = [one for one in own if one.moved_at <= at]
        after = [one for one in own if one.moved_at > at]
        found.append(
            AliasPoint(
                alias=alias,
                at=at,
                move=before[-1] if before else None,
                until=after[0].moved_at if before and after else None,
            )
        )
    return found
