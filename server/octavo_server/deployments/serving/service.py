"""What was answered, as other areas read it."""

from __future__ import annotations

from datetime import datetime

from octavo_server.database.rows import Database
from octavo_server.deployments.serving import store
from octavo_server.deployments.serving.domain import Scored

__all__ = ["Scored", "ServingService"]


class ServingService:
    """The answered requests that are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def scored_since(self, project: str, name: str, since: datetime, limit: int) -> list[Scored]:
        """Return the scoring requests since a time, newest first."""
        with self._database.read() as rows:
            return store.scored_since(rows, project, name, since, limit)

    def forget_scored(self, before: datetime) -> int:
        """Remove telemetry older than a time; return how much."""
        with self._database.write() as rows:
            return store.forget_scored(rows, before)
