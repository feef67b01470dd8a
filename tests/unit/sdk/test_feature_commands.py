"""`octavo features` against the platform's own records: plan, apply, status, show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner, Result
from tests.support.features import declaration

from octavo.cli import features as commands
from octavo.client import Client, ClientError
from octavo.records.feature_changes import FeaturePlan

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC).isoformat()
SHA = "a" * 64
PLAN: dict[str, Any] = {
    "base_snapshot": SHA,
    "digest": "d" * 64,
    "same": False,
    "differences": [
        {
            "kind": "view",
            "name": "carrier_delay",
            "what": "changed",
            "breaks": True,
            "fields": [
                {"field": "column mean", "before": "Float64", "after": None, "breaks": True},
                {"field": "owner", "before": "ann", "after": "bob", "breaks": False},
            ],
        }
    ],
    "impact": [
        {"kind": "model", "name": "late version 3", "person": "ann", "breaks": True, "why": "x."}
    ],
    "cost": {"rows": 30, "views": ["carrier_delay"], "seconds": 5, "eur": 0.01, "basis": "b."},
    "leaks": ["row 3 is too early"],
    "findings": [{"severity": "warning", "where": "view carrier_delay", "message": "look."}],
    "policy": {"allowed": False, "reasons": ["A feature uses what was not known yet."]},
}
CHANGE: dict[str, Any] = {
    "id": "c1",
    "project": "flights",
    "state": "planned",
    "author": "ann",
    "reason": "Because.",
    "created_at": NOW,
    "base_snapshot": SHA,
    "digest": "d" * 64,
    "added": 0,
    "changed": 1,
    "removed": 0,
    "breaks": 1,
    "stale": False,
    "reviewer": None,
    "review_reason": None,
    "reviewed_at": None,
    "progress": None,
    "cancel_asked": False,
    "snapshot": None,
    "message": "",
    "ended_at": None,
    "why_not_review": "",
}


class FakePlatform:
    """Answers what the commands ask; `asked` is what they sent."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.plan = dict(PLAN)
        self.changes = [dict(CHANGE, state="applied", id="c0", digest="e" * 64)]
        self.states = ["applying", "applied"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def post(self, path: str, body: Any) -> Mapping[str, Any]:
        self.asked.append((path, body.model_dump(mode="json")))
        return self.plan if path.endswith("/plan") else CHANGE

    def pages(self, path: str, **query: Any) -> list[Mapping[str, Any]]:
        return list(self.changes)

    def fetch(self, record: type[Any], path: str, **query: Any) -> Any:
        if path.endswith("/declaration"):
            return record.model_validate({"snapshot": SHA, "declaration": declaration()})
        if path.endswith("/changes"):
            return record.model_validate({"items": self.changes, "next_cursor": None})
        state = self.states.pop(0)
        done = {"step": "built", "done": 5, "steps": 7, "started_at": NOW}
        one = {**CHANGE, "state": state, "progress": done, "snapshot": SHA}
        return record.model_validate({**one, "plan": PLAN, "declaration": declaration()})


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakePlatform:
    made = FakePlatform()
    monkeypatch.setattr(Client, "from_environment", lambda **_: made)
    monkeypatch.setattr(commands, "LOOK_EVERY_S", 0)
    monkeypatch.setenv("OCTAVO_LAKE", "")
    monkeypatch.chdir(tmp_path)
    document = declaration().model_dump_json()  # JSON is YAML
    (tmp_path / "features.yaml").write_text(document)
    return made


def run(*arguments: str) -> Result:
    given = [*arguments, "--project", "flights"]
    return CliRunner().invoke(commands.features, given, standalone_mode=True)


def test_a_plan_is_shown_in_lines(platform: FakePlatform) -> None:
    done = run("plan")
    assert done.exit_code == 0, done.output
    assert "~ view carrier_delay  breaks readers" in done.output
    assert "    - column mean: Float64" in done.output
    assert "    ~ owner: ann -> bob" in done.output
    assert "BREAKS     model late version 3 of ann: x." in done.output
    assert "cost       30 rows of carrier_delay, about 5 s and 0.0100 EUR. b." in done.output
    assert "LEAK       row 3 is too early" in done.output
    assert "REFUSED    A feature uses what was not known yet." in done.output
    [(path, body)] = platform.asked
    assert path == "/projects/flights/features/plan"
    assert body["declaration"] == declaration().model_dump(mode="json")


def test_a_plan_says_by_its_exit_status_what_there_is_to_do(platform: FakePlatform) -> None:
    assert run("plan", "--exit-code").exit_code == 3
    platform.plan["same"] = True
    assert run("plan", "--exit-code").exit_code == 0
    error = {"severity": "error", "where": "view x", "message": "no table."}
    platform.plan["findings"] = [error]
    assert run("plan").exit_code == 1
    assert FeaturePlan.model_validate(json.loads(run("plan", "--json").output)).findings


def test_apply_proposes_what_was_planned(platform: FakePlatform) -> None:
    done = run("apply", "--reason", "The delay is needed.")
    assert done.exit_code == 0, done.output
    assert "proposed   c1" in done.output
    path, body = platform.asked[-1]
    assert path == "/projects/flights/features/changes"
    assert (body["reason"], body["base_snapshot"]) == ("The delay is needed.", SHA)


def test_applying_the_same_again_does_nothing(platform: FakePlatform) -> None:
    platform.changes.append(dict(CHANGE))
    done = run("apply", "--reason", "The delay is needed.")
    assert "waits      c1  ann proposed the same." in done.output
    platform.plan["same"] = True
    assert "unchanged" in run("apply", "--reason", "The delay is needed.").output
    assert [path for path, _ in platform.asked if path.endswith("changes")] == []


def test_apply_waits_until_it_is_current(platform: FakePlatform) -> None:
    done = run("apply", "--reason", "The delay is needed.", "--wait")
    assert done.exit_code == 0, done.output
    assert "applied    c1" in done.output
    assert "snapshot aaaaaaaaaaaa" in done.output


@pytest.mark.parametrize("state", ["rejected", "failed", "cancelled", "withdrawn"])
def test_waiting_ends_with_1_when_it_is_not_applied(platform: FakePlatform, state: str) -> None:
    platform.states = [state]
    assert run("apply", "--reason", "The delay is needed.", "--wait").exit_code == 1


def test_status_shows_what_is_current_and_the_changes(platform: FakePlatform) -> None:
    done = run("status")
    assert f"current    {SHA}" in done.output
    assert "applied    c0" in done.output
    one = run("status", "c1")
    assert "progress   5 of 7: built" in one.output
    assert "~ view carrier_delay" in one.output


def test_what_is_current_can_be_kept_as_a_file(platform: FakePlatform, tmp_path: Path) -> None:
    (tmp_path / "features.yaml").write_text(run("show").output)
    run("plan")
    assert platform.asked[-1][1]["declaration"] == declaration().model_dump(mode="json")


def test_a_file_that_declares_nothing_is_one_sentence(
    platform: FakePlatform, tmp_path: Path
) -> None:
    (tmp_path / "features.yaml").write_text("views: []")
    done = run("plan")
    assert isinstance(done.exception, ClientError)
    assert "entities: Field required" in done.exception.message
    assert platform.asked == []


def test_names_from_others_move_no_terminal(platform: FakePlatform) -> None:
    """What other people typed is printed without what a terminal would obey."""
    platform.plan["impact"] = [dict(PLAN["impact"][0], name="late\x1b[31m\u202eeno")]
    assert "\x1b" not in run("plan").output
    assert "\u202e" not in run("plan").output
