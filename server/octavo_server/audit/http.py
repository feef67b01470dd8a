"""Routes of the audit trail."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.audit import (
    AuditCheckpoint,
    AuditEntries,
    AuditEntry,
    AuditProof,
    AuditVerdict,
)
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Where
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

Filter = Annotated[str | None, Query(max_length=500)]


def routes(audit: AuditService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("audit")

    @router.get("/audit/entries")
    def audit_entries(
        actor: Filter = None,
        action: Filter = None,
        project: Filter = None,
        subject: Filter = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        cursor: Annotated[int | None, Query(ge=0)] = None,
        caller: Caller = guard.needs("audit.read"),
    ) -> AuditEntries:
        """Read the trail, newest first; action and subject match parts of the text."""
        exact: list[Where] = [("actor", "=", actor), ("project", "=", project)]
        parts: list[Where] = [("action", "contains", action), ("subject", "contains", subject)]
        where = [one for one in [*exact, *parts] if one[2] is not None]
        found = audit.entries(*where, limit=limit, before=cursor)
        more = str(found[-1].seq) if len(found) == limit and found[-1].seq else None
        items = [AuditEntry.model_validate(one) for one in found]
        return AuditEntries(items=items, next_cursor=more)

    _proofs(router, audit, guard)
    return router


def _proofs(router: APIRouter, audit: AuditService, guard: Guard) -> None:
    @router.get("/audit/entries/{seq}/proof")
    def audit_proof(seq: int, caller: Caller = guard.needs("audit.read")) -> AuditProof:
        """Prove that an entry is in the trail."""
        proof = audit.proof(seq)
        return AuditProof(
            seq=proof.seq,
            size=proof.size,
            leaf=proof.leaf.hex(),
            path=[one.hex() for one in proof.path],
            root=proof.root.hex(),
        )

    @router.get("/audit/checkpoint")
    def audit_checkpoint(caller: Caller = guard.needs("audit.read")) -> AuditCheckpoint:
        """Sign the trail as it is now."""
        made = audit.checkpoint()
        return AuditCheckpoint(
            size=made.size,
            root=made.root.hex(),
            at=made.at,
            note=made.note,
            verifier_key=audit.verifier_key,
        )

    @router.get("/audit/verify")
    def audit_verify(caller: Caller = guard.needs("audit.read")) -> AuditVerdict:
        """Check every entry and every checkpoint."""
        found = audit.verify()
        return AuditVerdict(
            entries=found.entries,
            checkpoints=found.checkpoints,
            root=found.root.hex(),
            faults=list(found.faults),
        )
