"""Changes of a project's features under four eyes: proposed, reviewed, withdrawn, cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import Conflict, NotFound
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.publishing import rules, store
from octavo_server.features.publishing.domain import ChangeState, FeatureChange, Plan
from octavo_server.features.publishing.planning import ACTION, Planner, facts_of
from octavo_server.identity import Caller, new_id
from octavo_server.policy.service import PolicyService


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A change with what is reviewed."""

    change: FeatureChange
    """Where it stands."""
    plan: Plan
    """As it was when it was proposed."""
    declaration: FeatureDeclaration
    """What becomes the registry."""


class ChangesService:
    """Proposals and their reviews; the worker applies what was approved."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        catalog: CatalogService,
        planner: Planner,
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._catalog = catalog
        self._planner = planner

    # ---- reading

    def current(self, project: str) -> str | None:
        """Return the id of the current snapshot."""
        found = self._catalog.current(project)
        return found.id if found else None

    def changes(
        self, project: str, state: str | None = None, *, limit: int = 50, offset: int = 0
    ) -> list[FeatureChange]:
        """Return a project's changes, newest first."""
        where: list[Where] = [("project", "=", project)]
        where += [("state", "=", state)] if state is not None else []
        with self._database.read() as rows:
            return store.changes(rows, *where, limit=limit, offset=offset)

    def change(self, project: str, identifier: str) -> Reviewed:
        """Return one change with all that is reviewed. Raises NotFound."""
        with self._database.read() as rows:
            found = _known(rows, project, identifier)
            plan = store.plan_of(rows, identifier)
            declaration = store.declaration_of(rows, identifier)
        if plan is None or declaration is None:
            raise NotFound(f"The plan of the change {identifier[:64]!r} is gone.")
        return Reviewed(change=found, plan=plan, declaration=declaration)

    def plan(self, caller: Caller, project: str, wanted: FeatureDeclaration) -> Plan:
        """Return what ``wanted`` would change; nothing is kept."""
        return self._planner.plan(caller, project, wanted)

    # ---- proposing

    def propose(
        self,
        caller: Caller,
        project: str,
        wanted: FeatureDeclaration,
        *,
        reason: str,
        base: str | None = None,
    ) -> Reviewed:
        """Offer a declaration for review.

        Raises Invalid for errors in it, Conflict when it changes nothing or ``base`` is not
        current any more.
        """
        if base is not None:
            rules.check_base(base, self.current(project))
        rules.check_changes(same=self._planner.is_same(project, wanted))
        # Looking at the lake takes seconds; what is known without it was said before.
        plan = self._planner.plan(caller, project, wanted)
        rules.check_proposable(plan.findings, same=plan.same)
        if base is not None:
            rules.check_base(base, plan.base_snapshot)
        with self._audit.change(caller, "features.propose", _subject(project), project) as change:
            made = FeatureChange(
                id=new_id(),
                project=project,
                state=ChangeState.PLANNED,
                author=caller.name,
                reason=reason,
                created_at=change.at,
                base_snapshot=plan.base_snapshot,
                digest=plan.digest,
                added=sum(one.what == "added" for one in plan.differences),
                changed=sum(one.what == "changed" for one in plan.differences),
                removed=sum(one.what == "removed" for one in plan.differences),
                breaks=sum(one.breaks for one in plan.impact),
            )
            change.subject = f"{_subject(project)}/{made.id}"
            store.add(change.rows, made, wanted, plan)
            _note(change, made)
        return Reviewed(change=made, plan=plan, declaration=wanted)

    # ---- deciding

    def review(
        self,
        caller: Caller,
        project: str,
        identifier: str,
        *,
        approve: bool,
        reason: str,
        digest: str,
    ) -> Reviewed:
        """Approve a change, so that the worker applies it, or reject it; never one's own.

        Raises Forbidden for its author, Conflict when the features were changed meanwhile,
        Invalid when something else was reviewed, PolicyRefused.
        """
        to = ChangeState.APPROVED if approve else ChangeState.REJECTED
        with self._change(caller, "features.review", project, identifier) as change:
            now = _known(change.rows, project, identifier)
            rules.check_four_eyes(now, caller.name)
            rules.check_move(now, to)
            rules.check_seen(now, digest)
            change.note(decision=to.value)
            if approve:
                self._gate(change, now)
            decided = replace(
                now,
                state=to,
                reviewer=caller.name,
                review_reason=reason,
                reviewed_at=change.at,
                step="waits for the worker" if approve else "",
                ended_at=None if approve else change.at,
            )
            store.save(change.rows, decided)
            _note(change, decided)
        return self.change(project, identifier)

    def _gate(self, change: Change, now: FeatureChange) -> None:
        """Raise what speaks against applying it, at this very moment."""
        current = self._catalog.current_in(change, now.project)
        rules.check_base(now.base_snapshot, current.id if current else None)
        ahead = [one.id for one in store.unfinished(change.rows, now.project)]
        if ahead:
            raise Conflict(
                f"The change {ahead[0]} of {now.project} is being applied.",
                "Wait until it has ended; then plan this one again on what is current.",
            )
        plan = store.plan_of(change.rows, now.id)
        facts = facts_of(
            plan.differences if plan else (),
            plan.impact if plan else (),
            plan.leaks if plan else (),
            own=now.author == change.caller.name,
        )
        self._policy.require(change, ACTION, change.caller, project=now.project, facts=facts)

    def cancel(self, caller: Caller, project: str, identifier: str) -> Reviewed:
        """Withdraw one's own proposal, or stop what was approved.

        What is being applied stops at its next step; once it is current it is too late. Raises
        Forbidden for somebody else's proposal, IllegalMove for what has ended.
        """
        with self._change(caller, "features.cancel", project, identifier) as change:
            now = _known(change.rows, project, identifier)
            if now.state is ChangeState.APPLYING:
                rules.check_stoppable(now)
                stopped = replace(now, cancelled_by=caller.name)
            elif now.state is ChangeState.PLANNED:
                rules.check_author(now, caller.name)
                stopped = replace(now, state=ChangeState.WITHDRAWN, ended_at=change.at)
            else:
                rules.check_move(now, ChangeState.CANCELLED)
                stopped = replace(
                    now,
                    state=ChangeState.CANCELLED,
                    cancelled_by=caller.name,
                    message=f"{caller.name} stopped it.",
                    ended_at=change.at,
                )
            store.save(change.rows, stopped)
            _note(change, stopped)
        return self.change(project, identifier)

    @contextmanager
    def _change(
        self, caller: Caller, action: str, project: str, identifier: str
    ) -> Iterator[Change]:
        subject = f"{_subject(project)}/{identifier[:64]}"
        with self._audit.change(caller, action, subject, project) as change:
            # The lock of publications too: of two decisions at once each sees the other's.
            change.rows.lock(f"features:{project}")
            yield change


def _subject(project: str) -> str:
    return f"feature_change:{project}"


def _known(rows: Rows, project: str, identifier: str) -> FeatureChange:
    found = store.change(rows, identifier)
    if found is None or found.project != project:
        raise NotFound(
            f"There is no change {identifier[:64]!r} of features in {project}.",
            "Look at the list of changes.",
        )
    return found


def _note(change: Change, made: FeatureChange) -> None:
    change.note(
        change=made.id,
        state=made.state.value,
        digest=made.digest,
        base_snapshot=made.base_snapshot,
        reason=made.review_reason or made.reason,
    )
