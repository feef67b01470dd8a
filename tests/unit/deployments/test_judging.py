"""A step is judged by what was promised, and by enough requests."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.deployments.test_rules import NOON, OBJECTIVES

from octavo_server.deployments.rollouts.domain import Judgement
from octavo_server.deployments.rollouts.judging import Measured, judge, tail
from octavo_server.deployments.rollouts.progress import Wanted
from octavo_server.deployments.rollouts.scores import psi

WANTED = Wanted(bake_s=60, min_requests=100, person_decides=False)
GOOD = Measured(requests=500, errors=0, latency_p95_ms=20.0, latency_p99_ms=40.0)
PROMISED = replace(OBJECTIVES, latency_p99_ms=100.0)


def _judged(
    candidate: Measured,
    seconds: float = 61,
    wanted: Wanted = WANTED,
    accepted: float | None = None,
    stable: Measured = GOOD,
) -> Judgement:
    return judge(
        wanted=wanted,
        objectives=PROMISED,
        candidate=candidate,
        stable=stable,
        since=NOON,
        now=NOON + timedelta(seconds=seconds),
        accepted_drift=accepted,
    )


def test_a_step_that_kept_its_promises_leads_on() -> None:
    found = _judged(GOOD)
    assert found.verdict == "advance"
    assert found.sentence == "All promises are kept over 500 requests."
    assert [one.objective for one in found.findings] == [
        "error_rate",
        "latency_p99_ms",
        "latency_p95_ms",
    ]
    assert _judged(GOOD, accepted=0.0).findings[-1].objective == "drift_psi"


def test_time_alone_and_requests_alone_lead_nowhere() -> None:
    early = _judged(GOOD, seconds=10)
    assert (early.verdict, early.sentence) == (
        "watch",
        "All promises are kept; it is watched for 50 s more.",
    )
    few = _judged(replace(GOOD, requests=99))
    assert (few.verdict, few.sentence) == ("watch", "99 of 100 requests so far.")
    assert _judged(Measured()).verdict == "watch"


def test_where_a_person_decides_nothing_happens_by_itself() -> None:
    found = _judged(GOOD, wanted=replace(WANTED, person_decides=True))
    assert found.verdict == "watch"
    assert "waits for somebody to promote it" in found.sentence


def test_slow_answers_roll_back_before_the_step_is_over() -> None:
    found = _judged(replace(GOOD, latency_p99_ms=180.0), seconds=5)
    assert found.verdict == "roll_back"
    assert found.sentence == "99 % of requests took up to 180 ms, over 100 ms."
    assert _judged(replace(GOOD, latency_p95_ms=400.0)).verdict == "roll_back"
    # Percentiles of a histogram are known within 5 %: nothing rolls back on less.
    assert _judged(replace(GOOD, latency_p99_ms=104.0)).verdict == "advance"


def test_a_few_answers_say_nothing_about_the_slowest() -> None:
    assert _judged(replace(GOOD, requests=99, latency_p99_ms=900.0)).verdict == "watch"
    assert _judged(replace(GOOD, requests=19, latency_p95_ms=900.0)).verdict == "watch"


@pytest.mark.parametrize(
    ("requests", "errors", "verdict"),
    [
        (20, 1, "watch"),  # one of twenty is nothing strange at 1 %
        (20, 2, "roll_back"),
        (5, 3, "roll_back"),
        (500, 4, "advance"),
        (500, 7, "watch"),  # 1.4 %: over the limit, but no proof
        (500, 12, "roll_back"),
    ],
)
def test_errors_roll_back_when_chance_does_not_explain_them(
    requests: int, errors: int, verdict: str
) -> None:
    found = _judged(replace(GOOD, requests=requests, errors=errors))
    assert found.verdict == verdict


def test_errors_that_chance_may_explain_are_said() -> None:
    found = _judged(replace(GOOD, requests=500, errors=7))
    assert found.sentence == (
        "1.4% of requests failed, at most 1.0% may. "
        "More requests are needed to tell it from chance."
    )


def test_the_tail_of_the_binomial_is_exact() -> None:
    exact = sum(math.comb(50, k) * 0.03**k * 0.97 ** (50 - k) for k in range(4, 51))
    assert tail(4, 50, 0.03) == pytest.approx(exact)
    assert tail(0, 50, 0.03) == 1
    assert tail(1, 50, 0.0) == 0
    assert tail(50, 50, 1.0) == 1
    assert tail(10_050, 1_000_000, 0.01) == pytest.approx(0.308, abs=0.01)
    assert tail(20_000, 1_000_000, 0.01) == 0


def _scores(shift: float, count: int, seed: int) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    return [chance.gauss(shift, 1) for _ in range(count)]


def test_scores_are_judged_by_the_difference_that_was_approved() -> None:
    stable = replace(GOOD, scores=_scores(0, 1_000, 1))
    far = replace(GOOD, scores=_scores(1, 1_000, 2))
    difference = psi(stable.scores, far.scores)
    assert difference is not None
    assert difference > 0.5
    unasked = _judged(far, stable=stable)
    assert unasked.verdict == "advance"
    assert "drift_psi" not in {one.objective for one in unasked.findings}
    meant = _judged(far, stable=stable, accepted=0.8 * difference)
    assert meant.verdict == "advance"
    assert meant.findings[-1].limit == pytest.approx(1.2 * difference + 0.2)
    found = _judged(far, stable=stable, accepted=0.05)
    assert found.verdict == "roll_back"
    assert found.sentence == (
        "Its scores differ more from the live version's than its evidence did: "
        f"PSI {difference:.2f}, at most 0.28."
    )


def test_few_scores_or_equal_ones_are_no_drift() -> None:
    stable = replace(GOOD, scores=_scores(0, 1_000, 1))
    few = _judged(replace(GOOD, scores=_scores(1, 299, 2)), stable=stable, accepted=0.0)
    assert (few.verdict, few.findings[-1].value) == ("advance", None)
    same = _judged(replace(GOOD, scores=_scores(0, 1_000, 2)), stable=stable, accepted=0.0)
    assert same.verdict == "advance"
    assert same.findings[-1].value == pytest.approx(0, abs=0.05)


def test_the_index_of_equal_scores_is_zero_and_of_none_unknown() -> None:
    scores = _scores(0, 500, 3)
    assert psi(scores, scores) == pytest.approx(0)
    assert psi([], scores) is None
    assert psi(scores, [math.nan]) is None
    assert psi([0.5] * 100, [0.5] * 90) == pytest.approx(0)


def test_scores_that_are_classes_are_told_apart() -> None:
    before, after = [0.0] * 95 + [1.0] * 5, [0.0] * 60 + [1.0] * 40
    expected = (0.6 - 0.95) * math.log(0.6 / 0.95) + (0.4 - 0.05) * math.log(0.4 / 0.05)
    assert psi(before, after) == pytest.approx(expected)
    constant = psi([0.4] * 200, [0.6] * 200)
    assert constant is not None
    assert constant > 5
