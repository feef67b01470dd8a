"""When a workspace stops by itself: only what is known stops it, and a running cell never does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.profiles import profile
from tests.support.sessions import HOUR, MINUTE, SECOND, T0, probe, session

from octavo_server.errors import IllegalMove
from octavo_server.workspaces.sessions import idleness
from octavo_server.workspaces.sessions.domain import Session, SessionState

CPU = profile(idle_minutes=60, extension_minutes=30, longest_hours=8.0)
GPU = profile(
    idle_minutes=60, gpu_idle_minutes=15, gpu=1, gpu_type="A100", longest_hours=8.0,
    extension_minutes=30,
)  # fmt: skip


def _probed(at: datetime, one: Session | None = None, **more: Any) -> Session:
    return idleness.probed(one or session(), probe(at, **more), at)


def test_without_a_fresh_probe_nothing_is_idle() -> None:
    late = T0 + 5 * HOUR
    assert idleness.idle_stop(session(), CPU, late) is None
    stale = _probed(late - 91 * SECOND)
    assert idleness.idle_stop(stale, CPU, late) is None
    assert idleness.due(stale, CPU, late) is None
    assert idleness.activity_now(stale, late) == "unknown"
    fresh = _probed(late - 89 * SECOND)
    assert idleness.due(fresh, CPU, late) == "idle"


def test_the_countdown_runs_from_the_last_activity() -> None:
    quiet = _probed(T0 + 30 * MINUTE, activity_at=T0 + 20 * MINUTE)
    stop = idleness.idle_stop(quiet, CPU, T0 + 30 * MINUTE)
    assert stop is not None
    assert (stop.at, stop.reason) == (T0 + 80 * MINUTE, "idle")
    never = idleness.idle_stop(_probed(T0 + MINUTE), CPU, T0 + MINUTE)
    assert never is not None
    assert never.at == T0 + HOUR


@pytest.mark.parametrize("busy", [{"busy_kernels": 1}, {"active_terminals": 1}])
def test_a_running_cell_or_a_terminal_at_work_is_never_idle(busy: dict[str, int]) -> None:
    at = T0 + 7 * HOUR
    working = _probed(at, activity_at=T0, **busy)
    assert idleness.idle_stop(working, CPU, at) is None
    assert idleness.idle_stop(working, GPU, at) is None
    done = _probed(at + 30 * SECOND, working)
    stop = idleness.idle_stop(done, CPU, at + 30 * SECOND)
    assert stop is not None
    assert stop.at == at + HOUR


def test_a_cell_of_many_hours_outlives_every_idle_limit_but_not_the_longest_life() -> None:
    one = session()
    for minute in range(8 * 60):
        now = T0 + minute * MINUTE
        one = _probed(now, one, busy_kernels=1)
        assert idleness.due(one, CPU, now) is None
    assert idleness.due(one, CPU, T0 + 8 * HOUR) == "longest_life"


def test_an_unused_gpu_stops_a_workspace_in_which_no_cell_runs() -> None:
    at = T0 + 20 * MINUTE
    unused = _probed(at, gpu_percent=1.0, activity_at=at)
    assert idleness.due(unused, GPU, at) == "gpu_idle"
    assert idleness.due(unused, CPU, at) is None
    used = _probed(at, gpu_percent=60.0, activity_at=T0)
    assert used.activity == "gpu"
    assert idleness.due(used, GPU, at) is None
    unknown = _probed(at, gpu_percent=None, activity_at=at)
    assert idleness.due(unknown, GPU, at) is None


def test_an_unused_gpu_beside_a_running_cell_is_only_a_reason_to_hand_off() -> None:
    at = T0 + 20 * MINUTE
    running = _probed(at, gpu_percent=0.0, busy_kernels=1)
    assert idleness.due(running, GPU, at) is None
    assert idleness.gpu_rests(running, GPU, at)
    assert not idleness.gpu_rests(running, CPU, at)
    at_work = _probed(at, gpu_percent=90.0, busy_kernels=1)
    assert not idleness.gpu_rests(at_work, GPU, at)


def test_gpu_use_seen_from_outside_counts_too() -> None:
    at = T0 + 20 * MINUTE
    seen = idleness.gpu_seen(_probed(at, gpu_percent=0.0), 50.0, at)
    stop = idleness.idle_stop(seen, GPU, at)
    assert stop is not None
    assert (stop.at, stop.reason) == (at + 15 * MINUTE, "gpu_idle")
    assert idleness.gpu_seen(seen, None, at + MINUTE) == seen


def test_one_extension_puts_both_stops_off_and_no_second_one() -> None:
    at = T0 + 70 * MINUTE
    longer = idleness.extended(_probed(at, gpu_percent=0.0), GPU, at)
    assert longer.extended_until == at + 30 * MINUTE
    assert idleness.due(longer, GPU, at) is None
    again = _probed(at + 30 * MINUTE, longer, gpu_percent=0.0)
    assert idleness.due(again, GPU, at + 30 * MINUTE) in {"idle", "gpu_idle"}
    with pytest.raises(IllegalMove, match="The one extension was taken"):
        idleness.extended(longer, GPU, at)


def test_an_extension_counts_from_where_the_idle_stop_would_have_been() -> None:
    at = T0 + 20 * MINUTE
    idle = _probed(at)
    stop = idleness.idle_stop(idle, CPU, at)
    assert stop is not None
    longer = idleness.extended(idle, CPU, at)
    assert longer.extended_until == stop.at + CPU.extension_minutes * MINUTE
    busy = idleness.extended(_probed(at, busy_kernels=1), CPU, at)
    assert busy.extended_until == at + (CPU.idle_minutes + CPU.extension_minutes) * MINUTE


def test_an_extension_is_no_way_around_the_longest_life() -> None:
    at = T0 + 8 * HOUR - 10 * MINUTE
    longer = idleness.extended(session(), CPU, at)
    assert longer.extended_until == T0 + 8 * HOUR
    assert idleness.due(longer, CPU, T0 + 8 * HOUR) == "longest_life"


@pytest.mark.parametrize(
    ("one", "rule", "sentence"),
    [
        (session(state=SessionState.QUEUED), CPU, "is queued: only one that runs"),
        (session(), profile(title="Small CPU", extension_minutes=0), "Small CPU has no extension"),
        (
            session(stop_at=T0 + HOUR, stop_reason="quota"),
            CPU,
            "UTC whatever happens in it; an extension would change nothing",
        ),
    ],
)
def test_an_extension_is_refused_with_the_reason(one: Session, rule: Any, sentence: str) -> None:
    with pytest.raises(IllegalMove, match=sentence):
        idleness.extended(one, rule, T0)


def test_an_order_to_stop_is_due_at_its_time() -> None:
    one = session(stop_at=T0 + HOUR, stop_reason="quota")
    assert idleness.due(one, CPU, T0 + HOUR - SECOND) is None
    assert idleness.due(one, CPU, T0 + HOUR) == "quota"


def test_what_still_starts_is_not_idle_and_what_waits_has_no_life_yet() -> None:
    starting = session(state=SessionState.STARTING, ready_at=None)
    assert idleness.idle_stop(starting, CPU, T0 + 5 * HOUR) is None
    queued = session(state=SessionState.QUEUED, started_at=None)
    assert idleness.life_ends(queued, CPU) is None
    assert idleness.due(queued, CPU, T0 + 500 * HOUR) is None


def test_an_older_probe_and_one_from_the_future_change_nothing_that_counts() -> None:
    now = T0 + 10 * MINUTE
    newest = _probed(now, busy_kernels=1)
    assert idleness.probed(newest, probe(now - MINUTE), now) is newest
    future = idleness.probed(session(), probe(now + 9 * HOUR, activity_at=now + 9 * HOUR), now)
    assert future.probed_at == now
    assert future.active_at == now


@given(
    minutes=st.lists(st.integers(1, 30), min_size=1, max_size=30),
    busy=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_a_stop_is_never_due_while_the_newest_probe_saw_work(
    minutes: list[int], busy: list[bool]
) -> None:
    one, now = session(), T0
    for step, works in zip(minutes, busy, strict=False):
        now += timedelta(minutes=step)
        one = _probed(now, one, busy_kernels=int(works), gpu_percent=0.0)
        life = now - T0 >= 8 * HOUR
        if works and not life:
            assert idleness.due(one, GPU, now) is None
        stop = idleness.idle_stop(one, CPU, now)
        if stop is not None:
            assert one.active_at is None or stop.at >= one.active_at + HOUR
