"""No entry, no change; and nobody changes the trail unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.people import ADMIN

from octavo import merkle
from octavo.signed_note import NoteVerifier
from octavo_server.adapters.checkpoint_files import CheckpointFile
from octavo_server.adapters.signed_note import NoteSigner
from octavo_server.adapters.signing import Signer
from octavo_server.audit.service import AuditService, IdempotencyClaim, current_claim
from octavo_server.database.rows import Database
from octavo_server.database.tables.audit import audit_entries
from octavo_server.database.tables.policy import policy_versions
from octavo_server.errors import Conflict, Invalid, NotFound

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Kept:
    """Checkpoint copies in memory."""

    kept: list[str] = field(default_factory=list)

    def add(self, note: str) -> None:
        """Keep one."""
        self.kept.append(note)

    def notes(self) -> list[str]:
        """Return all."""
        return self.kept


def _key(tmp_path: Path) -> Path:
    Signer.open(tmp_path / "signing.key")
    return tmp_path / "signing.key"


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def audit(database: Database, tmp_path: Path, kept: Kept) -> AuditService:
    return AuditService(database, NoteSigner(_key(tmp_path)), kept, lambda: AT)


def _do(audit: AuditService, times: int = 1) -> None:
    for number in range(times):
        with audit.change(ADMIN, "test.do", f"thing:{number}", "flights") as change:
            change.note(number=number)


def test_a_change_leaves_one_entry_with_its_place(audit: AuditService) -> None:
    _do(audit, 3)
    found = audit.entries()
    assert [one.seq for one in found] == [2, 1, 0]
    assert (found[0].actor, found[0].action, found[0].at) == ("admin", "test.do", AT)
    assert found[0].details == {"number": 2}


def test_a_failing_change_leaves_nothing(audit: AuditService, database: Database) -> None:
    with pytest.raises(KeyError), audit.change(ADMIN, "test.do", "thing:1") as change:  # noqa: PT012
        row = {"id": "x", "digest": "", "text": "", "state": "active", "author": "", "reason": ""}
        change.rows.insert(policy_versions, {**row, "created_at": AT})
        raise KeyError
    with database.read() as rows:
        assert rows.count(audit_entries) == rows.count(policy_versions) == 0


def test_what_cant_be_canonical_json_changes_nothing(audit: AuditService) -> None:
    with pytest.raises(Exception, match="nan"), audit.change(ADMIN, "test.do", "t:1") as change:
        change.note(value=float("nan"))
    assert audit.entries() == []


def test_an_untouched_trail_verifies(audit: AuditService) -> None:
    _do(audit, 5)
    audit.checkpoint()
    _do(audit, 2)
    verdict = audit.verify()
    assert (verdict.entries, verdict.checkpoints, verdict.faults) == (7, 1, ())


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lambda rows: rows.update(audit_entries, {"actor": "eve"}, ("seq", "=", 1)), "Entry 1"),
        (lambda rows: rows.delete(audit_entries, ("seq", "=", 1)), "Entry 1"),
        (lambda rows: rows.delete(audit_entries, ("seq", ">=", 2)), "was cut"),
    ],
)
def test_every_tampering_is_seen(
    audit: AuditService, database: Database, harm: Callable[[object], int], fault: str
) -> None:
    _do(audit, 4)
    audit.checkpoint()
    with database.write() as rows:
        assert harm(rows) > 0
    assert any(fault in one for one in audit.verify().faults)


def test_a_rewritten_history_is_seen_by_the_checkpoint(
    audit: AuditService, database: Database
) -> None:
    """Whoever rewrites an entry and its hash still can't rewrite the signed root."""
    _do(audit, 4)
    audit.checkpoint()
    with database.write() as rows:
        rows.delete(audit_entries, ("seq", "=", 3))
    _do(audit)
    assert any("not those that were signed" in one for one in audit.verify().faults)


def test_a_forged_checkpoint_is_seen(audit: AuditService, kept: Kept) -> None:
    _do(audit)
    note = audit.checkpoint().note
    kept.kept.append(note.replace("\n1\n", "\n2\n"))
    assert any("can't be trusted" in one for one in audit.verify().faults)


def test_a_proof_leads_to_the_root(audit: AuditService) -> None:
    _do(audit, 6)
    proof = audit.proof(3)
    assert merkle.root_from_path(proof.leaf, 3, 6, proof.path) == proof.root
    with pytest.raises(NotFound, match="no entry 6"):
        audit.proof(6)


def test_an_empty_trail_has_nothing_to_sign(audit: AuditService) -> None:
    with pytest.raises(Invalid, match="empty"):
        audit.checkpoint()


def test_a_key_is_claimed_by_one_change_only(audit: AuditService) -> None:
    token = current_claim.set(IdempotencyClaim(caller="ann", key="k", request_sha256="0" * 64))
    _do(audit)
    current_claim.set(IdempotencyClaim(caller="ann", key="k", request_sha256="0" * 64))
    with pytest.raises(Conflict, match="'k'"):
        _do(audit)
    current_claim.reset(token)
    assert len(audit.entries()) == 1


def test_the_verifier_key_checks_a_note_elsewhere(audit: AuditService) -> None:
    _do(audit)
    verifier = NoteVerifier.parse(audit.verifier_key)
    assert verifier.verify(audit.checkpoint().note).startswith("octavo/audit\n1\n")
    with pytest.raises(ValueError, match="hash"):
        NoteVerifier.parse(
            audit.verifier_key.replace("+", "+0", 1).replace("+0", "+", 1)[:7]
            + "00000000"
            + audit.verifier_key[15:]
        )


def test_checkpoints_stay_in_a_private_file(tmp_path: Path) -> None:
    copies = CheckpointFile(tmp_path / "checkpoints.jsonl")
    assert copies.notes() == []
    copies.add("one\n")
    copies.add("two\n")
    assert copies.notes() == ["one\n", "two\n"]
    assert (tmp_path / "checkpoints.jsonl").stat().st_mode & 0o777 == 0o600
