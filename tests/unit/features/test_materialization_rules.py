"""Windows, estimates, states, freshness: pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo_server.errors import Conflict, IllegalMove, Invalid
from octavo_server.features.materialization import rules
from octavo_server.features.materialization.domain import (
    Expectation,
    Job,
    Reason,
    State,
    Target,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def job(**more: object) -> Job:
    values: dict[str, object] = {
        "id": "m1",
        "project": "flights",
        "kind": "view",
        "name": "carrier_delay",
        "views": ("carrier_delay",),
        "state": State.RUNNING,
        "reason": Reason.BACKFILL,
        "since": NOON - 10 * DAY,
        "until": NOON,
        "window_s": 86_400.0,
        "windows": 10,
        "message": "",
        "requested_by": "scientist",
        "created_at": NOON,
    }
    return Job(**{**values, **more})  # type: ignore[arg-type]


@given(
    hours=st.integers(1, 24 * 40),
    window=st.integers(1, 24 * 40),
    views=st.lists(st.sampled_from("abcd"), min_size=1, unique=True),
)
def test_windows_cover_the_span_of_each_view_without_gap(
    hours: int, window: int, views: list[str]
) -> None:
    since = NOON - timedelta(hours=hours)
    found = rules.windows(views, since, NOON, window * 3600.0)
    for view in views:
        mine = [one for one in found if one.view == view]
        assert mine[0].since == since
        assert mine[-1].until == NOON
        assert all(one.until == two.since for one, two in pairwise(mine))
        assert all(one.until - one.since <= timedelta(hours=window) for one in mine)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (NOON, NOON, "is not after since"),
        (NOON, NOON - DAY, "is not after since"),
        (NOON, NOON + DAY, "is in the future"),
        (datetime(1950, 1, 1, tzinfo=UTC), NOON, "is before 1970-01-02"),
        (NOON - 10_000 * DAY, NOON, "10000 days; at most 3660"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(since: datetime, until: datetime, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        rules.check_span(since, until, NOON)


def test_a_clock_a_little_ahead_is_taken() -> None:
    rules.check_span(NOON - DAY, NOON + timedelta(seconds=30), NOON)


def test_too_many_windows_are_refused_with_what_would_do() -> None:
    since = NOON - 3660 * DAY
    with pytest.raises(Invalid, match="87840 windows for 1 view; a job has at most 400") as refused:
        rules.window_length(since, NOON, 1, 1)
    assert refused.value.remedy == "Choose at least 220 h, or a shorter span."
    assert rules.window_length(since, NOON, 220, 1) == timedelta(hours=220)
    assert rules.window_length(since, NOON, None, 50) == 3660 * DAY


def test_a_job_goes_on_where_the_view_furthest_behind_ended() -> None:
    ends = {"a": NOON - 2 * DAY, "b": NOON - 5 * DAY}
    assert rules.next_since(ends, NOON, timedelta(hours=1)) == NOON - 5 * DAY - timedelta(hours=1)
    assert rules.next_since({"a": None}, NOON, timedelta(0)) == NOON - rules.FIRST_LOOK
    old = {"a": datetime(1999, 1, 1, tzinfo=UTC)}
    assert rules.next_since(old, NOON, timedelta(0)) == NOON - rules.LONGEST_SPAN
    # An end in the future, after a clock went back, still makes a window.
    assert rules.next_since({"a": NOON + DAY}, NOON, timedelta(0)) < NOON


def test_an_estimate_rests_on_what_was_measured() -> None:
    done = job(state=State.SUCCEEDED, windows_done=10, seconds=20.0)
    seconds, words = rules.estimate(4, [done, job(windows_done=0)], 500)
    assert seconds == pytest.approx(rules.START_S + 8)
    assert words == "Measured by the last job: 2 s a window."
    assert rules.estimate(1, [done, done], None)[1].startswith("Measured by the last 2 jobs")
    assert rules.estimate(2, [], 200_000)[0] == pytest.approx(rules.START_S + 1 + 2)
    assert "assumed" in rules.estimate(1, [], 500)[1]
    assert rules.estimate(1, [], None)[1] == "Nobody knows yet how many rows there are."
    assert rules.cost_eur(3600, 0.12) == 0.12


def test_states_move_as_the_table_says() -> None:
    assert rules.moved(job(), State.SUCCEEDED, message="done").message == "done"
    with pytest.raises(IllegalMove, match="is succeeded; it can't become running"):
        rules.moved(job(state=State.SUCCEEDED), State.RUNNING)
    with pytest.raises(IllegalMove, match="only a queued or running one can be cancelled"):
        rules.check_cancel(job(state=State.FAILED))


def test_a_lost_job_goes_on_unless_it_was_cancelled_or_tried_too_often() -> None:
    lost = job(windows_done=3, attempts=1)
    assert rules.after_loss(lost, "Its worker died.") == (
        State.QUEUED,
        "Its worker died. It goes on after window 3 of 10.",
    )
    assert rules.after_loss(replace(lost, cancel_requested_by="ann"), "x.")[0] is State.CANCELLED
    assert rules.after_loss(replace(lost, attempts=5), "x.")[0] is State.FAILED


def test_failures_are_tried_again_later_and_later() -> None:
    assert rules.retry_at(job(attempts=0)) == NOON
    waits = [rules.retry_at(job(attempts=n, attempt_at=NOON)) - NOON for n in (1, 2, 3)]
    assert waits == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]


def test_a_project_without_money_starts_nothing() -> None:
    rules.check_budget("flights", 1)
    with pytest.raises(Conflict, match="budget of flights for this month is used up"):
        rules.check_budget("flights", 0)


def test_both_clocks_are_held_against_what_is_expected() -> None:
    expected = Expectation(
        project="p",
        view="v",
        newest_event_within_s=3600,
        materialized_within_s=86_400,
        set_by="ann",
        set_at=NOON,
    )
    assert rules.late("v", NOON, NOON, None, NOON) == []
    assert rules.late("v", NOON, NOON, expected, NOON + timedelta(hours=1)) == []
    [one] = rules.late("v", NOON, NOON, expected, NOON + timedelta(hours=3))
    assert one.message == "The newest event of v was 3 h ago; expected within 1 h."
    both = rules.late("v", None, None, expected, NOON)
    assert [one.message for one in both] == [
        "v has no event; expected within 1 h.",
        "v was never materialised; expected within 1 d.",
    ]
    [stale] = rules.late("v", NOON, NOON - 2 * DAY, expected, NOON)
    assert stale.message == "v was last materialised up to 2 d ago; expected within 1 d."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (90, "1.5 min"), (3600, "1 h"), (400 * 86_400, "400 d"), (1e9, "31.7 years")],
)
def test_spans_are_said_in_their_largest_unit(seconds: float, words: str) -> None:
    assert rules.span(seconds) == words


def test_targets_have_names_for_sentences_and_books() -> None:
    target = Target(kind="service", name="flights_late")
    assert str(target) == "the feature service 'flights_late'"
    assert rules.pipeline_name(target) == "materialize flights_late"
