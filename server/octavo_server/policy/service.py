"""Decides at every gate, and keeps the policies' versions under four eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound, PolicyRefused
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.policy import rules, store
from octavo_server.policy.domain import Decision, PolicyState, PolicyVersion
from octavo_server.policy.ports import PolicyEngine

__all__ = ["Decision", "PolicyService"]


class PolicyService:
    """Facts in, a decision with reasons out."""

    def __init__(self, database: Database, audit: AuditService, engine: PolicyEngine) -> None:
        self._database = database
        self._audit = audit
        self._engine = engine

    def decide(
        self, action: str, caller: Caller, *, project: str, facts: Mapping[str, Any]
    ) -> Decision:
        """Return the decision at gate ``action``; fails closed where no policies are in force."""
        with self._database.read() as rows:
            version = store.active(rows)
        if version is None:
            reasons = ("No policies are in force on this installation.",)
            return Decision(action=action, allowed=False, reasons=reasons, policy_digest="")
        verdict = self._engine.decide(
            version.text, action, caller.name, caller.groups, project, facts
        )
        return Decision(
            action=action,
            allowed=verdict.allowed,
            reasons=verdict.reasons,
            policy_digest=version.digest,
        )

    def require(
        self,
        change: Change | None,
        action: str,
        caller: Caller,
        *,
        project: str,
        facts: Mapping[str, Any],
    ) -> Decision:
        """Return the decision, noted on ``change``'s entry. Raises PolicyRefused on a deny."""
        decision = self.decide(action, caller, project=project, facts=facts)
        if not decision.allowed:
            raise PolicyRefused(
                " ".join(decision.reasons),
                "Change what the reasons name, or ask an admin about the policy.",
            )
        if change is not None:
            change.note(
                policy={"action": action, "digest": decision.policy_digest, "facts": dict(facts)}
            )
        return decision

    def active(self) -> PolicyVersion:
        """Return the policies in force. Raises NotFound before the first ones are."""
        with self._database.read() as rows:
            version = store.active(rows)
        if version is None:
            raise NotFound("No policies are in force yet.", "Run `octavo up` to install them.")
        return version

    def versions(self, limit: int = 50) -> list[PolicyVersion]:
        """Return the newest versions first."""
        with self._database.read() as rows:
            return store.newest(rows, limit)

    def install_default(self, text: str) -> PolicyVersion:
        """Put the shipped policies in force where there are none, and return what is in force."""
        with self._database.read() as rows:
            present = store.active(rows)
        if present is not None:
            return present
        self._check_text(text)
        caller = service_caller("install")
        with self._audit.change(caller, "policy.install", "policy:default") as change:
            version = PolicyVersion(
                id=new_id(),
                digest=rules.digest_of(text),
                text=text,
                state=PolicyState.ACTIVE,
                author=caller.name,
                reason="The policies that Octavo ships.",
                created_at=change.at,
            )
            store.add(change.rows, version)
            change.note(digest=version.digest)
        return version

    def propose(self, caller: Caller, text: str, reason: str) -> PolicyVersion:
        """Offer new policies for review. Raises Invalid when they don't validate."""
        self._check_text(text)
        with self._audit.change(caller, "policy.propose", "policy:new") as change:
            version = PolicyVersion(
                id=new_id(),
                digest=rules.digest_of(text),
                text=text,
                state=PolicyState.PROPOSED,
                author=caller.name,
                reason=reason,
                created_at=change.at,
            )
            change.subject = f"policy:{version.id}"
            store.add(change.rows, version)
            change.note(digest=version.digest, reason=reason)
        return version

    def review(
        self, caller: Caller, version_id: str, *, approve: bool, reason: str, digest: str
    ) -> PolicyVersion:
        """Put a proposed version in force or reject it; never by its author."""
        with self._audit.change(caller, "policy.review", f"policy:{version_id}") as change:
            version = store.get(change.rows, version_id)
            if version is None:
                raise NotFound(f"There is no policy change {version_id[:64]!r}.")
            rules.check_four_eyes(version, caller.name)
            to = PolicyState.ACTIVE if approve else PolicyState.REJECTED
            rules.check_move(version, to)
            if digest != version.digest:
                raise Invalid(
                    f"digest: the change under review has {version.digest}, got {digest[:64]!r}.",
                    "Reload the change and review what it says now.",
                )
            self._policy_gate(change, caller, version)
            decided = replace(
                version, state=to, reviewer=caller.name, review_reason=reason, reviewed_at=change.at
            )
            if approve:
                self._retire_active(change)
            store.save(change.rows, decided)
            change.note(decision=to.value, reason=reason, digest=digest)
        return decided

    def _policy_gate(self, change: Change, caller: Caller, version: PolicyVersion) -> None:
        own = version.author == caller.name
        self.require(change, "ChangePolicy", caller, project="*", facts={"own": own})

    def _retire_active(self, change: Change) -> None:
        present = store.active(change.rows)
        if present is not None:
            rules.check_move(present, PolicyState.RETIRED)
            store.save(change.rows, replace(present, state=PolicyState.RETIRED))

    def _check_text(self, text: str) -> None:
        faults = self._engine.faults(text)
        if faults:
            raise Invalid(
                f"text: the policies don't validate: {faults[0]}",
                "Correct the policy.",
            )
