"""One engine, the requests that wait for it, and what is done when it hangs, ends or grows.

While the engine predicts, requests gather; when it is done, all that wait go to it together.  So
nobody waits for company: an idle engine gets a single request at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

from octavo_scorer.errors import Busy, ScorerError, Unavailable
from octavo_scorer.frames import (
    Answers,
    Load,
    Loaded,
    Predict,
    Refused,
    Report,
    Rows,
    framed,
)
from octavo_scorer.limits import (
    MOST_FAILURES,
    Limits,
    Memory,
    has_room,
    look_at_memory,
    wait_s,
)
from octavo_scorer.metrics import ScorerMetrics
from octavo_scorer.process import EngineProcess
from octavo_scorer.work import Work, fatal, take

SPARE_AFTER_S = 10.0
"""Seconds after which an engine gets a spare: not while its first requests come."""
WATCH_S = 1.0
"""Seconds between two looks at an engine's memory."""

log = logging.getLogger("octavo.scorer")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How an engine is started."""

    folder: Path
    """The verified model."""
    kind: str
    """onnx or pyfunc."""
    threads: int
    """Threads of one prediction."""
    provider: str
    """cpu, cuda or auto."""


class Lane:
    """Keeps one engine alive and busy."""

    def __init__(
        self, plan: Plan, limits: Limits, metrics: ScorerMetrics, give_up: Callable[[str], None]
    ) -> None:
        self.plan = plan
        self._limits = limits
        self._metrics = metrics
        self._give_up = give_up
        self._loop = asyncio.get_running_loop()
        self._engine: _Engine | None = None
        self._next: _Engine | None = None
        self._spare: _Engine | None = None
        """A process that has imported all and loaded nothing: it saves seconds when needed."""
        self._waiting: deque[Work] = deque()
        self._busy: list[Work] = []
        self._hang: asyncio.TimerHandle | None = None
        self._failures = 0
        self._closing = False
        self._paused = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> bool:
        """True while an engine holds the model."""
        return self._engine is not None

    async def start(self) -> Loaded:
        """Start the first engine. Raises Unavailable when the model can't be loaded."""
        self._engine = await self._launch()
        self._spawn(self._watch())
        return self._engine.loaded

    async def score(self, rows: Rows) -> bytes:
        """Return predictions as a JSON list. Raises ScorerError."""
        if len(self._waiting) >= self._limits.waiting:
            raise Busy(
                f"{len(self._waiting):,} requests wait for the model already.",
                "Try again in a second, send fewer at a time, or ask for a larger profile.",
            )
        work = Work(rows=rows, answered=self._loop.create_future())
        work.expiry = self._loop.call_later(self._limits.answer_s, self._expire, work)
        self._waiting.append(work)
        self._pump()
        try:
            return await work.answered
        finally:
            work.expiry.cancel()

    async def close(self) -> None:
        """End the engine now; what waits is answered with an error."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        for work in (*self._waiting, *self._busy):
            work.fail(Unavailable("The scorer is ending.", "Try again in a few seconds."))
        for engine in (self._engine, self._next, self._spare):
            if engine is not None:
                await engine.process.end()
        self._engine = self._next = self._spare = None

    def _pump(self) -> None:
        """Give the engine what waits, when it is free."""
        if self._busy or self._paused:
            return
        if self._next is not None:
            old, self._engine, self._next = self._engine, self._next, None
            if old is not None:
                self._spawn(old.process.end())
        engine = self._engine
        if engine is None:
            return
        batch = take(self._waiting, self._limits, together=engine.loaded.together)
        if not batch:
            return
        try:
            frame = framed(Predict(requests=[work.rows for work in batch]))
        except ScorerError as error:
            self._refuse(batch, error)
            return
        self._busy = batch
        self._metrics.batched(len(batch))
        self._hang = self._loop.call_later(self._limits.answer_s, self._hung, engine)
        engine.process.tell_frame(frame)

    def _refuse(self, batch: list[Work], error: ScorerError) -> None:
        """Answer the request that no frame holds; the others of its batch go one by one."""
        if len(batch) == 1:
            batch[0].fail(error)
        else:
            self._again(batch)
        self._loop.call_soon(self._pump)

    def _heard(self, engine: _Engine, report: Report) -> None:
        if not isinstance(report, Answers):
            engine.settle(report)
            return
        if engine is not self._engine or len(report.answers) != len(self._busy):
            engine.process.kill()
            return
        self._free()
        batch, self._busy = self._busy, []
        self._failures = 0
        self._pump()
        for work, answer in zip(batch, report.answers, strict=True):
            work.settle(answer)

    def _hung(self, engine: _Engine) -> None:
        log.error("no prediction within %g s: the engine is started again", self._limits.answer_s)
        engine.reason = "hung"
        engine.process.kill()

    def _ended(self, engine: _Engine, why: str) -> None:
        """Answer or keep what an ended engine held, and start another."""
        if engine is self._spare:
            self._spare = None
            return
        engine.settle(Refused(message=f"The model's process {why} while loading.", remedy=""))
        if engine is not self._engine:
            return
        log.error("the engine %s", why)
        self._metrics.engine_ended(engine.reason)
        self._free()
        batch, self._busy = self._busy, []
        self._engine = None
        if len(batch) == 1:
            batch[0].fail(fatal(why, batch[0], self._limits, engine.reason))
        else:
            self._again(batch)
        if not self._closing:
            self._spawn(self._recover())

    def _again(self, batch: list[Work]) -> None:
        """Put requests back in front, each for itself: one of them may be the culprit."""
        for work in reversed(batch):
            work.alone = True
            self._waiting.appendleft(work)

    def _expire(self, work: Work) -> None:
        work.fail(
            Unavailable(
                f"No prediction within {self._limits.answer_s:g} s.",
                "Send fewer rows, try again, or ask for a larger profile.",
            )
        )

    def _free(self) -> None:
        if self._hang is not None:
            self._hang.cancel()
            self._hang = None

    async def _recover(self) -> None:
        """Start engines until one loads; give up after some in a row."""
        while self._engine is None:
            self._failures += 1
            await asyncio.sleep(wait_s(self._failures))
            try:
                self._engine = await self._launch()
            except ScorerError as error:
                log.exception("the model was not loaded again")
                if self._failures >= MOST_FAILURES:
                    self._give_up(error.message)
                    return
        self._pump()

    async def _launch(self) -> _Engine:
        plan = self.plan
        engine, self._spare = self._spare, None
        if engine is None:
            engine = _Engine(self)
            await engine.process.start(plan.kind)
        engine.process.tell(
            Load(
                folder=str(plan.folder),
                kind=plan.kind,
                threads=plan.threads,
                provider=plan.provider,
                max_rows=self._limits.rows,
            )
        )
        try:
            async with asyncio.timeout(self._limits.load_s):
                engine.loaded = await engine.settled
        except TimeoutError as error:
            await engine.abandon()
            raise Unavailable(
                f"The model was not loaded within {self._limits.load_s:g} s.",
                "See the scorer's log for what it waits for.",
            ) from error
        except BaseException:
            await engine.abandon()
            raise
        engine.loaded_bytes = engine.process.resident_bytes()
        engine.loaded_at = self._loop.time()
        return engine

    async def _watch(self) -> None:
        """Renew an engine whose memory grows towards the bound."""
        while True:
            await asyncio.sleep(WATCH_S)
            engine = self._engine
            if engine is None or self._next is not None:
                continue
            await self._prepare(engine)
            now = engine.process.resident_bytes()
            self._metrics.engine_memory(now)
            decision = look_at_memory(now, engine.loaded_bytes, self._limits.memory_bytes)
            if decision is Memory.KEEP:
                continue
            log.warning("the engine grew from %d to %d bytes", engine.loaded_bytes, now)
            self._metrics.engine_ended("memory")
            if decision is Memory.RENEW_AFTER:
                engine.reason = "memory"
                await self._renew_after(engine)
            else:
                await self._renew_beside()

    async def _prepare(self, engine: _Engine) -> None:
        """Start a spare beside an engine that has run for a while, where memory allows it."""
        old = self._loop.time() - engine.loaded_at >= SPARE_AFTER_S
        if self._spare is None and old and has_room(engine.loaded_bytes, self._limits.memory_bytes):
            self._spare = _Engine(self)
            await self._spare.process.start(self.plan.kind)

    async def _renew_beside(self) -> None:
        try:
            self._next = await self._launch()
        except ScorerError:
            log.exception("the engine was not renewed")
            return
        self._pump()

    async def _renew_after(self, engine: _Engine) -> None:
        """End an engine between two batches; requests wait until another has loaded."""
        self._paused = True
        while self._busy:
            await asyncio.wait([work.answered for work in self._busy], timeout=WATCH_S)
        self._paused = False
        if self._engine is engine:
            self._engine = None
            await engine.process.end()
            await self._recover()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Engine:
    """An engine process and what is known of it."""

    def __init__(self, lane: Lane) -> None:
        self.process = EngineProcess(
            lambda report: lane._heard(self, report),  # noqa: SLF001 - the lane's own
            lambda why: lane._ended(self, why),  # noqa: SLF001 - the lane's own
        )
        self.settled: asyncio.Future[Loaded] = asyncio.get_running_loop().create_future()
        self.loaded = Loaded(together=False, device="cpu", seconds=0)
        self.loaded_bytes = 0
        self.loaded_at = 0.0
        self.reason = "ended"
        """Why it ended, for the counters: ended, hung or memory."""

    def settle(self, report: Report) -> None:
        """Say how loading went."""
        if self.settled.done():
            return
        if isinstance(report, Loaded):
            self.settled.set_result(report)
        elif isinstance(report, Refused):
            self.settled.set_exception(Unavailable(report.message, report.remedy))

    async def abandon(self) -> None:
        """End it without another word."""
        self.process.kill()
        await self.process.end()
