"""Keeps consumers and their tokens; every change with its audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.deployments.consumers import rules, store
from octavo_server.deployments.consumers.domain import (
    Consumer,
    Known,
    Limits,
    Suspicion,
    Token,
    Use,
)
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import Conflict, NotFound
from octavo_server.identity import Caller, new_id

__all__ = ["Consumer", "ConsumersService", "Known", "Limits", "Suspicion", "Token", "Use"]

SUSPECTED = timedelta(minutes=10)
"""How long what looked like copying stands without being seen again."""


class ConsumersService:
    """The consumers of all projects."""

    def __init__(self, database: Database, audit: AuditService, rollouts: RolloutsService) -> None:
        self._database = database
        self._audit = audit
        self._rollouts = rollouts

    def now(self) -> datetime:
        """Return the platform's time (UTC)."""
        return self._rollouts.now()

    def every(self, project: str, deployment: str | None = None) -> list[Known]:
        """Return a project's consumers by name, or those that a deployment is open to."""
        with self._database.read() as rows:
            found = store.consumers_of(rows, project)
            tokens = store.tokens_of(rows, project)
        return [
            Known(
                consumer=one,
                tokens=tuple(token for token in tokens if token.consumer == one.name),
            )
            for one in found
            if deployment is None or deployment in one.deployments
        ]

    def of_deployment(self, project: str, deployment: str) -> list[Consumer]:
        """Return the consumers, not revoked, that a deployment is open to."""
        known = self.every(project, deployment)
        return [one.consumer for one in known if one.consumer.revoked_at is None]

    def get(self, project: str, name: str) -> Known:
        """Return one consumer with its tokens. Raises NotFound."""
        with self._database.read() as rows:
            found = _consumer(rows, project, name)
            return Known(consumer=found, tokens=tuple(store.tokens_of(rows, project, name)))

    def create(self, caller: Caller, consumer: Consumer) -> Consumer:
        """Write a new consumer. Raises Invalid for unknown deployments, Conflict for its name."""
        project, name = consumer.project, consumer.name
        with self._change(caller, "consumers.create", project, name) as change:
            made = replace(
                consumer,
                deployments=self._known(change.rows, project, consumer.deployments),
                created_by=caller.name,
                created_at=change.at,
            )
            store.add_consumer(change.rows, made)
            change.note(**_facts(made), owner=made.owner, purpose=made.purpose)
        return made

    def change(
        self,
        caller: Caller,
        project: str,
        name: str,
        *,
        generation: int,
        deployments: Sequence[str] | None,
        limits: Limits | None,
        reason: str,
    ) -> Consumer:
        """Change what a consumer may do. Raises NotFound, Invalid, Conflict."""
        with self._change(caller, "consumers.change", project, name) as change:
            before = _consumer(change.rows, project, name)
            _refuse_revoked(before)
            after = replace(before, generation=generation, limits=limits or before.limits)
            if deployments is not None:
                after = replace(after, deployments=self._known(change.rows, project, deployments))
            saved = store.save_consumer(change.rows, after)
            change.note(reason=reason, before=_facts(before), after=_facts(saved))
        return saved

    def revoke(self, caller: Caller, project: str, name: str, reason: str) -> Consumer:
        """End a consumer; none of its tokens opens anything from now on."""
        with self._change(caller, "consumers.revoke", project, name) as change:
            before = _consumer(change.rows, project, name)
            _refuse_revoked(before)
            ended = replace(
                before, revoked_by=caller.name, revoked_at=change.at, revoke_reason=reason
            )
            saved = store.save_consumer(change.rows, ended)
            change.note(reason=reason)
        return saved

    def issue(
        self, caller: Caller, project: str, name: str, days: int, note: str
    ) -> tuple[str, Token]:
        """Return a new token and what is kept of it. Raises NotFound, Conflict."""
        with self._change(caller, "consumers.token_issued", project, name) as change:
            consumer = _consumer(change.rows, project, name)
            held = store.tokens_of(change.rows, project, name)
            rules.check_room(consumer, held, change.at)
            token_id = new_id()
            secret = rules.write_token(token_id)
            kept = Token(
                id=token_id,
                project=project,
                consumer=name,
                digest=rules.digest_of(secret),
                note=note,
                created_by=caller.name,
                created_at=change.at,
                expires_at=change.at + timedelta(days=days),
            )
            store.add_token(change.rows, kept)
            change.note(token=token_id, expires_at=kept.expires_at.isoformat(), note=note)
        return secret, kept

    def revoke_token(
        self, caller: Caller, project: str, name: str, token_id: str, reason: str
    ) -> Token:
        """End one token. Raises NotFound, Conflict when it was revoked before."""
        with self._change(caller, "consumers.token_revoked", project, name) as change:
            found = store.token(change.rows, token_id)
            if found is None or (found.project, found.consumer) != (project, name):
                raise NotFound(
                    f"{name} has no token {token_id[:40]!r}.", "See the consumer's tokens."
                )
            if found.revoked_at is not None:
                raise Conflict(f"{found.revoked_by} revoked this token already.", "")
            ended = replace(
                found, revoked_by=caller.name, revoked_at=change.at, revoke_reason=reason
            )
            store.save_token(change.rows, ended)
            change.note(token=token_id, reason=reason)
        return ended

    def holder(self, token_id: str) -> tuple[Token | None, Consumer | None]:
        """Return a token as it is kept, and whose it is."""
        with self._database.read() as rows:
            token = store.token(rows, token_id)
            if token is None:
                return None, None
            return token, store.consumer(rows, token.project, token.consumer)

    def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep when tokens were used last; nothing that governs anything."""
        with self._database.write() as rows:
            store.note_uses(rows, uses)

    def suspect(self, found: Sequence[Suspicion]) -> None:
        """Keep what looks like copying now; nothing that governs anything."""
        with self._database.write() as rows:
            store.put_suspicions(rows, found)
            store.forget_suspicions(rows, self.now() - SUSPECTED)

    def suspicions(self, project: str, deployment: str) -> list[Suspicion]:
        """Return what looked like copying a deployment's model lately."""
        with self._database.read() as rows:
            return store.suspicions(rows, project, deployment, self.now() - SUSPECTED)

    def _change(
        self, caller: Caller, action: str, project: str, name: str
    ) -> AbstractContextManager[Change]:
        return self._audit.change(caller, action, f"consumer:{project}/{name}", project)

    def _known(self, rows: Rows, project: str, names: Sequence[str]) -> tuple[str, ...]:
        there = [name for name in names if self._rollouts.find(rows, project, name)]
        return rules.check_deployments(names, there)


def _consumer(rows: Rows, project: str, name: str) -> Consumer:
    found = store.consumer(rows, project, name)
    if found is None:
        raise NotFound(f"There is no consumer {name[:63]!r} in {project!r}.", "See the consumers.")
    return found


def _refuse_revoked(consumer: Consumer) -> None:
    if consumer.revoked_at is not None:
        raise Conflict(
            f"{consumer.revoked_by} revoked {consumer.name} already.", "Make another consumer."
        )


def _facts(consumer: Consumer) -> dict[str, object]:
    limits = consumer.limits
    return {
        "deployments": list(consumer.deployments),
        "requests_per_second": limits.requests_per_second,
        "burst": limits.burst,
        "rows_per_minute": limits.rows_per_minute,
    }
