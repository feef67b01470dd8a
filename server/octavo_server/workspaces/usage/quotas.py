"""Quotas: hours that people, groups and projects may use in a rolling window."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import NotFound, Unavailable
from octavo_server.identity import Caller, new_id
from octavo_server.workspaces.usage import limits_store, quota_rules, rules, store
from octavo_server.workspaces.usage.books import UNSEEN
from octavo_server.workspaces.usage.domain import (
    Quota,
    QuotaLeft,
    QuotaResource,
    QuotaScope,
    QuotaState,
    Terms,
)
from octavo_server.workspaces.usage.quota_rules import Holding

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
            kept = limits_store.save_quota(change.rows, wanted)
            change.note(resource=resource, limit=limit, window_days=window_days, reason=reason)
        return kept

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
                items = [self._left(rows, one, person, project) for one in held]
        except (SQLAlchemyError, Unavailable):
            log.exception("the quotas of %s in %s can't be read", person, project)
            return quota_rules.unknown(self._terms)
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

    def _left(self, rows: Rows, one: Holding, person: str, project: str) -> QuotaLeft:
        now = self._clock()
        whose: list[Where] = [("project", "=", project)]
        if one.scope != "project":
            whose = [("person", "=", person), ("kind", "in", quota_rules.INTERACTIVE)]
        since: Where = ("hour", ">=", quota_rules.window_start(now, one.window_days))
        seconds = quota_rules.SECONDS[one.resource]
        used = store.sums(rows, [seconds], *whose, since)[seconds] / rules.HOUR_S
        kept = store.kept(rows, quota_rules.KEPT[one.resource], now - UNSEEN, *whose)
        return QuotaLeft(
            resource=one.resource,
            scope=one.scope,
            name=one.name,
            limit=one.limit,
            used=used,
            reserved=kept * quota_rules.RESERVED_HOURS,
            window_days=one.window_days,
        )
