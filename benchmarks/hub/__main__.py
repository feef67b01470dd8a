"""Measure Octavo's hub beside a bare JupyterHub; `make bench-hub` runs it.

The last line is one JSON object::

    {"decision_p95_ms", "burst_lost", "burst_double", "queue_position_s", "hub_cpu_added_pct", ...}

- ``decision_p95_ms``: what the platform's decision and grant add to a spawn, 95th percentile of
  requests as the hub sends them, while other workspaces run
- ``burst_lost`` / ``burst_double``: of 100 people who ask within a second, a quarter of whom close
  the tab, with the hub killed and started again in the middle: people without a workspace in the
  end, and people with two
- ``queue_position_s``: the longest that anyone waited to be told their place, or that it is their
  turn (without the restart)
- ``hub_cpu_added_pct``: CPU of the hub's process at 300 quiet workspaces, less a bare JupyterHub's
  at 300, in percent of one core
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from typing import Any

import httpx
from benchmarks.hub import hubs
from benchmarks.hub.people import Person, leave, signed_in

BARE_PORT = 45_000
DECISIONS = 200
STARTED_BEFORE_KILL = 20
ALL_READY_S = 240.0
WATCH_S = 60.0
AT_ONCE = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure Octavo's hub.")
    parser.add_argument("--people", type=int, default=100, help="people in the burst")
    parser.add_argument("--servers", type=int, default=300, help="quiet workspaces")
    given = parser.parse_args()
    say(f"a burst of {given.people} people")
    figures = asyncio.run(burst(given.people))
    say(f"{given.servers} quiet workspaces on each hub")
    figures |= asyncio.run(quiet(given.servers))
    print(json.dumps(figures))


def say(text: str) -> None:
    """Tell what is being done, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def names(count: int) -> list[str]:
    """Return sign-in names."""
    return [f"person{number:03}" for number in range(count)]


async def burst(count: int) -> dict[str, Any]:
    """Return the figures of two bursts: one undisturbed, one with the hub killed in it."""
    with hubs.octavo(names(count), OCTAVO_CONCURRENT_STARTS="10") as hub:
        people = await signed_in(hub.url, names(count), hubs.PASSWORD)
        await ask(hub, people)
        await until_ready(hub, people)
        told = [one.told_after_s for one in people if one.told_after_s is not None]
        refused = sorted({str(one.status) for one in people if one.status not in {201, 202}})
        say(f"told after {max(told):.2f} s at most, {statistics.median(told):.2f} s mostly")
        await stop_all(hub, people)
        lost, double = await burst_with_restart(hub, people)
        await leave(people)
    return {
        "burst_lost": lost,
        "burst_double": double,
        "queue_position_s": round(max(told), 3) if len(told) == count else None,
        "refused": refused,
    }


async def ask(hub: hubs.Hub, people: list[Person]) -> None:
    """Let all ask at once; some cut a websocket beside it."""
    asking = [one.ask(dict(hub.options)) for one in people]
    cutting = [one.abandon_socket() for one in people if not one.patient]
    await asyncio.gather(*asking, *cutting)


async def burst_with_restart(hub: hubs.Hub, people: list[Person]) -> tuple[int, int]:
    """Kill the hub in the middle of a burst, start it again; return (lost, double)."""
    asking = asyncio.create_task(ask(hub, people))
    await asyncio.to_thread(until_in_the_middle, hub, len(people))
    say(f"killing the hub with {len(hub.feathers())} workspaces started")
    await asyncio.to_thread(hub.running().kill_hub)
    await asyncio.gather(asking, return_exceptions=True)
    await asyncio.to_thread(hub.running().start_hub)
    say("the hub is back")
    missing = await until_ready(hub, people)
    double = sum(count > 1 for count in hub.feathers().values())
    await stop_all(hub, people)
    return missing, double


def until_in_the_middle(hub: hubs.Hub, count: int) -> None:
    """Wait until the platform keeps everyone's request and some workspaces have started."""
    deadline = time.monotonic() + ALL_READY_S
    while hub.open_sessions() < count or len(hub.feathers()) < STARTED_BEFORE_KILL:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {hub.open_sessions()} of {count} requests arrived")
        time.sleep(0.05)


async def until_ready(hub: hubs.Hub, people: list[Person]) -> int:
    """Wait until all have a workspace; return how many have none when the time is over."""
    wanted = {one.name for one in people}
    deadline = time.monotonic() + ALL_READY_S
    while missing := wanted - await asyncio.to_thread(hub.ready):
        if time.monotonic() > deadline:
            say(f"without a workspace: {sorted(missing)[:5]} of {len(missing)}")
            return len(missing)
        await asyncio.sleep(0.5)
    return 0


async def stop_all(hub: hubs.Hub, people: list[Person]) -> None:
    """Stop everyone's workspace and wait until nothing runs."""
    for one in people:
        await asyncio.to_thread(hub.admin.delete, f"/users/{one.name}/server")
        one.status, one.told_after_s, one.messages = None, None, []
    deadline = time.monotonic() + ALL_READY_S
    while hub.feathers():
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(hub.feathers())} workspaces didn't stop")
        await asyncio.sleep(0.2)


async def quiet(count: int) -> dict[str, Any]:
    """Return what 300 quiet workspaces cost the hub, and what a decision costs beside them."""
    with hubs.bare(BARE_PORT) as other:
        await fill(other, count)
        theirs = await cpu_percent(other)
    say(f"bare hub: {theirs:.2f} % of a core")
    with hubs.octavo(names(count), OCTAVO_CONCURRENT_STARTS="20") as hub:
        await fill(hub, count)
        ours = await cpu_percent(hub)
        say(f"Octavo's hub: {ours:.2f} % of a core")
        decisions = await asyncio.to_thread(decision_ms, hub)
    return {
        "decision_p95_ms": round(statistics.quantiles(decisions, n=20)[-1], 1),
        "decision_p50_ms": round(statistics.median(decisions), 1),
        "hub_cpu_added_pct": round(ours - theirs, 2),
        "hub_cpu_pct": round(ours, 2),
        "bare_hub_cpu_pct": round(theirs, 2),
        "servers": count,
    }


async def fill(hub: hubs.Hub, count: int) -> None:
    """Start ``count`` workspaces, some at a time, and close the tabs."""
    people = await signed_in(hub.url, names(count), hubs.PASSWORD)
    gate = asyncio.Semaphore(AT_ONCE)

    async def start(person: Person) -> None:
        async with gate:
            await person.ask(dict(hub.options))

    await asyncio.gather(*(start(one) for one in people))
    if missing := await until_ready(hub, people):
        raise SystemExit(f"{missing} of {count} workspaces didn't start")
    await leave(people)


async def cpu_percent(hub: hubs.Hub) -> float:
    """Return the CPU of the hub's process over a quiet minute, in percent of one core."""
    before, begun = hub.cpu_s(), time.monotonic()
    await asyncio.sleep(WATCH_S)
    return 100 * (hub.cpu_s() - before) / (time.monotonic() - begun)


def decision_ms(hub: hubs.Hub) -> list[float]:
    """Return how long the platform took for each decision and grant, in milliseconds."""
    token = {"Authorization": f"Bearer {hub.running().token('spawner')}"}
    base = f"http://127.0.0.1:{hub.running().port + 2}/services/octavo/api/v1/workspaces"
    took = []
    with httpx.Client(base_url=base, headers=token, timeout=30, trust_env=False) as platform:
        for number in range(DECISIONS):
            choice = {"person": f"guest{number}", "groups": ["scientists"], **hub.options}
            begun = time.monotonic()
            platform.post("/decision", json=choice).raise_for_status()
            opened = platform.post("/sessions", json=choice)
            took.append(1000 * (time.monotonic() - begun))
            opened.raise_for_status()
            until = {"until": opened.json()["requested_at"], "reason": "stopped"}
            platform.post(f"/sessions/{opened.json()['id']}/end", json=until).raise_for_status()
    return took


if __name__ == "__main__":
    main()
