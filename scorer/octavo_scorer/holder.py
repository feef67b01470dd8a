"""Holds the model that answers now: loads, verifies and swaps it without dropping a request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from octavo_scorer.contract import Contract
from octavo_scorer.converted import Converted, read_converted
from octavo_scorer.errors import Busy, ScorerError
from octavo_scorer.formats import Batch
from octavo_scorer.frames import Rows
from octavo_scorer.lane import Lane, Plan
from octavo_scorer.limits import Limits
from octavo_scorer.manifest import read_manifest, verify_files
from octavo_scorer.metrics import ScorerMetrics
from octavo_scorer.model_folder import read_model_contract

log = logging.getLogger("octavo.scorer")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which model this is."""

    name: str
    """The registered model."""
    version: str
    """Its version."""
    digest: str
    """SHA-256 of its signed manifest."""


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """Where a model lies, and what its bytes have to be."""

    folder: Path
    """Folder with MLmodel."""
    manifest: Path | None
    """File with {"files": {path: SHA-256}} as signed; None: nothing to compare with."""
    identity: Identity
    """Which model it claims to be."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How engines run."""

    engine: str
    """auto, onnx or pyfunc; auto takes onnx where the model was converted."""
    threads: int
    """Threads of one prediction."""
    provider: str
    """cpu, cuda or auto."""


class Held:
    """One model with its engines."""

    def __init__(
        self,
        identity: Identity,
        contract: Contract,
        converted: Converted | None,
        lane: Lane,
        original: Callable[[], Lane],
    ) -> None:
        """``original`` makes the lane of the model itself, for what ``converted`` can't take."""
        self.identity = identity
        self.contract = contract
        self._converted = converted
        self._lane = lane
        self._make_original = original
        self._original: asyncio.Task[Lane] | None = None
        self._scoring = 0
        self._unused = asyncio.Event()

    @property
    def engine(self) -> str:
        """Onnx or pyfunc."""
        return self._lane.plan.kind

    @property
    def ready(self) -> bool:
        """True while the model is in memory."""
        return self._lane.ready

    async def score(self, batch: Batch) -> bytes:
        """Return predictions as a JSON list.

        Rows of a kind on which the converted form was not proven go to the model itself, which
        is loaded when the first such rows come.
        """
        self._scoring += 1
        try:
            return await self._score(batch)
        finally:
            self._scoring -= 1
            if not self._scoring:
                self._unused.set()

    async def _score(self, batch: Batch) -> bytes:
        rows = Rows(columns=dict(batch.columns), tensor=batch.tensor, size=batch.size)
        if self._converted is None or self._converted.stands_in(batch):
            return await self._lane.score(rows)
        if self._original is None:
            self._original = asyncio.create_task(_started(self._make_original()))
        try:
            lane = await asyncio.shield(self._original)
        except ScorerError:
            self._original = None
            raise
        return await lane.score(rows)

    async def drain(self) -> None:
        """Let all that it was asked be answered, then end the engines; nobody may ask it more."""
        while self._scoring:
            self._unused.clear()
            await self._unused.wait()
        await self.close()

    async def close(self) -> None:
        """End the engines now."""
        for lane in await self._lanes():
            await lane.close()

    async def _lanes(self) -> list[Lane]:
        if self._original is None:
            return [self._lane]
        found = (await asyncio.gather(self._original, return_exceptions=True))[0]
        return [self._lane, found] if isinstance(found, Lane) else [self._lane]


async def _started(lane: Lane) -> Lane:
    try:
        await lane.start()
    except BaseException:
        await lane.close()
        raise
    return lane


class Holder:
    """The model that answers, and the one that is about to."""

    def __init__(
        self,
        limits: Limits,
        runtime: Runtime,
        metrics: ScorerMetrics,
        give_up: Callable[[str], None],
    ) -> None:
        self.limits = limits
        self._runtime = runtime
        self._metrics = metrics
        self._give_up = give_up
        self._held: Held | None = None
        self._swapping = asyncio.Lock()
        self._draining: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> Held | None:
        """The model that answers; None before the first is loaded."""
        return self._held

    async def load(self, files: ModelFiles) -> Held:
        """Verify and load a model, then let it answer instead of the present one.

        The present one answers until the other is in memory and has predicted on its example;
        what it was asked it still answers. Raises ScorerError: then nothing has changed.
        """
        if self._swapping.locked():
            raise Busy("Another model is being loaded.", "Try again when it is done.")
        async with self._swapping:
            try:
                held = await self._open(files)
            except ScorerError:
                self._metrics.swapped("refused")
                raise
            before, self._held = self._held, held
            identity = files.identity
            self._metrics.holds(identity.name, identity.version, identity.digest, held.engine)
            if before is not None:
                self._metrics.swapped("ok")
                task = asyncio.create_task(before.drain())
                self._draining.add(task)
                task.add_done_callback(self._draining.discard)
            log.info("%s v%s answers (%s)", identity.name, identity.version, held.engine)
            return held

    async def close(self) -> None:
        """End all engines."""
        for task in list(self._draining):
            task.cancel()
        if self._held is not None:
            await self._held.close()

    async def _open(self, files: ModelFiles) -> Held:
        # A thread: hashing a large model must not keep the present one from answering.
        await asyncio.to_thread(_verify, files)
        contract = read_model_contract(files.folder, self.limits.rows)
        converted = None if self._runtime.engine == "pyfunc" else read_converted(files.folder)
        kind = "pyfunc" if self._runtime.engine != "onnx" and converted is None else "onnx"
        lane = await _started(self._lane(files.folder, kind))
        return Held(
            files.identity, contract, converted, lane, lambda: self._lane(files.folder, "pyfunc")
        )

    def _lane(self, folder: Path, kind: str) -> Lane:
        plan = Plan(
            folder=folder,
            kind=kind,
            threads=self._runtime.threads,
            provider=self._runtime.provider,
        )
        return Lane(plan, self.limits, self._metrics, self._give_up)


def _verify(files: ModelFiles) -> None:
    if files.manifest is not None:
        verify_files(files.folder, read_manifest(files.manifest))
