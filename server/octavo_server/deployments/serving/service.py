"""What was answered, as other areas read it, and what of it is kept."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Where
from octavo_server.deployments.rollouts.service import Deployment
from octavo_server.deployments.serving import figures, store
from octavo_server.deployments.serving.domain import (
    SHADOW,
    FiguresAt,
    HeldBack,
    LoggedRow,
    LogPolicy,
    LogSize,
    Scored,
    VersionFigures,
)
from octavo_server.deployments.serving.ports import RowLog
from octavo_server.identity import Caller, service_caller

__all__ = [
    "FiguresAt",
    "LogPolicy",
    "LogSize",
    "LoggedRow",
    "Replayable",
    "Scored",
    "ServingService",
    "VersionFigures",
]

FIGURES_KEPT = timedelta(hours=24)
"""How long figures by ten seconds are kept."""
MOST_CALLS = 50_000
"""Requests that are counted by caller."""


@dataclass(frozen=True, kw_only=True)
class Replayable:
    """The kept rows of one request, to be asked again."""

    at: datetime
    """When it arrived."""
    rows: list[dict[str, Any]]
    """Its rows by column; redacted values are None."""


class ServingService:
    """The answered requests that are kept."""

    def __init__(
        self,
        database: Database,
        audit: AuditService | None = None,
        row_log: RowLog | None = None,
    ) -> None:
        self._database = database
        self._audit = audit
        self._row_log = row_log

    def scored_since(
        self, project: str, name: str, since: datetime, limit: int, *, shadow: bool = True
    ) -> list[Scored]:
        """Return the scoring requests since a time, newest first; copies for a shadow if asked."""
        where: list[Where] = [] if shadow else [("role", "!=", SHADOW)]
        with self._database.read() as rows:
            return store.scored_since(rows, project, name, since, limit, *where)

    def callers_since(
        self, project: str, name: str, since: datetime
    ) -> list[tuple[str, int, datetime]]:
        """Return who asked since a time: caller, requests, newest; the busiest first."""
        found = self.scored_since(project, name, since, MOST_CALLS, shadow=False)
        counts, newest = Counter(one.caller for one in found), {}
        for one in reversed(found):
            newest[one.caller] = one.at
        return [(caller, count, newest[caller]) for caller, count in counts.most_common()]

    def forget_scored(self, before: datetime) -> int:
        """Remove telemetry older than a time; return how much."""
        with self._database.write() as rows:
            return store.forget_scored(rows, before)

    def figures(self, project: str, name: str, since: datetime) -> dict[int, VersionFigures]:
        """Return what each version did since a time: exact counts, percentiles within 5 %."""
        return figures.by_version(self.figures_by_time(project, name, since))

    def figures_by_time(self, project: str, name: str, since: datetime) -> list[FiguresAt]:
        """Return the same by intervals of ten seconds, one a writing process."""
        with self._database.read() as rows:
            return store.figures_since(rows, project, name, since)

    def logged(self, project: str, name: str, limit: int) -> list[LoggedRow]:
        """Return the newest logged rows. Raises Unavailable when the log can't be read."""
        return [] if self._row_log is None else self._row_log.newest(project, name, limit)

    def logged_rows(self, project: str, name: str, limit: int) -> list[Replayable]:
        """Return the newest logged rows by request, to be asked again; newest first."""
        requests: dict[str, Replayable] = {}
        for one in self.logged(project, name, limit):
            request = requests.setdefault(one.request_id, Replayable(at=one.at, rows=[]))
            request.rows.append(json.loads(one.inputs))
        return list(requests.values())

    def log_policy(self, project: str, name: str) -> LogPolicy:
        """Return what of a deployment's requests is kept."""
        with self._database.read() as rows:
            return store.policy(rows, project, name)

    def log_size(self, project: str, name: str) -> LogSize:
        """Return how much of a deployment's requests is kept."""
        return LogSize() if self._row_log is None else self._row_log.size(project, name)

    def change_log(self, caller: Caller, changed: LogPolicy, reason: str) -> LogPolicy:
        """Say what is kept from now on. Raises Conflict when somebody else did meanwhile."""
        if self._audit is None:
            raise AssertionError("this process changes nothing")
        project, name = changed.project, changed.deployment
        subject = f"deployment:{project}/{name}"
        with self._audit.change(caller, "deployments.log_change", subject, project) as change:
            before = store.policy(change.rows, project, name)
            after = replace(changed, changed_by=caller.name, changed_at=change.at)
            saved = store.save_policy(change.rows, after)
            change.note(
                reason=reason,
                before={"share": before.share, "redacted": list(before.redacted)},
                after={"share": saved.share, "redacted": list(saved.redacted)},
                keep_days=saved.keep_days,
            )
        return saved

    def note_held(self, deployment: Deployment, held: HeldBack | None) -> None:
        """Keep on the trail that a router withholds a canary's share, or gives it back."""
        if self._audit is None:
            return
        project, name = deployment.project, deployment.name
        router, subject = service_caller("router", project), f"deployment:{project}/{name}"
        action = "deployments.give_back" if held is None else "deployments.hold_back"
        with self._audit.change(router, action, subject, project) as change:
            change.note(
                version=deployment.canary_version if held is None else held.version,
                why="It is watched again." if held is None else held.reason,
            )

    def tidy(self, now: datetime, places: list[tuple[str, str]]) -> int:
        """Remove figures and logged rows that are too old; return the removed files."""
        with self._database.write() as rows:
            store.forget_figures(rows, now - FIGURES_KEPT)
        removed = 0
        for project, name in places if self._row_log is not None else ():
            keep = timedelta(days=self.log_policy(project, name).keep_days)
            if self._row_log is not None:
                removed += self._row_log.forget(project, name, f"{now - keep:%Y-%m-%d}")
        return removed
