"""Makes MLflow's records ours.

Anybody with MLflow's client writes what they like: times that no calendar has, names of a million
characters, states that there are not.  Here it is brought to what Octavo keeps, once and for all; a
record that can't be read even so is left out, so that no one stands between people and the rest.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from octavo_server.experiments.runs.domain import (
    DataInput,
    LoggedModel,
    Run,
    RunStatus,
    TrackedExperiment,
    point_of,
)
from octavo_server.tracking.access import project_of

Record = Mapping[str, Any]
Made = TypeVar("Made")
#: Characters of a name that are kept, and of any other text: as many as answers carry.
LONGEST_NAME: Final = 500
LONGEST_TEXT: Final = 8_000
#: Moments that are kept, a day from where calendars end: a time zone or "the next day" still fits.
EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
EPOCH: Final = datetime.fromtimestamp(0, tz=UTC)
#: Unreadable records that are remembered, so that each is told of once.
MOST_TOLD: Final = 10_000
#: What reading a record fails with when it isn't what MLflow's own should be.
UNREADABLE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
logger = logging.getLogger(__name__)


class Reader:
    """Reads records one by one; says of each that it leaves out why, once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def experiments(self, found: Iterable[Record]) -> list[TrackedExperiment]:
        """Those that belong to a project."""
        made = self._each(found, "experiment_id", _experiment)
        return [one for one in made if one is not None]

    def runs(self, found: Iterable[Record], projects: Mapping[str, str]) -> list[Run]:
        """Those whose experiment is among `projects`, which gives each one's project."""
        here = [one for one in found if one.get("experiment_id") in projects]
        return self._each(here, "run_id", lambda one: _run(one, projects[one["experiment_id"]]))

    def models(self, found: Iterable[Record]) -> list[LoggedModel]:
        """Logged models, of what MLflow calls their info."""
        return self._each(found, "model_id", _model)

    def _each(
        self, found: Iterable[Record], key: str, make: Callable[[Record], Made]
    ) -> list[Made]:
        made = []
        for one in found:
            try:
                made.append(make(one))
            except UNREADABLE as error:
                self._tell(f"{key} {_text(one.get(key), 64)!r}", error)
        return made

    def _tell(self, which: str, error: BaseException) -> None:
        if which in self._told or len(self._told) >= MOST_TOLD:
            return
        self._told.add(which)
        logger.warning("left out what can't be read of MLflow, %s: %r", which, error)


def _text(value: Any, most: int = LONGEST_TEXT) -> str:
    """What a client wrote, without what no database keeps: null characters, half characters."""
    return str(value)[:most].encode("utf-8", "replace").decode().replace("\0", "")


def _name(value: Any) -> str:
    return _text(value, LONGEST_NAME)


def _moment(milliseconds: Any) -> datetime | None:
    """A moment; None where it isn't said, or where no calendar has it."""
    if not milliseconds:
        return None
    try:
        at = datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return at if EARLIEST <= at < LATEST else None


def _pairs(found: Mapping[str, Any]) -> dict[str, str]:
    return {_name(name): _text(value) for name, value in found.items()}


def _experiment(one: Record) -> TrackedExperiment | None:
    tags = {tag["key"]: tag.get("value", "") for tag in one.get("tags") or []}
    project = project_of(one["name"], _pairs(tags))
    if project is None:
        return None
    return TrackedExperiment(
        experiment_id=one["experiment_id"], project=project, name=_name(one["name"])
    )


def _run(one: Record, project: str) -> Run:
    return Run(
        run_id=one["run_id"],
        project=project,
        experiment_id=one["experiment_id"],
        name=_name(one["name"]),
        status=RunStatus(one["status"].lower()),
        owner=_name(one["owner"]),
        started_at=_moment(one["started_at"]),
        ended_at=_moment(one["ended_at"]),
        latest={
            _name(name): point_of(value, step, _moment(at) or EPOCH)
            for name, (value, step, at) in one["metrics"].items()
        },
        params=_pairs(one["params"]),
        tags=_pairs(one["tags"]),
        inputs=tuple(_input(each) for each in one["inputs"]),
        models=one["models"],
        removed=one["removed"],
    )


def _input(one: Record) -> DataInput:
    context = one["context"]
    return DataInput(
        name=_name(one["name"]),
        digest=_name(one["digest"]),
        source=_text(_source(str(one["source"]))),
        context=None if context is None else _name(context),
    )


def _source(text: str) -> str:
    """The address in a data set's source, where MLflow wraps one in JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return str(found.get("uri", text)) if isinstance(found, dict) else text


def _model(info: Record) -> LoggedModel:
    return LoggedModel(
        model_id=_name(info["model_id"]),
        run_id=_name(info.get("source_run_id", "")),
        name=_name(info.get("name", "")),
        status=_name(info.get("status", "")).removeprefix("LOGGED_MODEL_"),
        created_at=_moment(info.get("creation_timestamp_ms")),
        location=_text(info.get("artifact_uri", "")),
    )
