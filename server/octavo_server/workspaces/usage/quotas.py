"""Quotas: hours that people, groups and projects may use in a rolling window."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Row, Rows, Where
from octavo_server.errors import Invalid, NotFound, Unavailable
from octavo_server.identity import Caller, new_id
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.usage import limits_store, quota_rules, store
from octavo_server.workspaces.usage.books import UNSEEN
from octavo_server.workspaces.usage.domain import (
    Member,
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
        projects: ProjectsService,
        terms: Terms,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._projects = projects
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
        """Set a quota, in place of the one with the same scope, name, resource and window.

        Raises Invalid for a name that nobody can have, or no project has.
        """
        quota_rules.check_name(scope, name)
        if scope == "project":
            self._check_project(name)
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

    def _check_project(self, name: str) -> None:
        try:
            self._projects.get(name)
        except NotFound as error:
            raise Invalid(
                f"name: there is no project {name[:100]!r}.", "Give the project's name."
            ) from error

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
        return self.states([Member(person=person, groups=frozenset(groups), project=project)])[0]

    def states(self, members: Sequence[Member]) -> list[QuotaState]:
        """Return what the quotas leave to each, with few queries for many."""
        try:
            with self._database.read() as rows:
                return self._read(rows, members)
        except (SQLAlchemyError, Unavailable):
            log.exception("quotas can't be read")
            return [quota_rules.unknown(self._terms) for _ in members]

    def state_in(self, rows: Rows, member: Member) -> QuotaState:
        """Return what the quotas leave, with what this transaction itself has booked."""
        return self._read(rows, [member])[0]

    def _read(self, rows: Rows, members: Sequence[Member]) -> list[QuotaState]:
        names = {name for one in members for name in (one.person, *one.groups, one.project)}
        quotas = limits_store.all_quotas(rows, ("name", "in", sorted(names)))
        held = [quota_rules.holding(quotas, one, self._terms.resolver) for one in members]
        windows = {(of.of_project, of.window_days) for each in held for of in each}
        figures = {key: self._figures(rows, members, *key) for key in windows}
        return [
            QuotaState(
                items=quota_rules.tightest_first(
                    quota_rules.left(of, one, *figures[of.of_project, of.window_days])
                    for of in each
                )
            )
            for one, each in zip(members, held, strict=True)
        ]

    def _figures(
        self, rows: Rows, members: Sequence[Member], of_project: bool, days: int
    ) -> tuple[dict[str, Row], dict[str, Row]]:
        """Return what each project, or each person, used in a window, and what is kept now."""
        now, columns = self._clock(), tuple(quota_rules.KEPT.values())
        since, seen = quota_rules.window_start(now, days), now - UNSEEN
        if of_project:
            projects = sorted({one.project for one in members})
            used = store.used_by_project(rows, projects, since)
            where: list[Where] = [("project", "in", projects)]
            return used, store.kept_by(rows, "project", columns, seen, *where)
        people, kinds = sorted({one.person for one in members}), quota_rules.INTERACTIVE
        used = store.used_by_person(rows, people, kinds, since)
        where = [("person", "in", people), ("kind", "in", kinds)]
        return used, store.kept_by(rows, "person", columns, seen, *where)
