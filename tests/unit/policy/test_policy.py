"""Gates open by facts alone, and policies change only under four eyes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.people import ADMIN, REVIEWER, SCIENTIST
from tests.support.services import open_audit

from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.database.rows import Database
from octavo_server.errors import Forbidden, IllegalMove, Invalid, NotFound, PolicyRefused
from octavo_server.policy.domain import PolicyState, PolicyVersion
from octavo_server.policy.service import PolicyService

GOOD: dict[str, dict[str, Any]] = {
    "SpawnWorkspace": {
        "profile": "cpu-small",
        "audience": True,
        "available": True,
        "budget_left_cents": 100,
        "price_cents_per_hour": 12,
    },
    "ApproveNotebook": {"own": False, "blocking_findings": 0, "verdict": "identical"},
    "ApproveDeployment": {
        "own": False,
        "environment": "prod",
        "signed": True,
        "scan_findings": 0,
        "evidence": "complete",
    },
    "RunRelease": {"verified": True, "environment": "prod", "budget_left_cents": 1},
    "HandOff": {
        "environment": "dev",
        "audience": True,
        "profile_for_pipelines": True,
        "gpus": 0,
        "budget_left_cents": 1,
    },
    "RegisterModel": {"missing": [], "scan_findings": 0},
    "ApplyFeatures": {
        "own": False,
        "leaks": 0,
        "views_removed": 0,
        "breaks": 0,
        "transformations_changed": 0,
    },
}
REFUSED = [
    ("SpawnWorkspace", {"audience": False}, "any group you are in"),
    ("SpawnWorkspace", {"available": False}, "does not have what"),
    ("SpawnWorkspace", {"budget_left_cents": 11}, "budget"),
    ("ApproveNotebook", {"own": True}, "Nobody approves their own work"),
    ("ApproveNotebook", {"verdict": "different"}, "same outputs"),
    ("ApproveNotebook", {"blocking_findings": 1}, "block production"),
    ("ApproveDeployment", {"own": True}, "Nobody approves their own work"),
    ("ApproveDeployment", {"signed": False}, "signed"),
    ("ApproveDeployment", {"scan_findings": 2}, "scan"),
    ("ApproveDeployment", {"evidence": "gathering"}, "still to be replayed"),
    ("ApproveDeployment", {"evidence": "failed"}, "isn't complete"),
    ("RunRelease", {"verified": False}, "do not verify"),
    ("HandOff", {"gpus": 1}, "to a profile without a GPU"),
    ("HandOff", {"environment": "prod"}, "runs in dev alone"),
    ("HandOff", {"audience": False}, "not offered to any group"),
    ("HandOff", {"profile_for_pipelines": False}, "may not be used by pipelines"),
    ("HandOff", {"budget_left_cents": 0}, "budget is used up"),
    ("RegisterModel", {"missing": ["signature"]}, "signature"),
    ("ApplyFeatures", {"leaks": 1}, "not known yet"),
    ("ApplyFeatures", {"own": True}, "own work"),
]


@pytest.fixture
def policy(database: Database, tmp_path: Path) -> PolicyService:
    return PolicyService(database, open_audit(database, tmp_path), CedarEngine())


@pytest.mark.parametrize("gate", GOOD)
def test_good_facts_open_every_gate(gate: str) -> None:
    groups = frozenset({"scientists"})
    verdict = CedarEngine().decide(default_policies(), gate, "a", groups, "flights", GOOD[gate])
    assert verdict.allowed, verdict.reasons


@pytest.mark.parametrize(("gate", "change", "reason"), REFUSED)
def test_each_bad_fact_closes_its_gate_with_its_reason(
    gate: str, change: dict[str, Any], reason: str
) -> None:
    facts = {**GOOD[gate], **change}
    verdict = CedarEngine().decide(default_policies(), gate, "a", frozenset(), "flights", facts)
    assert not verdict.allowed
    assert reason in " ".join(verdict.reasons)


@pytest.mark.parametrize("facts", [{}, {"leaks": "none", "views_removed": 0}, {"leaks": 0}])
def test_missing_or_mistyped_facts_fail_closed(facts: dict[str, Any]) -> None:
    verdict = CedarEngine().decide(
        default_policies(), "ApplyFeatures", "a", frozenset(), "flights", facts
    )
    assert not verdict.allowed


def test_an_unknown_gate_fails_closed() -> None:
    engine = CedarEngine()
    assert not engine.decide(default_policies(), "Nope", "a", frozenset(), "f", {}).allowed


def test_without_policies_every_gate_is_closed(policy: PolicyService) -> None:
    with pytest.raises(PolicyRefused, match="No policies are in force"):
        policy.require(None, "ApplyFeatures", ADMIN, project="f", facts=GOOD["ApplyFeatures"])
    with pytest.raises(NotFound):
        policy.active()


def test_the_shipped_policies_are_installed_once(policy: PolicyService) -> None:
    first = policy.install_default(default_policies())
    assert policy.install_default(default_policies()) == first == policy.active()


def _proposed(policy: PolicyService) -> PolicyVersion:
    policy.install_default(default_policies())
    return policy.propose(ADMIN, default_policies() + "\n// stricter\n", "We want it stricter.")


def test_a_change_takes_another_person(policy: PolicyService) -> None:
    change = _proposed(policy)
    with pytest.raises(Forbidden, match="You proposed"):
        policy.review(ADMIN, change.id, approve=True, reason="fine", digest=change.digest)
    done = policy.review(REVIEWER, change.id, approve=True, reason="fine", digest=change.digest)
    assert done.state is PolicyState.ACTIVE
    assert policy.active() == done
    assert [one.state for one in policy.versions()].count(PolicyState.ACTIVE) == 1


def test_a_rejected_change_stays_rejected(policy: PolicyService) -> None:
    change = _proposed(policy)
    policy.review(REVIEWER, change.id, approve=False, reason="too strict", digest=change.digest)
    with pytest.raises(IllegalMove, match="rejected"):
        policy.review(REVIEWER, change.id, approve=True, reason="now", digest=change.digest)


def test_what_was_not_seen_cant_be_approved(policy: PolicyService) -> None:
    change = _proposed(policy)
    with pytest.raises(Invalid, match="digest"):
        policy.review(REVIEWER, change.id, approve=True, reason="fine", digest="0" * 64)
    with pytest.raises(NotFound):
        policy.review(REVIEWER, "nope", approve=True, reason="fine", digest="0" * 64)


@pytest.mark.parametrize(
    "text", ["permit(", "permit (principal, action, resource) when { context.x };"]
)
def test_policies_that_dont_validate_are_refused(policy: PolicyService, text: str) -> None:
    with pytest.raises(Invalid, match="text: the policies don't validate"):
        policy.propose(SCIENTIST, text, "Because.")
