"""Scores tables of the project's lake, partition by partition, from a notebook or a program.

::

    import octavo

    batch = octavo.score("curated/flights_late", "flights-late", alias="champion", keep=["flight"])
    print(batch.output)

The platform does the work: what is committed stays when a worker dies, and nothing is scored twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pydantic import ValidationError

from octavo.client import Client, ClientError
from octavo.records.batches import (
    Batch,
    BatchPartition,
    BatchPartitionList,
    BatchRequest,
    BatchState,
)

PROJECT_VARIABLE = "OCTAVO_PROJECT"
LOOK_EVERY_S: Final = 1.0
UNDER_WAY: Final = frozenset({BatchState.QUEUED, BatchState.RUNNING})


def score(
    source: str,
    model: str,
    *,
    version: int | None = None,
    alias: str | None = None,
    keep: Sequence[str] = (),
    max_failures: int = 5,
    environment: str = "prod",
    profile: str | None = None,
    wait: bool = True,
    project: str | None = None,
    client: Client | None = None,
) -> Batch:
    """Score a file or folder of the project's lake with a registered version.

    ``keep`` are columns of the data that the output holds too. Up to ``max_failures`` partitions
    may fail while the others go on. With ``wait`` it returns when the batch is over, whatever
    became of it; else at once. Raises ClientError.
    """
    body = wanted(
        source=source,
        model=model,
        version=version,
        alias=alias,
        keep=list(keep),
        max_failures=max_failures,
        environment=environment,
        profile=profile,
    )
    path = f"/projects/{named_project(project)}/batches"
    with _connected(client) as connection:
        batch = Batch.model_validate(connection.post(path, body))
        return follow(connection, batch) if wait else batch


def wanted(**fields: Any) -> BatchRequest:
    """Return what is asked for. Raises ClientError that names the first field that can't be."""
    try:
        return BatchRequest.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ClientError(
            "invalid", f"{name}: {first['msg']}.", "Correct the value, and start the batch again."
        ) from error


def follow(
    client: Client, batch: Batch, told: Callable[[Batch], None] = lambda _batch: None
) -> Batch:
    """Wait until a batch is over and return it; ``told`` gets it each time it changed."""
    seen = None
    while True:
        batch = client.fetch(Batch, f"/projects/{batch.project}/batches/{batch.id}")
        if (now := (batch.state, batch.done, batch.failed)) != seen:
            seen = now
            told(batch)
        if batch.state not in UNDER_WAY:
            return batch
        time.sleep(LOOK_EVERY_S)


def failures(client: Client, batch: Batch, most: int = 20) -> list[BatchPartition]:
    """Return the first partitions of a batch that failed, with the reason. Raises ClientError."""
    path = f"/projects/{batch.project}/batches/{batch.id}/partitions"
    return client.fetch(BatchPartitionList, path, state="failed", limit=most).items


def named_project(project: str | None) -> str:
    """Return the project that is named, else the workspace's. Raises ClientError without one."""
    named = project or os.environ.get(PROJECT_VARIABLE, "")
    if not named:
        raise ClientError(
            "no_project",
            f"{PROJECT_VARIABLE} is not set, so there is no project whose data could be scored.",
            "Name the project: score(..., project='flights').",
        )
    return named


@contextmanager
def _connected(client: Client | None) -> Iterator[Client]:
    if client is not None:
        yield client
        return
    with Client.from_environment() as own:
        yield own
