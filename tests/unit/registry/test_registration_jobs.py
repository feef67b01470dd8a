"""Registrations as long work: progress, cancelling, failures, and processes that die."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.databases import open_database
from tests.support.people import person
from tests.support.registrations import (
    FORM,
    Desk,
    eventually,
    logged,
    order,
)

from octavo_server.database.rows import Database
from octavo_server.errors import (
    Conflict,
    IllegalMove,
    Invalid,
    NotFound,
    OctavoError,
    PolicyRefused,
    Unavailable,
)
from octavo_server.registry.registration import jobs as jobs_module
from octavo_server.registry.registration import store
from octavo_server.registry.registration.domain import (
    MOVES,
    STEP_WORDS,
    UNFINISHED,
    ConvertedForm,
    Staged,
    State,
    Step,
)
from octavo_server.registry.versions.domain import (
    ConversionOutcome,
    Finding,
    Packaging,
    Severity,
    TrialOutcome,
)

ADA = person("ada").within("flights", frozenset({"scientist"}))
BO = person("bo").within("flights", frozenset({"admin"}))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give the services on SQLite; what differs by database has a test on each."""
    with open_database("sqlite", tmp_path, tmp_path) as opened:
        yield Desk(opened, tmp_path)


def test_two_first_versions_of_a_model_may_come_at_once(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path)
    ids = [f"m-{n}" + "0" * 30 for n in range(2)]
    desk.runs.models_logged = [logged(one) for one in ids]
    let_go = desk.bench.hold()
    begun = [desk.jobs.start(ADA, order(model_id=one)) for one in ids]
    let_go.set()
    assert sorted(desk.ended(one.id).version for one in begun) == [1, 2]
    with database.read() as rows:
        assert [one.state for one in store.newest(rows, "flights", "late", 5)] == [State.DONE] * 2
        assert store.unfinished(rows) == []


def test_a_registration_is_told_of_and_ends_in_a_version(desk: Desk) -> None:
    begun = desk.jobs.start(ADA, order(owner="bo", card="# late"))
    assert (begun.state, begun.step, begun.label) == (
        State.QUEUED,
        Step.QUEUED,
        "Waiting for its turn",
    )
    done = desk.ended(begun.id)
    assert (done.state, done.step, done.version) == (State.DONE, Step.DONE, 1)
    assert (done.done, done.total) == (3, 3)
    assert done.started_at is not None
    version = desk.versions.version("flights", "late", 1)
    assert (version.created_by, version.owner, version.card) == ("ada", "bo", "# late")
    assert version.location.startswith("octavo-models:/")
    assert version.source.startswith("mlflow-artifacts:/")
    assert desk.actions() == ["registry.registration.start", "registry.register"]
    assert desk.jobs.newest("flights", None) == desk.jobs.newest("flights", "late") == [done]
    assert desk.jobs.newest("flights", "other") == []


def test_a_registration_shows_its_step_while_it_works(desk: Desk) -> None:
    let_go = desk.bench.hold()
    begun = desk.jobs.start(ADA, order())
    assert desk.bench.entered.wait(20)
    found = desk.jobs.get("flights", begun.id)
    assert (found.state, found.step, found.done) == (State.RUNNING, Step.SCAN, 3)
    let_go.set()
    assert desk.ended(begun.id).state is State.DONE


def test_the_same_model_is_not_registered_twice_at_once(desk: Desk) -> None:
    let_go = desk.bench.hold()
    begun = desk.jobs.start(ADA, order())
    with pytest.raises(Conflict, match="is being registered as a version of late already"):
        desk.jobs.start(BO, order())
    let_go.set()
    desk.ended(begun.id)
    with pytest.raises(Conflict, match="is version 1 of late already"):
        desk.jobs.start(BO, order())


def test_a_cancelled_registration_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "BEAT_S", 0.01)
    desk.bench.hold()
    begun = desk.jobs.start(ADA, order())
    assert desk.bench.entered.wait(20)
    asked = desk.jobs.cancel(BO, "flights", begun.id)
    assert asked.cancel_requested_by == "bo"
    ended = desk.ended(begun.id)
    assert ended.state is State.CANCELLED
    assert ended.message == "bo cancelled the registration."
    assert desk.book.versions == []
    assert desk.kept.kept == []
    assert desk.actions()[-2:] == ["registry.registration.cancel", "registry.registration.end"]
    with pytest.raises(IllegalMove, match="is cancelled already"):
        desk.jobs.cancel(BO, "flights", begun.id)


def test_registrations_take_turns_and_may_be_cancelled_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "BEAT_S", 0.01)
    ids = [f"m-{n}" + "0" * 30 for n in range(3)]
    desk.runs.models_logged = [logged(one) for one in ids]
    let_go = desk.bench.hold()
    begun = [desk.jobs.start(ADA, order(model_id=one)) for one in ids]
    eventually(
        lambda: [desk.jobs.get("flights", one.id).step for one in begun].count(Step.SCAN) == 2,
        "two scans",
    )
    waiting = next(one for one in begun if desk.jobs.get("flights", one.id).state is State.QUEUED)
    desk.jobs.cancel(ADA, "flights", waiting.id)
    assert desk.ended(waiting.id).state is State.CANCELLED
    let_go.set()
    assert sorted(desk.ended(one.id).state for one in begun if one is not waiting) == ["done"] * 2


def test_too_many_registrations_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MOST_WAITING", 1)
    let_go = desk.bench.hold()
    begun = desk.jobs.start(ADA, order())
    with pytest.raises(Unavailable, match="1 registrations are under way or waiting; 1 may"):
        desk.jobs.start(ADA, order(name="other"))
    let_go.set()
    desk.ended(begun.id)


def test_a_refused_model_ends_with_the_reason_on_the_trail(desk: Desk) -> None:
    desk.bench.findings = (Finding(path="m.pkl", severity=Severity.DANGEROUS, what="imports os"),)
    ended = desk.ended(desk.jobs.start(ADA, order()).id)
    assert ended.state is State.FAILED
    assert "runs code when it is loaded" in ended.message
    assert desk.kept.kept == []
    entry = desk.audit.entries(limit=1)[0]
    assert (entry.action, entry.actor) == ("registry.registration.end", "ada")
    assert entry.details["code"] == "policy_refused"


def test_a_fault_is_said_and_kept(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.bench.fails = ZeroDivisionError("a fault")
    ended = desk.ended(desk.jobs.start(ADA, order()).id)
    assert (ended.state, ended.message) == (
        State.FAILED,
        "Octavo failed at this; the service's log says more.",
    )
    assert "a fault" in caplog.text


def test_a_model_without_a_signature_is_refused(desk: Desk) -> None:
    desk.bench.packaging = Packaging()
    with pytest.raises(PolicyRefused, match="needs a signature"):
        desk.service.register(ADA, order())
    assert desk.book.versions == []


def test_a_version_that_is_not_kept_is_not_left_in_mlflow(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise Conflict("Somebody was faster.")

    monkeypatch.setattr(desk.versions, "add", refuse)
    ended = desk.ended(desk.jobs.start(ADA, order()).id)
    assert (ended.state, ended.message) == (State.FAILED, "Somebody was faster.")
    assert desk.book.deleted == [1]


def test_a_registration_whose_process_died_is_ended(desk: Desk) -> None:
    started: list[Callable[[], None]] = []

    def keep(work: Callable[[], None]) -> None:
        started.append(work)

    desk.jobs._spawn = keep
    begun = desk.jobs.start(ADA, order())
    assert desk.jobs.end_lost() == 0
    desk.later(61)
    assert desk.jobs.end_lost() == 1
    found = desk.jobs.get("flights", begun.id)
    assert (found.state, found.remedy) == (State.FAILED, "Register the model again.")
    assert "service ended" in found.message
    # The process that everybody took for dead goes on: it learns that, and registers nothing.
    started[0]()
    assert desk.jobs.get("flights", begun.id) == found
    assert desk.book.versions == []


def test_a_registration_of_another_project_is_none(desk: Desk) -> None:
    begun = desk.jobs.start(ADA, order())
    with pytest.raises(NotFound, match="Project weather has no registration"):
        desk.jobs.get("weather", begun.id)
    desk.ended(begun.id)


def test_a_form_is_kept_and_signed_as_made_from_the_version(desk: Desk) -> None:
    desk.bench.form = ConvertedForm(
        staged=Staged(folder=Path("/nowhere"), files=FORM),
        max_difference=1e-7,
        rows=205,
        speedup=50.0,
        detail="205 rows differ by at most 1e-07.",
    )
    made = desk.service.register(ADA, order())
    assert made.conversion.outcome is ConversionOutcome.CONVERTED
    (form,) = desk.versions.version("flights", "late", 1).derived
    assert (form.kind, form.files, form.rows) == ("onnx", FORM, 205)
    assert form.envelope["predicate"]["source_manifest_sha256"] == made.digest
    assert form.envelope["subject"] == [{"name": "model.onnx", "digest": {"sha256": "c" * 64}}]


@pytest.mark.parametrize(
    ("convert", "trial", "words"),
    [
        (False, TrialOutcome.PASSED, "Nobody asked for it."),
        (True, TrialOutcome.FAILED, "did not predict on an example"),
    ],
)
def test_a_form_is_not_tried_where_it_makes_no_sense(
    desk: Desk, convert: bool, trial: TrialOutcome, words: str
) -> None:
    desk.bench.trial_outcome = trial
    made = desk.service.register(ADA, order(convert=convert))
    assert made.conversion.outcome is ConversionOutcome.NOT_TRIED
    assert words in made.conversion.detail


def test_a_model_that_can_not_be_converted_is_registered_all_the_same(desk: Desk) -> None:
    made = desk.service.register(ADA, order())
    assert made.conversion.outcome is ConversionOutcome.REFUSED
    assert made.conversion.detail.startswith("It stays as it is")
    assert made.derived == ()


@pytest.mark.parametrize(
    ("environment", "usable"), [("dev", True), ("test", True), ("prod", False)]
)
def test_policy_says_what_each_environment_takes(
    desk: Desk, environment: str, usable: bool
) -> None:
    desk.service.register(ADA, order())
    decision = desk.service.usable(ADA, "flights", "late", 1, environment)
    assert decision.allowed is usable, decision.reasons
    if not usable:
        assert decision.reasons[0].startswith("late v1 lacks what prod requires: ")
        assert "training data" in decision.reasons[0]
        assert "signature" not in decision.reasons[0]
        assert decision.reasons[1].startswith("prod takes a model with training data")


def test_a_draft_says_what_each_environment_wants(desk: Desk) -> None:
    draft = desk.service.draft(ADA, "flights", "1" * 32, None, "late")
    wanted = {one.key: one.required_in for one in draft.checklist if one.required_in}
    assert wanted["signature"] == ("dev", "test", "prod")
    assert wanted["prediction"] == ("test", "prod")
    assert wanted["training_data"] == ("prod",)
    assert "features" not in wanted
    assert draft.usable_in == {"dev": True, "test": True, "prod": False}
    assert draft.ready


def test_a_row_comes_back_as_it_was(desk: Desk) -> None:
    begun = desk.jobs.start(ADA, order())
    ended = desk.ended(begun.id)
    with desk.database.write() as rows:
        store.save(rows, replace(ended, done=2**40))
    assert desk.jobs.get("flights", begun.id) == replace(ended, done=2**40)


def test_every_step_has_words_and_every_state_its_moves() -> None:
    assert set(STEP_WORDS) == set(Step)
    assert set(MOVES) == set(State)
    assert {one for one, moves in MOVES.items() if moves} == UNFINISHED


def test_who_waits_for_the_end_leaves_the_same_trail(desk: Desk) -> None:
    made = desk.jobs.register(ADA, order())
    assert made.version == 1
    assert desk.actions() == ["registry.registration.start", "registry.register"]
    assert [one.state for one in desk.jobs.newest("flights", "late")] == [State.DONE]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda desk: setattr(
                desk.bench,
                "findings",
                (Finding(path="m.pkl", severity=Severity.DANGEROUS, what="imports os.system"),),
            ),
            "runs code when it is loaded",
        ),
        (lambda desk: setattr(desk.bench, "packaging", Packaging()), "needs a signature"),
        (
            lambda desk: setattr(
                desk.bench, "fails", Invalid("The model holds 'x', which is a link.", "Log again.")
            ),
            "which is a link",
        ),
        (
            lambda desk: setattr(
                desk.bench, "fails", Conflict("The model's 'x' was changed.", "Wait.")
            ),
            "was changed",
        ),
    ],
)
def test_a_refusal_is_said_kept_and_audited(
    desk: Desk, spoil: Callable[[Desk], None], words: str
) -> None:
    spoil(desk)
    with pytest.raises(OctavoError, match=words) as caught:
        desk.jobs.register(ADA, order())
    assert caught.value.remedy
    (job,) = desk.jobs.newest("flights", "late")
    assert (job.state, words in job.message) == (State.FAILED, True)
    entry = next(iter(desk.audit.entries()))
    assert (entry.action, entry.actor) == ("registry.registration.end", "ada")
    assert entry.details["outcome"] == "failed"
    assert words in entry.details["why"]
    assert desk.book.versions == []
    assert desk.kept.kept == []
