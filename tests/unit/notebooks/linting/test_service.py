"""A project's lint rules decide what blocks, and change under four eyes alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.notebooks import notebook
from tests.support.people import ADMIN, REVIEWER, SCIENTIST
from tests.support.runs import PROJECT, Clock, FakeInstalled, in_project
from tests.support.services import open_audit

from octavo.records.linting import ForbiddenLibrary, LintSettings, RuleWeights, Weight
from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from octavo_server.identity import Caller
from octavo_server.notebooks.document import parse
from octavo_server.notebooks.linting.service import LintService
from octavo_server.policy.service import PolicyService

BLOCK = RuleWeights(dev=Weight.BLOCK, test=Weight.BLOCK, prod=Weight.BLOCK)
OFF = RuleWeights(dev=Weight.OFF, test=Weight.OFF, prod=Weight.OFF)
STRICT = LintSettings(
    weights={"wall-clock": BLOCK},
    forbidden_libraries=[ForbiddenLibrary(name="pickle", reason="It runs code.", instead="json")],
)
CLOCK = notebook("import time\ntime.time()")


@pytest.fixture
def linting(database: Database, tmp_path: Path) -> LintService:
    audit = open_audit(database, tmp_path, Clock())
    policy = PolicyService(database, audit, CedarEngine())
    policy.install_default(default_policies())
    return LintService(database, audit, policy, FakeInstalled())


def review(linting: LintService, who: Caller, identifier: str, digest: str, **more: Any) -> Any:
    wanted = {"approve": True, "reason": "It is right.", **more}
    return linting.review(in_project(who), PROJECT, identifier, digest=digest, **wanted)


def approved(linting: LintService, settings: LintSettings) -> None:
    made = linting.propose(in_project(SCIENTIST), PROJECT, settings, "We want it so.")
    review(linting, REVIEWER, made.id, made.digest)


def test_defaults_hold_until_another_person_approved_other_rules(linting: LintService) -> None:
    before = linting.in_force(PROJECT)
    assert (before.settings, before.approved_by) == (LintSettings(), None)
    made = linting.propose(in_project(SCIENTIST), PROJECT, STRICT, "Results must not depend on it.")
    assert (made.state, made.loosens) == ("proposed", [])
    assert linting.in_force(PROJECT) == before
    assert review(linting, REVIEWER, made.id, made.digest).state == "active"
    now = linting.in_force(PROJECT)
    assert (now.digest, now.approved_by) == (made.digest, "reviewer")
    assert next(one.weights for one in now.rules if one.rule == "wall-clock") == BLOCK


def test_rules_decide_what_blocks_where(linting: LintService) -> None:
    report = linting.look(PROJECT, parse(CLOCK))
    assert (report.errors, report.warnings) == (0, 1)
    approved(linting, STRICT)
    report = linting.look(PROJECT, parse(CLOCK), "dev")
    assert (report.errors, report.blocking) == (1, {"dev": 1, "test": 1, "prod": 1})
    assert report.findings[0].blocks == ["dev", "test", "prod"]
    assert report.rules_digest == linting.in_force(PROJECT).digest
    forbidden = linting.look(PROJECT, parse(notebook("from pickle import loads\nloads(b'')")))
    assert [(one.rule, one.message, one.fix) for one in forbidden.findings] == [
        (
            "forbidden-library",
            "This project doesn't allow `pickle`: It runs code.",
            "Use json instead.",
        )
    ]


def test_a_rule_that_is_off_says_nothing(linting: LintService) -> None:
    approved(linting, LintSettings(weights={"wall-clock": OFF}))
    assert linting.look(PROJECT, parse(CLOCK)).findings == []


def test_what_a_change_loosens_is_said(linting: LintService) -> None:
    approved(linting, STRICT)
    loose = LintSettings(weights={"wall-clock": OFF}, largest_output_kib=2048)
    made = linting.propose(in_project(SCIENTIST), PROJECT, loose, "It was too strict.")
    assert made.loosens == [
        "wall-clock does off in dev, it did block.",
        "wall-clock does off in test, it did block.",
        "wall-clock does off in prod, it did block.",
        "pickle is no longer forbidden.",
        "A saved output may have 2048 KiB, it was 1024.",
    ]


def test_nobody_reviews_their_own_change_and_each_counts_once(linting: LintService) -> None:
    made = linting.propose(in_project(ADMIN), PROJECT, STRICT, "We want it so.")
    with pytest.raises(Forbidden, match="You proposed this change of the lint rules"):
        review(linting, ADMIN, made.id, made.digest)
    with pytest.raises(Conflict, match="is not what is under review"):
        review(linting, REVIEWER, made.id, "0" * 64)
    review(linting, REVIEWER, made.id, made.digest, approve=False)
    with pytest.raises(IllegalMove, match="is rejected; it can't become active"):
        review(linting, REVIEWER, made.id, made.digest)
    with pytest.raises(NotFound, match="There is no change 'none'"):
        review(linting, REVIEWER, "none", made.digest)
    assert [one.state for one in linting.changes(PROJECT).items] == ["rejected"]


def test_the_rules_of_one_project_are_not_those_of_another(linting: LintService) -> None:
    approved(linting, STRICT)
    assert linting.in_force("another").settings == LintSettings()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (LintSettings(weights={"no-rule": OFF}), "there is no rule 'no-rule'"),
        (LintSettings(weights={"secret": OFF}), "settings.weights.secret: no project can change"),
        (
            LintSettings(
                forbidden_libraries=[
                    ForbiddenLibrary(name=name, reason="It is old.") for name in ("a_b", "A-b")
                ]
            ),
            "settings.forbidden_libraries: 'a-b' is named twice",
        ),
    ],
)
def test_wrong_rules_are_refused(linting: LintService, settings: LintSettings, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        linting.propose(in_project(SCIENTIST), PROJECT, settings, "We want it so.")
    assert says in refused.value.message


def test_rules_that_say_nothing_new_are_refused(linting: LintService) -> None:
    with pytest.raises(Conflict, match="in force already"):
        linting.propose(in_project(SCIENTIST), PROJECT, LintSettings(), "We want it so.")
