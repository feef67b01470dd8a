"""What the store of models holds that no version refers to, and its removal.

A model that was kept and never became a version (its registration was cancelled, or the service
ended) leaves files behind. They are removed when an admin says so, or by the worker where a setting
says so, and never younger than a day: a registration keeps its files before it makes its version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from octavo_server.audit.service import AuditService
from octavo_server.errors import Conflict, Invalid
from octavo_server.identity import Caller, service_caller
from octavo_server.registry.versions.service import ArtifactFile, VersionsService

YOUNGEST_DAYS: Final = 1
OLDEST_DAYS: Final = 3_650
NOTED: Final = 500
"""Digests that the audit entry of a removal lists."""


class ShelvedKind(StrEnum):
    """What is kept."""

    MANIFEST = "manifest"
    """The list of a model's files."""
    FILE = "file"
    """The bytes of a file."""


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """One thing in the store."""

    kind: ShelvedKind
    """What it is."""
    digest: str
    """Its SHA-256: where it lies."""
    size: int
    """Bytes."""
    kept_at: datetime
    """When somebody kept it last."""


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What could be removed."""

    items: tuple[Shelved, ...]
    """The things, the oldest first."""
    days: int
    """They are at least that old."""

    @property
    def size(self) -> int:
        """Bytes that removing them frees."""
        return sum(one.size for one in self.items)

    @property
    def listing(self) -> str:
        """A digest of this list: who confirms it confirms no other."""
        named = sorted(f"{one.kind} {one.digest}" for one in self.items)
        return hashlib.sha256("\n".join([str(self.days), *named]).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What a removal did."""

    count: int
    """Things that are gone."""
    size: int
    """Bytes that it freed."""
    spared: int
    """Things that somebody kept again meanwhile."""


class Shelves(Protocol):
    """The store of models, seen as what lies in it."""

    def shelved(self) -> Iterable[Shelved]:
        """Give everything that is kept."""

    def listed(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return the files that a manifest lists. Raises NotFound or Conflict."""

    def address(self, digest: str) -> str:
        """Return the address of the model whose manifest has this digest."""

    def discard(self, one: Shelved, before: datetime) -> bool:
        """Remove something unless somebody kept it again since ``before``; say whether it went."""


def unused(
    shelved: Iterable[Shelved],
    used: Iterable[str],
    before: datetime,
    files_of: Callable[[str], Iterable[str]],
) -> list[Shelved]:
    """Return what nobody uses and nobody kept since ``before``, the oldest first; pure.

    ``used`` are the digests of versions' manifests and files. Files of a manifest that stays stay
    too, whoever lists it.
    """
    everything = list(shelved)
    stays = set(used)
    for one in everything:
        if one.kind is ShelvedKind.MANIFEST and (one.digest in stays or one.kept_at >= before):
            stays |= {one.digest, *files_of(one.digest)}
    gone = [one for one in everything if one.digest not in stays and one.kept_at < before]
    return sorted(gone, key=lambda one: (one.kept_at, one.kind, one.digest))


class LeftoverService:
    """Lists and removes what no version refers to."""

    def __init__(
        self,
        *,
        audit: AuditService,
        versions: VersionsService,
        shelves: Shelves,
        clock: Callable[[], datetime],
        days: int,
    ) -> None:
        """Take after how many days the worker removes by itself; 0: never."""
        self._audit = audit
        self._versions = versions
        self._shelves = shelves
        self._clock = clock
        self._days = days

    def found(self, days: int) -> Leftovers:
        """Return what nobody has used for so many days. Raises Invalid, Conflict, Unavailable."""
        if not YOUNGEST_DAYS <= days <= OLDEST_DAYS:
            raise Invalid(
                f"older_than_days: {days} was asked for.",
                f"Ask for {YOUNGEST_DAYS} to {OLDEST_DAYS:,}: what is younger may belong to a "
                "registration that is under way.",
            )
        # What lies there is read first: a version that is made meanwhile is seen after it.
        shelved = list(self._shelves.shelved())
        used = self._versions.kept_digests()
        items = unused(shelved, used, self._before(days), self._files_of)
        return Leftovers(items=tuple(items), days=days)

    def remove(self, caller: Caller, days: int, listing: str, reason: str) -> Removed:
        """Remove exactly what was listed. Raises Conflict when that isn't the list any more."""
        found = self.found(days)
        if found.listing != listing:
            raise Conflict(
                f"What nobody uses is another list by now: {len(found.items)} things of "
                f"{found.size:,} bytes.",
                "Look at the list again, then confirm that one.",
            )
        return self._remove(caller, found, reason)

    def sweep(self) -> None:
        """Remove what the setting lets the worker remove by itself; nothing by default."""
        if not self._days:
            return
        found = self.found(self._days)
        if found.items:
            why = f"OCTAVO_MODEL_LEFTOVERS_DAYS is {self._days}."
            self._remove(service_caller("worker"), found, why)

    def _remove(self, caller: Caller, found: Leftovers, reason: str) -> Removed:
        before = self._before(found.days)
        with self._audit.change(caller, "registry.leftovers.remove", "store:models") as change:
            # Manifests go first: no list is left whose files are gone already.
            ordered = sorted(found.items, key=lambda one: one.kind is ShelvedKind.FILE)
            gone = [one for one in ordered if self._shelves.discard(one, before)]
            done = Removed(
                count=len(gone),
                size=sum(one.size for one in gone),
                spared=len(ordered) - len(gone),
            )
            change.note(reason=reason, older_than_days=found.days, **_noted(done, gone))
        return done

    def _before(self, days: int) -> datetime:
        return self._clock() - timedelta(days=days)

    def _files_of(self, digest: str) -> Iterable[str]:
        return [one.sha256 for one in self._shelves.listed(self._shelves.address(digest))]


def _noted(done: Removed, gone: list[Shelved]) -> Mapping[str, object]:
    return {
        "count": done.count,
        "bytes": done.size,
        "digests": [f"{one.kind} {one.digest}" for one in gone[:NOTED]],
    }
