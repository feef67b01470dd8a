"""What the signature of a version vouches for, and where it comes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from tests.unit.experiments.test_rules import run
from tests.unit.registry.test_rules import PACKAGING, statement, version

from octavo_server.experiments.runs.domain import DataInput
from octavo_server.registry.registration.origin import origin_of
from octavo_server.registry.versions import provenance, rules
from octavo_server.registry.versions.domain import ModelVersion

TAGS = {
    "octavo.notebook.path": "train.ipynb",
    "octavo.notebook.sha256": "5" * 64,
    "octavo.notebook.cell": "c1",
    "octavo.environment.sha256": "e" * 64,
    "octavo.environment.python": "3.11.2",
    "octavo.run": "r1",
    "octavo.features": '{"views": ["plane_delay"], "services": []}',
}


def told() -> ModelVersion:
    made = run(
        tags=TAGS,
        inputs=(DataInput(name="flights", digest="12ab", source="lake/x", context="training"),),
        params={"depth": "4"},
    )
    made = replace(made, started_at=datetime(2026, 1, 1, 5, tzinfo=UTC))
    return version(origin=origin_of(made, PACKAGING, "# late"))


def test_provenance_names_all_that_went_into_a_version() -> None:
    said = provenance.statement_predicate(told())
    built = said["buildDefinition"]
    assert built["externalParameters"]["notebook"]["cell"] == "c1"
    assert built["externalParameters"]["parameters"] == {"depth": "4"}
    assert built["externalParameters"]["pipeline_run"] == "r1"
    named = {one["name"]: one["digest"] for one in built["resolvedDependencies"]}
    assert named["data/flights"] == {"mlflow": "12ab"}
    assert named["features/snapshot"] == {"sha256": "f" * 64}
    assert named["notebook/train.ipynb"] == {"sha256": "5" * 64}
    assert named["environment/packages"] == {"sha256": "e" * 64}
    assert set(named["environment/lock"]) == {"sha256"}
    assert said["runDetails"]["builder"]["id"] == "urn:octavo:installation:k"
    assert said["runDetails"]["metadata"]["startedOn"] == "2026-01-01T05:00:00+00:00"
    assert rfc8785.dumps(said)


def test_a_run_that_tells_nothing_still_has_provenance() -> None:
    said = provenance.statement_predicate(version(origin={}, feature_snapshot=None))
    assert said["buildDefinition"]["resolvedDependencies"] == []
    assert said["buildDefinition"]["externalParameters"]["notebook"] is None


def test_what_was_signed_first_verifies_as_it_did() -> None:
    one = version()
    subject = [{"name": f.path, "digest": {"sha256": f.sha256}} for f in one.files]
    kept: dict[str, Any] = {
        "subject": subject,
        "predicateType": provenance.FIRST_PREDICATE,
        "predicate": provenance.first_predicate(one),
    }
    assert rules.statement_problems(one, kept) == ()
    kept["predicate"]["model"] = "other"
    assert rules.statement_problems(one, kept) == (
        "The signature says model is 'other', stored is 'late'.",
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"inputs": []}, "resolvedDependencies"),
        ({"parameters": {"depth": "5"}}, "externalParameters.parameters.depth is '4'"),
        ({"card_sha256": "0" * 64}, "internalParameters.card_sha256"),
        ({"notebook": None}, "externalParameters.notebook"),
    ],
)
def test_an_origin_that_was_changed_is_noticed(changed: dict[str, Any], words: str) -> None:
    other = replace(told(), origin={**told().origin, **changed})
    assert any(words in one for one in rules.statement_problems(other, statement(told())))


def test_a_signature_on_something_else_vouches_for_no_version() -> None:
    kept = {**statement(version()), "predicateType": "https://octavo.dev/other"}
    assert rules.statement_problems(version(), kept) == (
        "The signature is on a statement of kind 'https://octavo.dev/other', on no model version.",
    )


def test_a_run_that_logs_without_limit_makes_no_statement_without_limit() -> None:
    made = run(
        params={f"p{n:05}": "x" * 6_000 for n in range(3_000)},
        inputs=tuple(
            DataInput(name="d" * 900, digest=str(n), source="s" * 9_000, context=None)
            for n in range(900)
        ),
    )
    origin = origin_of(made, PACKAGING, "")
    assert len(origin["parameters"]) == 500
    assert len(origin["inputs"]) == 200
    assert len(rfc8785.dumps(origin)) < 800_000
