"""What a person should know of the limits that their workspace ran into, though it lives on."""

from __future__ import annotations

from octavo.local.confinement import Limits
from octavo.local.control_groups import Counters
from octavo_hub.failure import Failure
from octavo_hub.local.amounts import amount

BUSY_PERIODS = 100
"""Periods of a tenth of a second, so 10 s at work, before a share of them says anything."""
HELD_SHARE = 0.9
"""Share of these in which it was made to wait, from which on a person should know."""


def incidents(before: Counters, now: Counters, limits: Limits) -> list[Failure]:
    """Return what happened between two looks, each as a sentence and what to do."""
    found = (
        _memory(before, now, limits),
        _processes(before, now, limits),
        _cpu(before, now, limits),
    )
    return [one for one in found if one is not None]


def _memory(before: Counters, now: Counters, limits: Limits) -> Failure | None:
    ended = now.memory_kills - before.memory_kills
    if ended <= 0 or limits.memory_bytes is None:
        return None
    what = "a process (often a notebook's kernel)" if ended == 1 else f"{ended} processes"
    return Failure(
        kind="out_of_memory",
        sentence=f"The workspace reached its limit of {amount(limits.memory_bytes)} of memory, "
        f"so {what} had to be ended.",
        action="Load less at once, shut down notebooks you don't use, or choose a larger profile.",
    )


def _processes(before: Counters, now: Counters, limits: Limits) -> Failure | None:
    refused = now.refused_processes - before.refused_processes
    if refused <= 0:
        return None
    return Failure(
        kind="limit",
        sentence=f"The workspace reached its limit of {limits.processes} processes and threads; "
        f"{refused} more {'was' if refused == 1 else 'were'} not started.",
        action="End what you don't need, or use fewer workers (n_jobs, num_workers).",
    )


def _cpu(before: Counters, now: Counters, limits: Limits) -> Failure | None:
    periods, held = now.periods - before.periods, now.throttled - before.throttled
    if periods < BUSY_PERIODS or held < HELD_SHARE * periods:
        return None
    return Failure(
        kind="limit",
        sentence=f"The workspace used all of its {limits.cpus:g} CPU and had to wait for more in "
        f"{held / periods:.0%} of the last {periods / 10:.0f} seconds at work.",
        action="Nothing is lost, it only takes longer; a profile with more CPU is faster.",
    )
