"""What a reviewer sees, and what an approval may rest on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import REVIEWER, SCIENTIST
from tests.support.rollouts import PROJECT, REASON, Bench, Canaries
from tests.support.services import NOON

from octavo.records.evidence import Evidence, OpenAlert
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.deployments.requests import comparing
from octavo_server.deployments.requests.domain import Request, RequestState
from octavo_server.deployments.requests.evidence import accepted_drift, asked_for
from octavo_server.deployments.requests.evidence_store import KeptEvidence
from octavo_server.deployments.requests.ports import LoggedRequests, Replayed
from octavo_server.errors import Conflict, IllegalMove, PolicyRefused

ROWS: list[dict[str, Any]] = [
    {"carrier": "UA" if number % 2 else "B6", "delay": float(number), "note": f"n{number}"}
    for number in range(40)
]
ALERT = OpenAlert(id="a1", rule="drift", level="warning", message="Delay drifted.", opened_at=NOON)


def _replayed(scores: list[float | None], failures: int = 0) -> Replayed:
    return Replayed(
        scores=scores,
        failures=failures,
        failure="ValueError: no" if failures else None,
        latencies_ms=[1.0, 2.0, 3.0],
        load_s=0.5,
    )


def test_differences_are_shown_by_segment_the_largest_first() -> None:
    new = _replayed([0.9 if row["carrier"] == "UA" else 0.5 for row in ROWS])
    old = _replayed([0.5] * len(ROWS))
    found = comparing.compared(LoggedRequests(rows=ROWS), new, old, (2, 1), 3_600_000)
    assert found.overall is not None
    assert found.overall.mean_difference == pytest.approx(0.2)
    first = found.segments[0]
    assert (first.column, first.value, first.rows) == ("carrier", "UA", 20)
    assert first.mean_absolute == pytest.approx(0.4)
    assert {one.column for one in found.segments} == {"carrier", "delay"}
    assert {one.value for one in found.segments if one.column == "delay"} == {
        "below 10", "10 to 20", "20 to 30", "30 and more",
    }  # fmt: skip


def test_cost_is_the_time_that_a_thousand_calls_keep_the_profile_busy() -> None:
    found = comparing.compared(
        LoggedRequests(rows=ROWS), _replayed([0.5] * 40), None, (2, None), 3_600_000
    )
    assert found.candidate.cost_micro_eur_per_1000 == 2_000  # 2 s at 3.60 EUR an hour
    assert (found.candidate.latency_p50_ms, found.candidate.latency_p99_ms) == (2.0, 3.0)
    assert (found.champion, found.overall, found.segments) == (None, None, [])


def test_rows_that_a_version_can_not_score_are_counted_and_not_compared() -> None:
    scores: list[float | None] = [None, *([0.5] * 39)]
    found = comparing.compared(
        LoggedRequests(rows=ROWS), _replayed(scores, 1), _replayed([0.5] * 40), (2, 1), None
    )
    assert (found.candidate.rows, found.candidate.failures) == (39, 1)
    assert found.candidate.failure == "ValueError: no"
    assert found.candidate.cost_micro_eur_per_1000 is None
    assert found.overall is not None
    assert found.overall.rows == 39


def test_hostile_values_make_no_segments_of_their_own() -> None:
    rows = [{"text": f"{number}" * 500, "flag": number % 2 == 0} for number in range(40)]
    pairs: list[comparing.Pair] = [(row, 0.5, 0.4) for row in rows]
    assert {one.column for one in comparing.segments(pairs)} == {"flag"}


@pytest.fixture
def world(tmp_path: Path) -> Canaries:
    """Give v1 live with forty logged rows, in memory."""
    return _world(MemoryDatabase(), tmp_path)


def _world(database: Database, folder: Path) -> Canaries:
    made = Canaries(database, folder)
    made.go(1)
    made.around.rows = list(ROWS)
    return made


def _evidence(world: Canaries, request: Request) -> Evidence:
    found = world.reviews.get(PROJECT, request.id).evidence
    assert found is not None
    return found


def _decide(world: Canaries, request: Request, evidence_digest: str | None = None) -> Request:
    """Approve by the evidence that is there, or by the digest that is given."""
    found = world.reviews.get(PROJECT, request.id).evidence
    there = None if found is None else found.digest
    return world.reviews.review(
        REVIEWER,
        PROJECT,
        request.id,
        approve=True,
        reason=REASON,
        digest=request.digest,
        evidence_digest=evidence_digest or there,
    ).request


def test_a_request_carries_its_evidence_and_the_review_names_it(
    database: Database, tmp_path: Path
) -> None:
    world = _world(database, tmp_path)
    request = world.ask(2)
    assert _evidence(world, request).state == "gathering"
    world.gatherer.step()
    found = _evidence(world, request)
    assert (found.state, found.champion_version) == ("complete", 1)
    assert found.message == "40 logged rows were replayed."
    assert found.replay is not None
    assert found.replay.overall is not None
    assert found.replay.overall.mean_difference == pytest.approx(0.2)
    assert [one.name for one in found.consumers] == ["app"]
    with pytest.raises(Conflict, match="the review names 0000"):
        _decide(world, request, "0" * 64)
    with pytest.raises(Conflict, match="the review names none"):
        world.reviews.review(
            REVIEWER, PROJECT, request.id,
            approve=True, reason=REASON, digest=request.digest, evidence_digest=None,
        )  # fmt: skip
    decided = _decide(world, request, found.digest)
    assert decided.state is RequestState.APPROVED
    assert decided.reviewed_evidence == found.digest
    entry = world.audit.entries(("action", "=", "deployments.review"), limit=1)[0]
    assert entry.details["evidence"] == found.digest


def test_prod_waits_for_the_evidence(world: Canaries) -> None:
    with pytest.raises(PolicyRefused, match="still to be replayed"):
        _decide(world, world.ask(2))


def test_evidence_that_could_not_be_gathered_says_why_and_is_gathered_again(
    world: Canaries,
) -> None:
    world.bench.away = True
    request = world.ask(2)
    world.gatherer.step()
    found = _evidence(world, request)
    assert (found.state, found.message) == ("failed", "No account is free: all 4 are lent.")
    with pytest.raises(PolicyRefused, match="isn't complete"):
        _decide(world, request)
    world.bench.away = False
    assert world.reviews.gather(REVIEWER, PROJECT, request.id).evidence is not None
    world.gatherer.step()
    assert _decide(world, request).state is RequestState.APPROVED
    with pytest.raises(IllegalMove, match="is approved already; its evidence stays"):
        world.reviews.gather(SCIENTIST, PROJECT, request.id)


@pytest.mark.parametrize("what", ["live", "old", "alert"])
def test_an_approval_rests_on_evidence_that_still_holds(world: Canaries, what: str) -> None:
    request = world.ask(2)
    world.gatherer.step()
    if what == "live":
        world.go(3)
        message = "v3 is live now; the evidence compares with v1."
    elif what == "old":
        world.clock.pass_s(timedelta(hours=25).total_seconds())
        message = "It was gathered more than 24 hours ago."
    else:
        world.around.open_alerts.append(ALERT)
        message = "A new alert is open: Delay drifted."
    assert _evidence(world, request).stale_because == [message]
    with pytest.raises(Conflict, match="The evidence doesn't hold any more") as refused:
        _decide(world, request)
    assert message in refused.value.message
    world.reviews.gather(REVIEWER, PROJECT, request.id)
    world.gatherer.step()
    assert _decide(world, request).state is RequestState.APPROVED


def test_a_rejection_needs_no_evidence(world: Canaries) -> None:
    request = world.ask(2)
    decided = world.reviews.review(
        REVIEWER, PROJECT, request.id,
        approve=False, reason=REASON, digest=request.digest, evidence_digest=None,
    ).request  # fmt: skip
    assert decided.state is RequestState.REJECTED
    world.gatherer.step()
    assert _evidence(world, request).message == "It was decided without."


def test_where_nothing_is_live_nothing_has_to_be_compared(tmp_path: Path) -> None:
    world = Canaries(MemoryDatabase(), tmp_path)
    assert _decide(world, world.ask(1)).state is RequestState.APPROVED


def test_dev_gathers_nothing(world: Canaries) -> None:
    request = world.ask(1, environment="dev", deployment="play")
    assert world.reviews.get(PROJECT, request.id).evidence is None


def test_what_was_asked_for_anew_meanwhile_is_not_overwritten(world: Canaries) -> None:
    request = world.ask(2)

    class Slow(Bench):
        def replay(self, *asked: Any, **named: Any) -> Replayed:
            """Replay while somebody asks for it anew."""
            world.clock.pass_s(1)
            world.reviews.gather(REVIEWER, PROJECT, request.id)
            return super().replay(*asked, **named)

    world.gatherer._bench = Slow()
    world.gatherer.step()
    assert _evidence(world, request).state == "gathering"


def _kept(rows: int = 200, **changes: Any) -> KeptEvidence:
    replay = {"psi": 0.7, "overall": {"rows": rows}}
    document = {"champion_version": 1, "replay": replay, **changes}
    asked = asked_for("r1", PROJECT, NOON)
    return replace(asked, state="complete", digest="d", document=document)


def test_only_an_approved_comparison_says_what_difference_was_accepted() -> None:
    assert accepted_drift(_kept(), "d", 1) == 0.7
    refused = [
        accepted_drift(None, "d", 1),
        accepted_drift(_kept(), None, 1),  # nobody reviewed it
        accepted_drift(_kept(), "gathered anew since", 1),
        accepted_drift(_kept(), "d", 3),  # another version went live
        accepted_drift(_kept(rows=99), "d", 1),
        accepted_drift(_kept(replay=None), "d", 1),
        accepted_drift(_kept(replay={"psi": None, "overall": None}), "d", 1),
    ]
    assert set(refused) == {None}
