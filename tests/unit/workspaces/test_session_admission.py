"""Who may start now, who waits, and for how long: pure decisions, and what holds for all queues."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sessions import HOUR, MINUTE, SECOND, T0, held, room, want

from octavo_server.workspaces.sessions import admission
from octavo_server.workspaces.sessions.admission import Held, Want, free_now, prospects, turns


def _let_in(*waiting: Want, places: int = 10, taken: tuple[Held, ...] = (), at: int = 0) -> str:
    grants = turns([room()], taken, waiting, places, T0 + at * MINUTE)
    return " ".join(one.session for one in grants)


def test_who_comes_first_is_let_in_first_while_there_is_room() -> None:
    assert _let_in(want("a", 2), want("b", 2), want("c", 2)) == "a b"


def test_no_more_start_at_once_than_there_are_places() -> None:
    starting = held("x", ready_at=T0 + SECOND)
    assert _let_in(want("a", 1), want("b", 1), places=2, taken=(starting,)) == "a"
    assert _let_in(want("a", 1), places=1, taken=(starting,)) == ""


def test_memory_holds_up_as_cpu_does() -> None:
    assert _let_in(want("a", 1, 12), want("b", 1, 12)) == "a"


def test_how_many_fit_is_a_number_whatever_is_guaranteed() -> None:
    assert free_now([room()], [], [], want("a", 1, 2)) == 4
    assert free_now([room()], [], [], want("a", 1e-320, 1e-320)) == admission.MOST_TIMES
    assert free_now([room()], [held("x", 8)], [], want("a", 1e-320, 1)) == 0
    assert free_now([room()], [], [], want("a", 0, 0)) == 0


def test_gpus_are_leased_by_number_and_never_twice() -> None:
    taken = (held("x", gpus=(1,)),)
    grants = turns([room(16, 64, 4)], taken, [want("a", gpus=2), want("b", gpus=1)], 10, T0)
    assert [one.gpus for one in grants] == [(0, 2), (3,)]


def test_who_waits_for_a_gpu_does_not_hold_up_who_needs_none() -> None:
    late = T0 + HOUR
    waiting = [want("gpu", gpus=1), want("cpu", 2)]
    grants = turns([room(4, 16, 1)], [held("x", gpus=(0,))], waiting, 10, late)
    assert [one.session for one in grants] == ["cpu"]


def test_gpus_go_to_who_waited_first() -> None:
    waiting = [want("two", gpus=2), want("one", gpus=1)]
    one_free = [held("x", gpus=(0,))]
    rooms = [room(16, 64, 2)]
    assert [one.session for one in turns(rooms, one_free, waiting, 10, T0)] == ["one"]
    assert turns(rooms, one_free, waiting, 10, T0 + admission.PATIENCE) == []


def test_a_small_start_overtakes_a_large_one_only_for_a_while() -> None:
    taken = (held("x", 3),)
    waiting = (want("large", 4), want("small", 1))
    assert _let_in(*waiting, taken=taken) == "small"
    assert _let_in(*waiting, taken=taken, at=9) == "small"
    assert _let_in(*waiting, taken=taken, at=10) == ""


def test_what_fits_on_no_pool_waits_and_holds_nobody_up() -> None:
    assert _let_in(want("nowhere", 1, pools=()), want("a"), at=60) == "a"


def test_another_pool_is_taken_when_the_first_is_full() -> None:
    rooms = [room(1, 4, name="small"), room(4, 16, name="large")]
    both = [want(name, pools=("small", "large")) for name in "ab"]
    assert [one.pool for one in turns(rooms, [], both, 10, T0)] == ["small", "large"]


def test_the_wait_ends_when_a_place_or_a_room_is_foreseen_to_come_free() -> None:
    taken = [held("x", 4, ready_at=T0 + 5 * SECOND, free_at=T0 + 20 * MINUTE)]
    waiting = [want("a", 4, lasts=10 * MINUTE), want("b", 4)]
    first, second = prospects([room()], taken, waiting, 2, T0)
    assert (first.session, first.position, first.wait) == ("a", 1, 20 * MINUTE)
    assert (second.session, second.position, second.wait) == ("b", 2, 30 * MINUTE)
    assert (first.lacks, second.lacks) == ("cpu", "cpu")


def test_who_waits_for_a_place_waits_for_starts_to_be_done() -> None:
    taken = [held("x", ready_at=T0 + 5 * SECOND)]
    found = prospects([room(16, 64)], taken, [want("a"), want("b")], 1, T0)
    assert [one.wait for one in found] == [5 * SECOND, 15 * SECOND]
    assert [one.lacks for one in found] == ["place", "place"]


def test_a_wait_without_an_end_in_sight_is_said_as_the_farthest() -> None:
    found = prospects([room(1, 1)], [], [want("nowhere", pools=()), want("large", 8)], 1, T0)
    assert [one.wait for one in found] == [admission.FARTHEST] * 2
    assert [one.position for one in found] == [1, 2]


def test_free_now_counts_what_is_left_behind_the_queue() -> None:
    rooms, taken = [room(8, 32, 2)], [held("x", 2, 4)]
    assert admission.free_now(rooms, taken, [], want("", 2, 4)) == 3
    assert admission.free_now(rooms, taken, [want("a", 2, 4)], want("", 2, 4)) == 2
    assert admission.free_now(rooms, taken, [want("a", gpus=2)], want("", gpus=1)) == 0
    assert admission.free_now(rooms, taken, [], want("", pools=())) == 0


sizes = st.tuples(st.sampled_from([0.25, 0.5, 1, 2, 4]), st.sampled_from([0.5, 1, 4, 8]),
                  st.integers(0, 2))  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    wanted=st.lists(sizes, max_size=12),
    taken=st.lists(sizes, max_size=4),
    places=st.integers(0, 6),
    minutes=st.integers(0, 30),
)
def test_no_queue_is_ever_let_in_over_room_places_or_gpus(
    wanted: list[tuple[float, float, int]],
    taken: list[tuple[float, float, int]],
    places: int,
    minutes: int,
) -> None:
    machine = room(8, 16, 4)
    gpus, holding = list(range(4)), list[Held]()
    for count, (cpus, memory, number) in enumerate(taken):
        holding.append(held(f"h{count}", cpus, memory, tuple(gpus[:number])))
        del gpus[:number]
    waiting = [want(f"w{count}", *size) for count, size in enumerate(wanted)]
    grants = turns([machine], holding, waiting, places, T0 + minutes * MINUTE)
    by_name = {one.session: one for one in waiting}
    granted = [by_name[one.session].size for one in grants]
    own = [one.size for one in holding]
    assert len(grants) <= places
    assert len({one.session for one in grants}) == len(grants)
    if granted:
        assert sum(one.cpus for one in [*own, *granted]) <= 8 + 1e-6
        assert sum(one.memory_gib for one in [*own, *granted]) <= 16 + 1e-6
    leased = [number for one in [*holding, *grants] for number in one.gpus]
    assert len(leased) == len(set(leased))
    for one in grants:
        assert len(one.gpus) == by_name[one.session].size.gpus


@settings(max_examples=100, deadline=None)
@given(wanted=st.lists(sizes, min_size=1, max_size=10), places=st.integers(1, 4))
def test_nobody_starves_and_every_turn_comes_once(
    wanted: list[tuple[float, float, int]], places: int
) -> None:
    """Everything that fits at all gets its turn, though small ones come in all the time."""
    waiting = [want(f"w{count}", *size) for count, size in enumerate(wanted)]
    found = prospects([room(4, 8, 2)], [], waiting, places, T0)
    assert sorted(one.position for one in found) == list(range(1, len(waiting) + 1))
    assert all(one.wait < admission.FARTHEST for one in found)
    waits = [one.wait for one in found]
    assert waits == sorted(waits)


def test_a_large_start_gets_its_turn_though_small_ones_keep_coming() -> None:
    """A stream of small starts, one a minute: the large one is let in all the same."""
    now, holding = T0, [held(f"h{i}", 1, free_at=T0 + i * MINUTE) for i in range(4)]
    large = want("large", 4)
    queue = [large]
    for minute in range(120):
        now = T0 + minute * MINUTE
        holding = [one for one in holding if one.free_at > now]
        queue.append(want(f"s{minute}", 1, since=now))
        for grant in turns([room()], holding, queue, 10, now):
            if grant.session == "large":
                assert now - T0 < timedelta(minutes=30)
                return
            holding.append(held(grant.session, 1, free_at=now + 15 * MINUTE))
            queue = [one for one in queue if one.session != grant.session]
    raise AssertionError("the large start never got its turn")
