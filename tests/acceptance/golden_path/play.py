"""Plays steps one after the other, times them, and keeps a picture of what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.golden_path.story import Story

Evidence = dict[str, Any]
"""What a step shows for itself: real ids, digests and figures."""
LONGEST_ERROR = 2_000


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the golden path."""

    name: str
    """Stable name."""
    act: Callable[[Story], Evidence]
    """Does it and returns its evidence; raises when anything isn't as it must be."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """How a step went."""

    step: str
    """The step's name."""
    ok: bool
    """Whether everything in it held."""
    seconds: float
    """How long it took."""
    evidence: Evidence
    """The step's own, or what went wrong."""

    def line(self) -> dict[str, Any]:
        """Return the report as its JSON line has it."""
        return {
            "step": self.step,
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "evidence": self.evidence,
        }


def play(story: Story, steps: Sequence[Step], pictures: Path) -> Iterator[Report]:
    """Yield a report a step. After a failure the rest is reported as not played."""
    broken = ""
    for step in steps:
        if broken:
            why = {"error": f"not played, because the step {broken!r} failed"}
            yield Report(step=step.name, ok=False, seconds=0.0, evidence=why)
            continue
        report = _play(story, step, pictures)
        broken = "" if report.ok else step.name
        yield report


def _play(story: Story, step: Step, pictures: Path) -> Report:
    begun = time.monotonic()
    try:
        evidence, ok = step.act(story), True
    except Exception as error:  # noqa: BLE001 - whatever fails is what the play is there to report
        evidence, ok = _failure(story, step, error, pictures), False
    return Report(step=step.name, ok=ok, seconds=time.monotonic() - begun, evidence=evidence)


def _failure(story: Story, step: Step, error: Exception, pictures: Path) -> Evidence:
    said = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    taken = [
        str(desk.photograph(pictures, f"golden-path-{step.name}-{desk.person}"))
        for desk in story.desks.values()
    ]
    complaints = [line for desk in story.desks.values() for line in desk.complaints]
    return {"error": said, "pictures": taken, "page_errors": complaints[-5:]}
