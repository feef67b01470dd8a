"""One request on its way through an engine, and which ones go together."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from octavo_scorer.errors import ModelFailed, ScorerError, Unavailable
from octavo_scorer.frames import Answer, Rows
from octavo_scorer.limits import Limits


@dataclass(eq=False, slots=True)
class Work:
    """One request on its way through the engine."""

    rows: Rows
    """What to score."""
    answered: asyncio.Future[bytes]
    """Its predictions, as a JSON list."""
    alone: bool = False
    """True: it was in a batch that ended its engine, so it doesn't share one again."""
    expiry: asyncio.TimerHandle | None = None
    """What answers it when its time is up."""

    def fail(self, error: ScorerError) -> None:
        """Answer with an error, unless it is answered already."""
        if not self.answered.done():
            self.answered.set_exception(error)

    def settle(self, answer: Answer) -> None:
        """Answer with what the engine said, unless it is answered already."""
        if self.answered.done():
            return
        if answer.message:
            self.answered.set_exception(ModelFailed(answer.message, answer.remedy))
        else:
            self.answered.set_result(answer.predictions)


def take(waiting: deque[Work], limits: Limits, *, together: bool) -> list[Work]:
    """Remove and return the requests to score next: one, or all that fit together."""
    batch: list[Work] = []
    rows = 0
    while waiting:
        work = waiting[0]
        if work.answered.done():  # expired, or its caller is gone
            waiting.popleft()
            continue
        alone = work.alone or not together
        full = rows + work.rows.size > limits.batch_rows or len(batch) >= limits.batch_requests
        if batch and (alone or full):
            break
        batch.append(waiting.popleft())
        rows += work.rows.size
        if alone:
            break
    return batch


def fatal(why: str, work: Work, limits: Limits, reason: str) -> ScorerError:
    """Say to the one caller whose rows an engine didn't survive what they did."""
    rows = "row" if work.rows.size == 1 else "rows"
    if reason == "hung":
        return Unavailable(
            f"The model gave no answer for {work.rows.size} {rows} within {limits.answer_s:g} s.",
            "Try the same rows in a workspace; the model was started again.",
        )
    return Unavailable(
        f"The model's process {why} while it scored {work.rows.size} {rows}.",
        "Try the same rows in a workspace; the model was started again.",
    )
