"""Pure decisions about batches: names of data, states, limits, manifest; time is an argument."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from octavo_server.deployments.batches.domain import (
    MOVES,
    UNFINISHED,
    Batch,
    Model,
    Partition,
    PartitionState,
    Planned,
    State,
)
from octavo_server.errors import Conflict, IllegalMove, Invalid

PREDICATE: Final = "urn:octavo:statement:batch:v1"
OUTPUTS: Final = "batches"
"""Folder of a project's lake that holds the outputs of its batches."""
MOST_PARTITIONS: Final = 2_000
MOST_FILES: Final = 20_000
MOST_FILES_EACH: Final = 500
MOST_WAITING: Final = 20
"""Batches of one project that wait or are under way."""
MOST_LOST: Final = 5
"""Attempts in a row that may come to nothing."""
RESERVED: Final = frozenset({"source_file", "source_row", "prediction"})
"""Columns that every output has."""
FIRST_SHOWN: Final = 10


def source_parts(source: str) -> tuple[str, ...]:
    """Return the parts of a path of the lake. Raises Invalid for one that could lead elsewhere."""
    parts = tuple(source.rstrip("/").split("/"))
    odd = next((one for one in parts if not one or one.startswith(".") or "\\" in one), None)
    if odd is not None or "\0" in source:
        raise Invalid(
            f"source: {source[:80]!r} is no path below the project's lake.",
            "Name a file or folder relative to it, such as curated/flights; no part of the path "
            "is empty or begins with a dot.",
        )
    return parts


def check_keep(keep: Sequence[str]) -> None:
    """Raise Invalid for columns that an output can't hold besides its own."""
    taken = next((name for name in keep if name in RESERVED), None)
    if taken is not None:
        raise Invalid(
            f"keep: {taken!r} is a column that every output has of its own.",
            "Leave it out, or rename the data's column.",
        )
    twice = next((name for name in keep if list(keep).count(name) > 1), None)
    if twice is not None:
        raise Invalid(f"keep: {twice[:80]!r} is named twice.", "Name each column once.")


def check_named(version: int | None, alias: str | None) -> None:
    """Raise Invalid unless exactly one of both is given."""
    if (version is None) == (alias is None):
        what = "both" if version is not None else "neither"
        raise Invalid(
            f"version, alias: {what} of them given.",
            "Name the version by its number or by an alias.",
        )


def check_model(name: str, model: Model, because: Sequence[str], environment: str) -> None:
    """Raise Conflict or Invalid for a version that may not score, with the reason."""
    if not model.signed:
        raise Conflict(
            f"The signature on v{model.version} of {name} doesn't hold, so it scores nothing.",
            "Verify the version on its page, and register it again.",
        )
    if because:
        raise Conflict(
            f"v{model.version} of {name} isn't taken in {environment}: {' '.join(because)}"[:1_500],
            "Choose another version, or an environment that takes it.",
        )
    if not model.takes_columns:
        raise Invalid(
            f"v{model.version} of {name} takes no named columns, so no table can be scored.",
            "Log the model with a DataFrame as input_example=, and register it again.",
        )


def check_planned(source: str, planned: Sequence[Planned]) -> None:
    """Raise Invalid unless the data can be scored in one batch."""
    if not planned:
        raise Invalid(
            f"source: {source[:80]!r} holds no Parquet or CSV file.",
            "Name a folder with *.parquet or *.csv files, or one such file.",
        )
    if len(planned) > MOST_PARTITIONS:
        raise Invalid(
            f"source: {source[:80]!r} has {len(planned):,} partitions; a batch has at most "
            f"{MOST_PARTITIONS:,}.",
            "Name a folder further down, in several batches.",
        )
    many = next((one for one in planned if len(one.files) > MOST_FILES_EACH), None)
    if many is not None:
        raise Invalid(
            f"source: partition {many.name[:80]!r} has {len(many.files):,} files; one has at most "
            f"{MOST_FILES_EACH}.",
            "Write its rows into fewer files.",
        )


def check_room(waiting: int, project: str) -> None:
    """Raise Conflict when a project has as many unfinished batches as it may."""
    if waiting >= MOST_WAITING:
        raise Conflict(
            f"{waiting} batches of {project} wait or are under way; {MOST_WAITING} may.",
            "Wait for one to end, or cancel one.",
        )


def check_budget(project: str, left_cents: int) -> None:
    """Raise Conflict when nothing may be spent any more."""
    if left_cents <= 0:
        raise Conflict(
            f"The budget of {project} for this month is used up.",
            "Ask a platform admin to raise it, or wait for the next month.",
        )


def partitions_of(batch: str, planned: Sequence[Planned]) -> list[Partition]:
    """Return a batch's partitions; each output lies where its data's folder is."""
    return [
        Partition(
            batch=batch,
            number=number,
            name=one.name,
            keys=dict(one.keys),
            files=one.files,
            output=f"{one.name + '/' if one.keys else ''}part-{number:05d}.parquet",
        )
        for number, one in enumerate(planned)
    ]


def moved(batch: Batch, to: State, **values: Any) -> Batch:
    """Return the batch in its new state. Raises IllegalMove."""
    if to not in MOVES[batch.state]:
        raise IllegalMove(
            f"Batch {batch.id} is {batch.state.value}; it can't become {to.value}.",
            "Reload it to see what can be done with it.",
        )
    return replace(batch, state=to, **values)


def check_cancel(batch: Batch) -> None:
    """Raise IllegalMove for a batch that is over or cancelled already."""
    if not batch.can_cancel:
        said = "being cancelled" if batch.state in UNFINISHED else batch.state.value
        raise IllegalMove(
            f"Batch {batch.id} is {said} already; only a queued or running one can be cancelled.",
            "Nothing is left to cancel.",
        )


def check_resume(batch: Batch) -> None:
    """Raise IllegalMove for a batch of which nothing is left, or that goes on by itself."""
    if not batch.can_resume:
        why = (
            "every partition is done" if batch.state is State.SUCCEEDED else "it goes on by itself"
        )
        raise IllegalMove(
            f"Batch {batch.id} is {batch.state.value}: {why}.", "Nothing is to be done."
        )


def retry_at(batch: Batch) -> datetime:
    """Return when a waiting batch may be taken in hand: after losses later and later."""
    if batch.lost == 0 or batch.attempt_at is None:
        return batch.created_at
    return batch.attempt_at + timedelta(seconds=min(60.0, 2.0**batch.lost))


def after_loss(batch: Batch, why: str) -> tuple[State, str]:
    """Return what becomes of a batch whose attempt broke off, and why, in a sentence.

    A committed partition stays, so it is always safe to go on.
    """
    if batch.cancel_requested_by:
        return State.CANCELLED, f"{why} {batch.cancel_requested_by} cancelled it."
    if batch.lost + 1 >= MOST_LOST:
        return State.FAILED, f"{why} {batch.lost + 1} attempts in a row came to nothing."
    return State.QUEUED, f"{why} It goes on; {progress(batch)}."


def progress(batch: Batch) -> str:
    """Return how far a batch is, in words."""
    said = f"{batch.done} of {counted(batch.partitions, 'partition')} done"
    return f"{said}, {batch.failed} failed" if batch.failed else said


def over(batch: Batch) -> bool:
    """Tell whether more partitions have failed than may."""
    return batch.failed > batch.max_failures


def ending(batch: Batch) -> tuple[State, str]:
    """Return how a batch ends in which nothing is left to try, and why, in a sentence."""
    said = f"{progress(batch)}, {batch.rows:,} rows."
    if batch.failed == 0:
        return State.SUCCEEDED, said
    if batch.done == 0 or over(batch):
        return State.FAILED, f"{said} At most {batch.max_failures} may fail."
    return State.PARTIAL, f"{said} Resume it when the failed ones are mended."


def counted(many: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{many:,} {what}" + ("" if many == 1 else "s")


def cost_name(model: str) -> str:
    """Return under which name a batch is seen and booked."""
    return f"batch {model}"


def manifest(batch: Batch, partitions: Sequence[Partition]) -> bytes:
    """Return the list of a batch's outputs as bytes; the same outputs give the same bytes."""
    document = {
        "format": 1,
        **_facts(batch),
        "outputs": [
            {
                "path": one.output,
                "sha256": one.digest,
                "size": one.size,
                "rows": one.rows,
                "partition": one.name,
                "input_sha256": one.input_digest,
            }
            for one in partitions
            if one.state is PartitionState.DONE
        ],
        "missing": [one.name for one in partitions if one.state is not PartitionState.DONE],
    }
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode()


def predicate(batch: Batch) -> dict[str, Any]:
    """Return what the signature says of the manifest besides its digest."""
    return {
        **_facts(batch),
        "partitions": batch.partitions,
        "done": batch.done,
        "rows": batch.rows,
        "requested_by": batch.requested_by,
    }


def _facts(batch: Batch) -> dict[str, Any]:
    return {
        "batch": batch.id,
        "project": batch.project,
        "source": batch.source,
        "model": batch.model,
        "version": batch.version,
        "model_sha256": batch.digest,
    }
