"""What answering needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from octavo_server.deployments.serving.domain import LoggedRow, LogSize


@dataclass(frozen=True, kw_only=True)
class ScorerAnswer:
    """What a scorer said."""

    status: int
    """HTTP status."""
    body: Mapping[str, Any]
    """The JSON object."""


class ScorerUnreachable(Exception):
    """A scorer doesn't answer: not there, too slow, or not one of ours."""


class ScorerSlow(ScorerUnreachable):
    """A scorer is there, but its answer took too long."""


class ScorerCalls(Protocol):
    """Talks to scorers."""

    async def invoke(
        self,
        address: str,
        secret: str,
        body: bytes,
        *,
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> ScorerAnswer:
        """Send rows in MLflow's format. Raises :class:`ScorerUnreachable`."""


class RowLog(Protocol):
    """Keeps logged rows in files, by deployment and day."""

    def append(self, rows: Sequence[LoggedRow]) -> int:
        """Take rows to write soon; return how many had to be dropped."""

    def newest(self, project: str, deployment: str, limit: int) -> list[LoggedRow]:
        """Return the newest rows of a deployment. Raises Unavailable."""

    def size(self, project: str, deployment: str) -> LogSize:
        """Return how much is kept of a deployment."""

    def forget(self, project: str, deployment: str, before_day: str) -> int:
        """Remove the files of days before ``before_day`` (YYYY-MM-DD); return how many."""

    def close(self) -> None:
        """Write what waits."""


class Looks(Protocol):
    """Looks at rows that callers asked."""

    def add(
        self, project: str, deployment: str, caller: str, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Look at rows of one caller."""
