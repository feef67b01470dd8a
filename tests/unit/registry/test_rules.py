"""Names, manifests, checklists and four eyes of the registry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.experiments.test_rules import run

from octavo.records.registry import RegisterRequest
from octavo_server.errors import Forbidden, Invalid
from octavo_server.experiments.runs.domain import DataInput
from octavo_server.registry.registration import card
from octavo_server.registry.registration import rules as registration_rules
from octavo_server.registry.registration.rules import Wanted
from octavo_server.registry.versions import provenance
from octavo_server.registry.versions import rules as versions_rules
from octavo_server.registry.versions.domain import (
    ArtifactFile,
    Finding,
    ItemState,
    ModelVersion,
    Packaging,
    Scan,
    Severity,
    Trial,
    TrialOutcome,
)

AT = datetime(2026, 1, 2, tzinfo=UTC)
FILES = (
    ArtifactFile(path="MLmodel", size=3, sha256="a" * 64),
    ArtifactFile(path="data/model.pkl", size=5, sha256="b" * 64),
)
CLEAN = Scan(scanned=2, findings=())
PASSED = Trial(outcome=TrialOutcome.PASSED, seconds=1.0, detail="3 rows in, 3 out", isolated=True)
PACKAGING = Packaging(
    flavors=("sklearn",),
    signature={"inputs": [{"name": "delay"}], "outputs": [{"type": "long"}], "params": None},
    has_example=True,
    requirements=("scikit-learn==1.9", "# why", "", "-r more.txt"),
)


def version(number: int = 1, **more: Any) -> ModelVersion:
    given: dict[str, Any] = {
        "project": "flights",
        "name": "late",
        "version": number,
        "run_id": "1" * 32,
        "model_id": f"m-{number:032}",
        "location": f"mlflow-artifacts:/1/models/m-{number}/artifacts",
        "digest": versions_rules.manifest_digest(FILES),
        "key_id": "k",
        "files": FILES,
        "packaging": PACKAGING,
        "scan_report": CLEAN,
        "trial": PASSED,
        "checklist": (),
        "card": "# late",
        "metrics": {"auc": 0.7, "broken": None},
        "feature_snapshot": "f" * 64,
        "envelope": {"payload": "x"},
        "created_by": "ada",
        "created_at": AT,
    }
    return ModelVersion(**{**given, **more})


@pytest.mark.parametrize("name", ["late", "a", "flights-late-2", "a" * 63])
def test_names_of_models(name: str) -> None:
    versions_rules.check_name(name)


@pytest.mark.parametrize(
    "name", ["", "Late", "2late", "-late", "a_b", "a.b", "a/b", "a" * 64, "a\n", "ä", "a b"]
)
def test_names_that_no_model_has(name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        versions_rules.check_name(name)


@pytest.mark.parametrize("alias", ["latest", "v1", "v12", "", "Champion", "a" * 32, "a\n", "1a"])
def test_names_that_no_alias_has(alias: str) -> None:
    with pytest.raises(Invalid, match="alias"):
        versions_rules.check_alias(alias)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_suggested_name_is_a_name(run_name: str, experiment: str) -> None:
    versions_rules.check_name(registration_rules.suggested_name(run_name, experiment))


def test_a_manifest_does_not_depend_on_the_order_of_files() -> None:
    assert versions_rules.manifest_digest(FILES) == versions_rules.manifest_digest(FILES[::-1])


@pytest.mark.parametrize(
    "changed",
    [
        replace(FILES[0], sha256="c" * 64),
        replace(FILES[0], size=4),
        replace(FILES[0], path="MLmodel2"),
    ],
)
def test_a_manifest_depends_on_everything_else(changed: ArtifactFile) -> None:
    assert versions_rules.manifest_digest((changed, FILES[1])) != versions_rules.manifest_digest(
        FILES
    )


def test_differences_name_each_file() -> None:
    found = (replace(FILES[0], sha256="c" * 64), ArtifactFile(path="x.py", size=1, sha256="d" * 64))
    assert versions_rules.differences(FILES, found) == (
        "data/model.pkl is missing.",
        "x.py was added.",
        "MLmodel was changed: aaaaaaaaaaaa was signed, cccccccccccc is stored.",
    )
    assert versions_rules.differences(FILES, FILES[::-1]) == ()


@pytest.mark.parametrize(
    ("line", "loose"),
    [
        ("numpy==2.0", False),
        ("numpy>=2.0", True),
        ("numpy", True),
        ("# note", False),
        ("", False),
        ("--extra x", False),
        ("pkg @ file:///x", False),
    ],
)
def test_what_is_pinned(line: str, loose: bool) -> None:
    assert bool(registration_rules.unpinned([line])) is loose


def facts() -> dict[str, Any]:
    return {
        "feature_snapshot": "f" * 64,
        "inputs": [{"name": "flights", "digest": "12ab"}],
        "metrics": ["auc"],
        "notebook": "train.ipynb",
        "owner": "ada",
        "key": "octavo-1",
        "views": ("weather",),
    }


def test_a_complete_model_has_nothing_open() -> None:
    found = registration_rules.found_of(facts(), PACKAGING, "# card", CLEAN, PASSED)
    assert registration_rules.missing(found) == []
    items = registration_rules.checklist(found, Wanted(), {})
    assert {item.state for item in items} == {ItemState.DONE}
    assert [item.key for item in items] == list(registration_rules.ITEMS)


def test_a_checklist_says_what_was_found_in_few_words() -> None:
    facts = {"key": "a2163c7bac706ae9" * 4}
    found = registration_rules.found_of(facts, PACKAGING, "Late.")
    assert found["signature"] == "1 input, 1 output"
    assert found["signing_key"] == "a2163c7bac70"


def test_an_empty_model_has_everything_open() -> None:
    found = registration_rules.found_of({"inputs": [], "metrics": []}, Packaging(), " ")
    assert registration_rules.missing(found) == sorted(registration_rules.ITEMS)
    wanted = Wanted(
        to_register=frozenset({"signature"}),
        by_environment={"dev": frozenset(), "prod": frozenset({"card", "scan"})},
    )
    items = registration_rules.checklist(found, wanted, {"scan": "found something"})
    states = {item.key: item.state for item in items}
    assert states["signature"] is ItemState.REQUIRED
    assert states["card"] is ItemState.TODO
    assert {item.key: item.required_in for item in items if item.required_in} == {
        "card": ("prod",),
        "scan": ("prod",),
    }
    assert wanted.usable(["scan"]) == {"dev": True, "prod": True}
    assert wanted.usable(["card"]) == {"dev": True, "prod": False}
    assert next(item.detail for item in items if item.key == "scan") == "found something"


def test_an_alarm_keeps_the_scan_open() -> None:
    bad = Finding(path="m.pkl", severity=Severity.SUSPICIOUS, what="imports x")
    found = registration_rules.found_of(
        facts(), PACKAGING, "c", Scan(scanned=1, findings=(bad,)), PASSED
    )
    assert "scan" not in found


@pytest.mark.parametrize(
    ("severities", "outcome", "alarms"),
    [
        ([], "clean", 0),
        ([Severity.NOTE], "notes", 0),
        ([Severity.NOTE, Severity.SUSPICIOUS], "suspicious", 1),
        ([Severity.SUSPICIOUS, Severity.DANGEROUS, Severity.NOTE], "dangerous", 2),
    ],
)
def test_a_scan_is_as_bad_as_its_worst_finding(
    severities: list[Severity], outcome: str, alarms: int
) -> None:
    findings = tuple(Finding(path="x", severity=one, what="y") for one in severities)
    scan = Scan(scanned=1, findings=findings)
    assert (scan.outcome, scan.alarms) == (outcome, alarms)


@pytest.mark.parametrize(
    ("alias", "who", "roles", "allowed"),
    [
        ("champion", "rob", {"reviewer"}, True),
        ("champion", "root", {"admin"}, True),
        ("champion", "service:worker", {"service"}, True),
        ("champion", "sue", {"scientist"}, False),
        ("champion", "ada", {"reviewer"}, False),
        ("champion", "ada", {"admin", "scientist"}, False),
        ("challenger", "ada", {"scientist"}, True),
    ],
)
def test_four_eyes_on_what_production_loads(
    alias: str, who: str, roles: set[str], allowed: bool
) -> None:
    if allowed:
        versions_rules.check_alias_mover(alias, version(), who, frozenset(roles))
    else:
        with pytest.raises(Forbidden):
            versions_rules.check_alias_mover(alias, version(), who, frozenset(roles))


def statement(one: ModelVersion) -> dict[str, Any]:
    subject = [{"name": f.path, "digest": {"sha256": f.sha256}} for f in one.files]
    return {
        "subject": subject,
        "predicateType": provenance.PREDICATE,
        "predicate": provenance.statement_predicate(one),
    }


def test_a_statement_is_about_one_version() -> None:
    assert versions_rules.statement_problems(version(), statement(version())) == ()


@pytest.mark.parametrize(
    "other",
    [
        version(2),
        version(name="other"),
        version(project="weather"),
        version(created_by="eve"),
        version(digest="0" * 64),
        version(files=FILES[:1]),
        version(feature_snapshot=None),
        version(trial=replace(PASSED, outcome=TrialOutcome.FAILED)),
    ],
)
def test_a_statement_about_another_version_is_noticed(other: ModelVersion) -> None:
    assert versions_rules.statement_problems(other, statement(version()))


def test_a_card_shows_results_and_asks_what_is_unknown() -> None:
    text = card.draft("late", run(metrics={"auc": 0.71234567, "bad": None}), PACKAGING)
    assert "| auc | 0.712346 |" in text
    assert "bad" not in text
    assert "`delay`" in text
    assert "Which data" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n", ""),
        ("It ranks late flights.", "4 words"),
        (f"Late. {card.LIMITS}", "14 words, 1 question of the draft unanswered"),
        (f"{card.PURPOSE} {card.LIMITS}", "25 words, 2 questions of the draft unanswered"),
    ],
)
def test_a_card_tells_which_questions_nobody_answered(text: str, said: str) -> None:
    assert card.words(text) == said


def test_a_card_cannot_be_broken_by_a_name() -> None:
    text = card.draft("late", run(metrics={"a|b\n| x": 1.0}), Packaging())
    assert "| a\\|b \\| x | 1 |" in text


def test_the_draft_of_a_card_is_one_that_can_be_registered() -> None:
    long = "y" * 490
    names = [f"loss/{n:05}/{'x' * 80}" for n in range(5_066)]
    inputs = [
        DataInput(name=f"d{n}{long}", digest="0" * 64, source="", context=None) for n in range(300)
    ]
    columns = [{"name": f"column {n:04} " + "z" * 80} for n in range(900)]
    packaging = replace(PACKAGING, signature={"inputs": columns, "outputs": [{"type": "long"}]})
    made_by = replace(run(metrics=dict.fromkeys(names, 0.5), inputs=tuple(inputs)), name="n" * 500)
    made = card.draft("late", replace(made_by, owner="o" * 500, experiment="e" * 500), packaging)
    assert RegisterRequest(run_id="1" * 32, card=made).card == made
    assert names[0] in made
    assert "more metrics are left out here; the run has all." in made
    assert "more data sets are left out here; the run has all." in made
    assert "more, which the model's signature has" in made
    rows = made.count("| loss/")
    assert f"{5_066 - rows:,} more metrics" in made
