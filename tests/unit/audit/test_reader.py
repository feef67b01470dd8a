"""A reader verifies the trail without trusting the service that shows it."""

from __future__ import annotations

from tests.support.platform import Platform

from octavo.audit import verify_entries
from octavo.records.audit import AuditCheckpoint, AuditEntries, AuditEntry


def _read(platform: Platform) -> tuple[list[AuditEntry], AuditCheckpoint]:
    budget = {"monthly_eur": 510.5, "reason": "A round number – and “quotes”."}
    assert platform.call("admin", "PUT", "/projects/flights/budget", json=budget).status_code == 200
    checkpoint = platform.call("admin", "GET", "/audit/checkpoint").json()
    found = platform.call("admin", "GET", "/audit/entries?limit=1000").json()
    entries = AuditEntries.model_validate(found).items[::-1]
    return entries, AuditCheckpoint.model_validate(checkpoint)


def test_what_the_service_shows_verifies(platform: Platform) -> None:
    entries, checkpoint = _read(platform)
    verdict = verify_entries(entries, checkpoint, checkpoint.verifier_key)
    assert verdict.faults == ()
    assert verdict.root == checkpoint.root
    assert verdict.signed_size == verdict.entries == len(entries) > 4


def test_a_hidden_entry_is_seen(platform: Platform) -> None:
    entries, checkpoint = _read(platform)
    verdict = verify_entries([*entries[:2], *entries[3:]], checkpoint)
    assert any("missing" in one for one in verdict.faults)
    assert any("cut" in one for one in verdict.faults)


def test_a_changed_entry_is_seen(platform: Platform) -> None:
    entries, checkpoint = _read(platform)
    entries[1] = entries[1].model_copy(update={"actor": "eve"})
    assert any(
        "not those that were signed" in o for o in verify_entries(entries, checkpoint).faults
    )


def test_another_key_is_not_trusted(platform: Platform) -> None:
    entries, checkpoint = _read(platform)
    verdict = verify_entries(entries, checkpoint, "octavo+00000000+AAAA")
    assert any("can't be trusted" in one for one in verdict.faults)
