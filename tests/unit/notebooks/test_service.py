"""From a submission to a signed release: four eyes, one use, exactly what was seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.notebooks import code, notebook
from tests.support.people import ADMIN, REVIEWER, SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound, PolicyRefused
from octavo_server.execution import Ending
from octavo_server.identity import Caller
from octavo_server.notebooks.service import ReleaseRefused


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    return open_areas(database, tmp_path)


def review(areas: Areas, who: Caller, identifier: str, **more: Any) -> Any:
    wanted = {"decision": "approve", "reason": "It is right.", "digest": "0" * 64, **more}
    return areas.notebooks.review(in_project(who), PROJECT, identifier, **wanted)


def test_a_replayed_notebook_can_be_reviewed(areas: Areas) -> None:
    made = areas.submitted()
    assert (made.state, made.replay.state) == ("queued", "queued")
    assert areas.replays.waiting() == [(made.id, f"replay-{made.id}")]
    areas.replays.run(made.id)
    ready = areas.notebooks.submission(in_project(REVIEWER), PROJECT, made.id)
    assert ready.state == "reviewable"
    assert ready.replay.verdict is not None
    assert ready.replay.verdict.outcome == "identical"
    assert ready.environment is not None
    assert ready.environment.packages == {"numpy": "2.0.0"}
    assert ready.may_review
    assert ready.policy is not None
    assert ready.policy.allowed
    assert areas.replays.waiting() == []
    assert len(areas.runner.orders) == 2
    assert areas.runner.orders[0].record_environment


def test_approval_makes_a_verified_release(areas: Areas) -> None:
    digest = areas.released()
    release = areas.notebooks.release(PROJECT, digest)
    assert (release.name, release.number, release.approved_by) == ("score", 1, "reviewer")
    verification = areas.notebooks.verify(PROJECT, digest)
    assert verification.ok
    assert {one.name for one in verification.checks} == {
        "manifest.json", "manifest.dsse.json", "notebook.ipynb", "results.json", "lint.json",
        "verdict.json", "record", "approval",
    }  # fmt: skip
    edges = areas.lineage.sources(PROJECT, f"release:{PROJECT}/score/1")
    assert {edge.relation for edge in edges} == {"approved", "reads"}
    assert areas.notebooks.verified_release(PROJECT, digest).replay_parameters["n"] == 3


def test_releases_of_a_line_are_counted(areas: Areas) -> None:
    first, second = areas.released(), areas.released(notebook=notebook("print(n + 1)"))
    assert first != second
    found = areas.notebooks.releases(PROJECT, name="score", limit=10, cursor=None)
    assert sorted(one.number for one in found.items) == [1, 2]
    assert areas.notebooks.release(PROJECT, second).manifest["previous"] == first


def test_nobody_approves_their_own(areas: Areas) -> None:
    ready = areas.replayed()
    with pytest.raises(Forbidden, match="nobody reviews their own"):
        review(areas, SCIENTIST, ready.id, digest=ready.bundle_digest)
    shown = areas.notebooks.submission(in_project(SCIENTIST), PROJECT, ready.id)
    assert (shown.state, shown.may_review) == ("reviewable", False)
    assert "reviewer" in shown.may_not_review_because


def test_an_approval_is_for_exactly_what_was_seen_and_once(areas: Areas) -> None:
    ready = areas.replayed()
    with pytest.raises(Conflict, match="is not what is under review"):
        review(areas, REVIEWER, ready.id)
    review(areas, REVIEWER, ready.id, digest=ready.bundle_digest)
    for decision in ("approve", "reject"):
        with pytest.raises(IllegalMove, match="only once"):
            review(areas, ADMIN, ready.id, digest=ready.bundle_digest, decision=decision)
    assert len(areas.notebooks.releases(PROJECT, name=None, limit=9, cursor=None).items) == 1


def test_a_rejected_one_stays_rejected(areas: Areas) -> None:
    ready = areas.replayed()
    done = review(areas, REVIEWER, ready.id, digest=ready.bundle_digest, decision="reject")
    assert (done.state, done.release, done.review.reviewer) == ("rejected", None, "reviewer")
    with pytest.raises(IllegalMove):
        review(areas, REVIEWER, ready.id, digest=ready.bundle_digest)


def test_different_replays_are_not_approved(areas: Areas) -> None:
    areas.runner.printed = ["1.0", "2.0"]
    ready = areas.replayed()
    assert ready.replay.verdict is not None
    assert ready.replay.verdict.outcome == "different"
    with pytest.raises(PolicyRefused, match="did not give the same outputs"):
        review(areas, REVIEWER, ready.id, digest=ready.bundle_digest)
    again = areas.notebooks.submission(in_project(REVIEWER), PROJECT, ready.id)
    assert (again.state, again.release) == ("reviewable", None)
    assert areas.files.files == {}


def test_equivalent_replays_are(areas: Areas) -> None:
    areas.runner.printed = ["1.0", "1.00000001"]
    assert areas.released(tolerance={"relative": 1e-6})


def test_a_failing_replay_names_cell_source_and_traceback(areas: Areas) -> None:
    areas.runner.endings = [Ending.FAILED]
    failed = areas.replayed()
    assert (failed.state, failed.replay.state) == ("failed", "failed")
    assert failed.replay.error is not None
    assert failed.replay.error.source == "raise ValueError('no')"
    assert failed.replay.error.traceback == "Trace"


def test_inputs_that_change_meanwhile_fail_the_replay(areas: Areas) -> None:
    areas.runner.during = lambda order: setattr(areas.inputs, "digest", f"d-{order.id}")
    failed = areas.replayed()
    assert failed.replay.error is not None
    assert failed.replay.error.evalue == "While it ran, data:curated changed."


def test_a_replay_that_a_killed_worker_left_starts_over(areas: Areas) -> None:
    made = areas.submitted()

    def die(order: Any) -> None:
        raise KeyboardInterrupt

    areas.runner.during = die
    with pytest.raises(KeyboardInterrupt):
        areas.replays.run(made.id)
    assert areas.replays.waiting() == []
    areas.workers.restart("worker-2")
    areas.runner.during = lambda _: None
    assert areas.replays.waiting() == [(made.id, f"replay-{made.id}-worker-2")]
    areas.replays.run(made.id)
    assert areas.notebooks.submission(in_project(REVIEWER), PROJECT, made.id).bundle_digest
    assert f"replay-{made.id}-1" in areas.runner.swept


def test_a_stopped_worker_leaves_the_replay_for_the_next(areas: Areas) -> None:
    made = areas.submitted()
    areas.runner.during = lambda _: areas.replays.stop()
    areas.replays.run(made.id)
    found = areas.notebooks.submission(in_project(REVIEWER), PROJECT, made.id)
    assert found.state == "replaying"
    assert found.replay.progress is not None
    assert found.replay.progress.pass_number == 1


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"notebook": {}}, Invalid, "notebook.nbformat"),
        ({"profile": "none"}, NotFound, "no profile"),
        ({"profile": "gpu-1"}, PolicyRefused, "may not be used by pipelines"),
        ({"notebook": notebook("print(missing)")}, PolicyRefused, "findings that block"),
        ({"parameters": {"missing": 1}}, Invalid, "'missing' is no parameter"),
    ],
)
def test_what_cannot_be_submitted_changes_nothing(
    areas: Areas, more: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        areas.submitted(**more)
    found = areas.notebooks.submissions(PROJECT, state=None, limit=10, cursor=None)
    assert found.items == []


@pytest.mark.parametrize("name", ["notebook.ipynb", "results.json", "manifest.json", "lint.json"])
def test_a_changed_byte_is_refused_by_name(areas: Areas, name: str) -> None:
    digest = areas.released()
    content = areas.files.files[digest][name]
    areas.files.files[digest][name] = content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]
    with pytest.raises(ReleaseRefused, match=name):
        areas.notebooks.verified_release(PROJECT, digest)
    found = areas.notebooks.verify(PROJECT, digest)
    assert [one.name for one in found.checks if not one.ok] == [name]


def test_a_missing_an_added_and_a_forged_file_are_refused(areas: Areas) -> None:
    digest = areas.released()
    kept = dict(areas.files.files[digest])
    del areas.files.files[digest]["lint.json"]
    with pytest.raises(ReleaseRefused, match=r"lint\.json: The file is missing"):
        areas.notebooks.verified_release(PROJECT, digest)
    areas.files.files[digest] = kept | {"extra.py": b"x"}
    with pytest.raises(ReleaseRefused, match=r"extra.py: This file doesn't belong here"):
        areas.notebooks.verified_release(PROJECT, digest)
    envelope = json.loads(kept["manifest.dsse.json"])
    envelope["signatures"][0]["sig"] = "AAAA"
    areas.files.files[digest] = kept | {"manifest.dsse.json": json.dumps(envelope).encode()}
    with pytest.raises(ReleaseRefused, match="The signature doesn't hold"):
        areas.notebooks.verified_release(PROJECT, digest)


def test_another_releases_signature_is_refused(areas: Areas) -> None:
    first, second = areas.released(), areas.released(notebook=notebook("print(n, n)"))
    other = areas.files.files[second]["manifest.dsse.json"]
    areas.files.files[first]["manifest.dsse.json"] = other
    with pytest.raises(ReleaseRefused, match="not this release"):
        areas.notebooks.verified_release(PROJECT, first)


def test_another_environment_is_refused_by_package(areas: Areas) -> None:
    digest = areas.released()
    areas.installed.packages["numpy"] = "2.4.6"
    with pytest.raises(ReleaseRefused, match=r"numpy is 2.4.6, 2.0.0 was approved"):
        areas.notebooks.verified_release(PROJECT, digest)


def test_pages_and_foreign_projects(areas: Areas) -> None:
    made = [areas.submitted(notebook=notebook(code(f"n + {i}"))) for i in range(3)]
    first = areas.notebooks.submissions(PROJECT, state=None, limit=2, cursor=None)
    rest = areas.notebooks.submissions(PROJECT, state=None, limit=2, cursor=first.next_cursor)
    assert (len(first.items), len(rest.items), rest.next_cursor) == (2, 1, None)
    assert {one.id for one in [*first.items, *rest.items]} == {one.id for one in made}
    with pytest.raises(Invalid, match="cursor"):
        areas.notebooks.submissions(PROJECT, state=None, limit=2, cursor="x")
    with pytest.raises(NotFound):
        areas.notebooks.submission(in_project(REVIEWER), "other", made[0].id)
    with pytest.raises(NotFound):
        areas.notebooks.release("other", "0" * 64)


def test_every_step_left_its_entry(areas: Areas) -> None:
    areas.released()
    actions = [entry.action for entry in reversed(areas.audit.entries())]
    assert actions[1:] == [
        "notebooks.submit",
        "notebooks.replay",
        "notebooks.replayed",
        "notebooks.approve",
    ]
    assert areas.audit.verify().faults == ()
