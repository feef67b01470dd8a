"""Rows of proof <-> records."""

from __future__ import annotations

from datetime import datetime

from octavo_server.database.rows import Rows, Where
from octavo_server.database.tables.proof import (
    bills_of_materials,
    environment_bills,
    key_revocations,
    model_attestations,
)
from octavo_server.registry.proof.domain import Attestation, Bill, BillKind, Revocation


def revocations(rows: Rows) -> dict[str, Revocation]:
    """Key -> why it is trusted no more."""
    return {
        row["key_id"]: Revocation(
            key_id=row["key_id"], at=row["revoked_at"], by=row["revoked_by"], reason=row["reason"]
        )
        for row in rows.find(key_revocations)
    }


def revoke(rows: Rows, revocation: Revocation) -> None:
    """Keep a revocation. Raises RowExists for a key that was revoked before."""
    rows.insert(
        key_revocations,
        {
            "key_id": revocation.key_id,
            "revoked_at": revocation.at,
            "revoked_by": revocation.by,
            "reason": revocation.reason,
        },
    )


def bill(rows: Rows, digest: str) -> Bill | None:
    """A bill by the digest of its document."""
    row = rows.get(bills_of_materials, digest=digest)
    if row is None:
        return None
    return Bill(digest=digest, document=row["document"], components=row["components"])


def environment_bill(rows: Rows, environment: str) -> Bill | None:
    """The bill of an environment by the environment's digest."""
    row = rows.get(environment_bills, environment=environment)
    return bill(rows, row["digest"]) if row else None


def keep_bill(rows: Rows, made: Bill, at: datetime, environment: str | None = None) -> None:
    """Keep a bill once; with the environment that it is the bill of, if it is one's."""
    if rows.get(bills_of_materials, digest=made.digest) is None:
        rows.insert(
            bills_of_materials,
            {
                "digest": made.digest,
                "document": made.document,
                "components": made.components,
                "made_at": at,
            },
        )
    if environment and rows.get(environment_bills, environment=environment) is None:
        rows.insert(environment_bills, {"environment": environment, "digest": made.digest})


def attestations(rows: Rows, project: str, name: str, version: int) -> dict[BillKind, Attestation]:
    """The signed bills of a version, by kind."""
    where = _place(project, name, version)
    found = {}
    for row in rows.find(model_attestations, *where):
        listed = rows.get(bills_of_materials, digest=row["digest"])
        found[BillKind(row["kind"])] = Attestation(
            kind=BillKind(row["kind"]),
            digest=row["digest"],
            envelope=row["envelope"],
            made_at=row["made_at"],
            components=listed["components"] if listed else 0,
        )
    return found


def attest(rows: Rows, project: str, name: str, version: int, made: Attestation) -> None:
    """Keep a signed bill of a version; one that was signed before is replaced."""
    where: tuple[Where, ...] = (*_place(project, name, version), ("kind", "=", made.kind.value))
    kept = {"digest": made.digest, "envelope": dict(made.envelope), "made_at": made.made_at}
    if not rows.update(model_attestations, kept, *where):
        place = {"project": project, "name": name, "version": version, "kind": made.kind.value}
        rows.insert(model_attestations, {**place, **kept})


def forget_attestations(rows: Rows, project: str, name: str, version: int) -> None:
    """Forget the signed bills of a version: they are made and signed again."""
    where = _place(project, name, version)
    rows.delete(model_attestations, *where)


def attested(rows: Rows) -> set[tuple[str, str, int]]:
    """The versions with both bills signed."""
    found: dict[tuple[str, str, int], int] = {}
    for row in rows.find(model_attestations):
        key = (row["project"], row["name"], row["version"])
        found[key] = found.get(key, 0) + 1
    return {key for key, count in found.items() if count == len(BillKind)}


def _place(project: str, name: str, version: int) -> tuple[Where, ...]:
    return (("project", "=", project), ("name", "=", name), ("version", "=", version))
