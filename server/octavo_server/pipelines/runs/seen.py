"""Runs as one caller sees them: a hand-off is its person's own, and the project's admins'."""

from __future__ import annotations

from octavo.records.pipelines import (
    PipelineRun,
    PipelineRunEvent,
    PipelineRunList,
    Provenance,
)
from octavo_server.identity import Caller
from octavo_server.pipelines.runs.domain import sees_all
from octavo_server.pipelines.runs.filters import RunFilter
from octavo_server.pipelines.runs.service import RunsService


class SeenRuns:
    """The runs of one project that one caller may know of; others aren't there for them."""

    def __init__(self, runs: RunsService, caller: Caller, project: str) -> None:
        self._runs = runs
        self._caller = caller
        self._project = project

    def all(self, asked: RunFilter, *, limit: int, cursor: str | None) -> PipelineRunList:
        """Return a page of runs, the newest first. Raises Invalid for a bad cursor or filter."""
        return self._runs.runs(
            self._project,
            asked=asked,
            limit=limit,
            cursor=cursor,
            seen_by=None if sees_all(self._caller) else self._caller.name,
        )

    def one(self, identifier: str) -> PipelineRun:
        """Return a run with its evidence. Raises NotFound."""
        self._require(identifier)
        return self._runs.run(self._project, identifier)

    def events(self, identifier: str, after: int) -> list[PipelineRunEvent]:
        """Return a run's events after a number, in order. Raises NotFound."""
        self._require(identifier)
        return self._runs.events(self._project, identifier, after)

    def has_ended(self, identifier: str) -> bool:
        """Return whether nothing more will happen in a run. Raises NotFound."""
        self._require(identifier)
        return self._runs.has_ended(self._project, identifier)

    def output(self, identifier: str) -> bytes:
        """Return a run's output notebook. Raises NotFound before there is one."""
        self._require(identifier)
        return self._runs.output(self._project, identifier)

    def artifact(self, identifier: str, path: str) -> bytes:
        """Return the bytes of a file that a run committed. Raises NotFound."""
        self._require(identifier)
        return self._runs.artifact(self._project, identifier, path)

    def provenance(self, identifier: str) -> Provenance:
        """Return the signed statement about a run, verified now. Raises NotFound."""
        self._require(identifier)
        return self._runs.provenance(self._project, identifier)

    def _require(self, identifier: str) -> None:
        self._runs.require_visible(self._caller, self._project, identifier)
