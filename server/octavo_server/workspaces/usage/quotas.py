"""Quotas: hours that people, groups and projects may use in a rolling window."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Row, Rows, Where
from octavo_server.errors import NotFound, Unavailable
from octavo_server.identity import Caller, new_id
from octavo_server.workspaces.usage import limits_store, quota_rules, store
from octavo_server.workspaces.usage.books import UNSEEN
from octavo_server.workspaces.usage.domain import (
    Quota,
    QuotaResource,
    QuotaScope,
    QuotaState,
    Terms,
)

log = logging.getLogger("octavo.usage")


class Quotas:
    """Sets quotas, and tells what they leave."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        terms: Terms,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._terms = terms
        self._clock = clock

    def every(self) -> list[Quota]:
        """Return all quotas by scope and name."""
        with self._database.read() as rows:
            return limits_store.all_quotas(rows)

    def set(
        self,
        caller: Caller,
        *,
        scope: QuotaScope,
        name: str,
        resource: QuotaResource,
        limit: float,
        window_days: int,
        reason: str,
    ) -> Quota:
        """Set a quota, in place of the one with the same scope, name, resource and window."""
        with self._audit.change(caller, "workspaces.set_quota", f"quota:{scope}:{name}") as change:
            wanted = Quota(
                id=new_id(),
                scope=scope,
                name=name,
                resource=resource,
                limit=limit,
                window_days=window_days,
                set_by=caller.name,
                set_at=change.at,
            )
            earlier = limits_store.save_quota(change.rows, wanted)
            change.note(
                resource=resource,
                before=earlier.limit if earlier else None,
                limit=limit,
                window_days=window_days,
                reason=reason,
            )
        return replace(wanted, id=earlier.id) if earlier else wanted

    def remove(self, caller: Caller, quota_id: str, reason: str) -> None:
        """Remove a quota. Raises NotFound."""
        subject = f"quota:{quota_id[:64]}"
        with self._audit.change(caller, "workspaces.remove_quota", subject) as change:
            gone = limits_store.remove_quota(change.rows, quota_id)
            if gone is None:
                raise NotFound(
                    f"There is no quota {quota_id[:64]!r}.", "Reload the list of quotas."
                )
            change.subject = f"quota:{gone.scope}:{gone.name}"
            change.note(
                resource=gone.resource,
                limit=gone.limit,
                window_days=gone.window_days,
                reason=reason,
            )

    def state(self, person: str, groups: Collection[str], project: str) -> QuotaState:
        """Return what the quotas leave to a person in a project.

        While the books can't be read it says so, and refuses or not as the setting says.
        """
        try:
            with self._database.read() as rows:
                found = self._quotas(rows, person, groups, project)
                held = quota_rules.holding(found, self._terms.resolver)
                windows = {(one.scope == "project", one.window_days) for one in held}
                figures = {key: self._figures(rows, person, project, *key) for key in windows}
        except (SQLAlchemyError, Unavailable):
            log.exception("the quotas of %s in %s can't be read", person, project)
            return quota_rules.unknown(self._terms)
        items = [
            quota_rules.left(one, *figures[one.scope == "project", one.window_days]) for one in held
        ]
        return QuotaState(items=quota_rules.tightest_first(items))

    def _quotas(
        self, rows: Rows, person: str, groups: Collection[str], project: str
    ) -> list[Quota]:
        named: list[tuple[str, list[str]]] = [
            ("person", [person]),
            ("group", sorted(groups)),
            ("project", [project]),
        ]
        return [
            quota
            for scope, names in named
            for quota in limits_store.all_quotas(rows, ("scope", "=", scope), ("name", "in", names))
        ]

    def _figures(
        self, rows: Rows, person: str, project: str, whole: bool, days: int
    ) -> tuple[Row, Row]:
        """Return what the whole project, or a person, used in a window, and what is kept now."""
        now = self._clock()
        since = quota_rules.window_start(now, days)
        kept = tuple(quota_rules.KEPT.values())
        if whole:
            of: list[Where] = [("project", "=", project)]
            used = store.sums_of_project(rows, project, since)
        else:
            of = [("person", "=", person), ("kind", "in", quota_rules.INTERACTIVE)]
            used = store.sums(rows, store.COUNTED, *of, ("hour", ">=", since))
        return used, store.kept(rows, kept, now - UNSEEN, *of)
