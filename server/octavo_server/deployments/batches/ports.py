"""What batches need from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from octavo_server.deployments.batches.domain import Batch, Model, Partition, Planned, Scored
from octavo_server.errors import OctavoError
from octavo_server.identity import Caller


class PartitionFailed(OctavoError):
    """One partition can't be scored; the others can."""

    code = "partition_failed"
    status = 422


class Stopped(Exception):
    """Whoever asks wanted it to stop."""


class Models(Protocol):
    """Registered versions."""

    def model(self, project: str, name: str, version: int) -> Model:
        """Return a version with its signature checked. Raises NotFound."""

    def alias(self, project: str, name: str, alias: str) -> int | None:
        """Return the version that an alias names now."""

    def unusable(
        self, caller: Caller, project: str, name: str, version: int, environment: str
    ) -> tuple[str, ...]:
        """Say why an environment doesn't take a version; nothing when it does."""


class Lake(Protocol):
    """The project's data, and the place of outputs."""

    def partitions(self, project: str, source: str) -> list[Planned]:
        """Return what the data consists of. Raises NotFound and Invalid."""

    def stage(self, batch: Batch, partition: Partition, made: Path) -> tuple[str, int]:
        """Copy what was made beside its place, durably; return its SHA-256 and size.

        Raises PartitionFailed for what is no plain file.
        """

    def publish(self, batch: Batch, partition: Partition) -> bool:
        """Show a staged output under its name, durably; doing it twice does no harm.

        False: neither place holds the partition's digest. Raises PartitionFailed when another
        file has its name.
        """

    def put_manifest(self, batch: Batch, manifest: bytes, envelope: Mapping[str, Any]) -> None:
        """Write the manifest and its signature beside the outputs, each at once."""


class Desk(Protocol):
    """A sandbox that holds a model."""

    def score(self, partition: Partition, stop: Callable[[], bool]) -> Scored:
        """Score one partition. Raises PartitionFailed, Stopped, or Unavailable."""


class Bench(Protocol):
    """Gives sandboxes."""

    def desk(self, batch: Batch) -> AbstractContextManager[Desk]:
        """Lend a sandbox with the batch's version for the block; nothing is left after it.

        Raises Unavailable.
        """


class Prices(Protocol):
    """What profiles cost."""

    @property
    def default(self) -> str:
        """The profile of batches that name none."""

    def eur_per_hour(self, profile: str) -> float:
        """Return a profile's price now. Raises NotFound, or Invalid where batches may not run."""


class Signer(Protocol):
    """Signs what was made."""

    def attest(
        self, *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return a DSSE envelope around an in-toto statement."""

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """Return the statement that a trusted key signed. Raises Conflict otherwise."""
