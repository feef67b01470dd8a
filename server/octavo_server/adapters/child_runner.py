"""Executes notebooks in runner processes, each kernel under a run account of its own.

Runners are started before they are needed, up to a number that the settings give, and each is used
once: then an order waits for its cells alone.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from octavo.local.accounts import AccountError, Accounts
from octavo_server.adapters.handed_files import lay_out
from octavo_server.adapters.run_log import RunLog
from octavo_server.adapters.run_orders import told
from octavo_server.adapters.run_results import Left, left_by
from octavo_server.adapters.run_unit import RunUnit, sweep
from octavo_server.errors import Conflict, OctavoError, Unavailable
from octavo_server.execution import (
    WORKER_STOPS,
    Blobs,
    Ending,
    Execution,
    Happening,
    Limits,
    Order,
)

log = logging.getLogger("octavo.worker")

LOOK_EVERY_S = 0.2
CLOSE_WITHIN_S = 5.0
"""Seconds that ending waits for a start that is being given up."""
GRACE_S = 15.0
"""Seconds that a runner has to end a run that is over its time or is to be stopped."""


class ChildRunner:
    """Executes one order at a time per calling thread; the thread waits for the child."""

    def __init__(
        self, accounts: Accounts, folder: Path, blobs: Blobs, most: int = 64, warm: int = 0
    ) -> None:
        """``warm`` is how many runners are kept ready; ``most`` how many accounts there are."""
        self._accounts = accounts
        self.folder = folder
        self._blobs = blobs
        self._most = most
        self._warm = warm
        self._ready: deque[RunUnit] = deque()
        self._starting: set[RunUnit] = set()
        self._filling = threading.Lock()
        self._closed = threading.Event()

    def execute(
        self,
        order: Order,
        *,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> Execution:
        """Run ``order`` as :class:`octavo_server.execution.Runner` says."""
        try:
            unit = self._taken()
        except Unavailable:
            if not self._closed.is_set():
                raise
            # Not the run's failure: it is told as every run is that the worker's end cuts short.
            return Execution(ending=Ending.STOPPED, message=WORKER_STOPS, seconds=0.0)
        note = self.folder / f"{order.id}.unit"
        try:
            note.write_text(unit.id)
            watched = self._run(order, unit, happened, stop)
            unit.end()
            return self._collect(order, unit, watched)
        finally:
            unit.remove()
            note.unlink(missing_ok=True)
            self.warm_up()

    def warm_up(self) -> None:
        """Start runners in the background until as many are ready as there should be."""
        if self._warm and not self._closed.is_set():
            threading.Thread(target=self._fill, name="warm-runners", daemon=True).start()

    def waiting(self) -> list[RunUnit]:
        """Return the runners that are ready for an order."""
        return list(self._ready)

    def close(self) -> None:
        """End the runners that nobody used, and those still starting; it waits for no start."""
        self._closed.set()
        for unit in tuple(self._starting):
            unit.process.kill()
        held = self._filling.acquire(timeout=CLOSE_WITHIN_S)
        try:
            while self._ready:
                self._ready.pop().remove()
        finally:
            if held:
                self._filling.release()

    def outlives(self, execution: str) -> bool:
        """No: a runner ends with the process that started it."""
        return False

    def sweep(self, execution: str) -> int:
        """End every process of the runner that ``execution`` was given to."""
        note = self.folder / f"{execution}.unit"
        with suppress(FileNotFoundError):
            return sweep(note.read_text())
        return 0

    def _taken(self) -> RunUnit:
        while self._ready:
            with suppress(IndexError):
                unit = self._ready.popleft()
                if unit.usable():
                    return unit
                unit.remove()
        return self._started()

    def _started(self) -> RunUnit:
        try:
            unit = RunUnit(self._accounts, self.folder, self._most)
        except AccountError as error:
            raise Unavailable(
                f"No run account is free: {error}", "Wait for a run to end."
            ) from error
        self._starting.add(unit)
        try:
            if self._closed.is_set():  # close() may have looked before this one was there
                raise Unavailable(WORKER_STOPS, "Start Octavo again.")
            unit.wait_ready()
        except BaseException:
            unit.remove()
            raise
        finally:
            self._starting.discard(unit)
        return unit

    def _fill(self) -> None:
        with self._filling:
            while len(self._ready) < self._warm and not self._closed.is_set():
                try:
                    self._ready.append(self._started())
                except (OctavoError, OSError) as error:
                    if self._closed.is_set():
                        return
                    log.warning("no runner could be made ready: %s", error)
                    return

    def _run(
        self,
        order: Order,
        unit: RunUnit,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> _Watch:
        watch = _Watch(order, unit, happened, stop)
        try:
            lay_out(order, unit.home, self._blobs)
            unit.send(told(order).to_json())
            watch.until_over()
        finally:
            watch.close()
        return watch

    def _collect(self, order: Order, unit: RunUnit, watch: _Watch) -> Execution:
        """Read what the child left; its folder belongs to the services again."""
        try:
            if watch.ending is Ending.VANISHED:
                watch.message += unit.last_words()
            succeeded = watch.ending is Ending.SUCCEEDED
            left = left_by(order, unit.place, unit.home, self._blobs, succeeded=succeeded)
        except Conflict as error:
            left = Left()
            watch.ending, watch.message = Ending.FAILED, f"{error.message} {error.remedy}".strip()
        return Execution(
            ending=watch.ending,
            message=watch.message,
            seconds=watch.seconds,
            failure=watch.log.failure,
            output=left.output,
            files=left.files,
            packages=left.packages,
            python=left.python,
            peak_memory_mib=round(watch.peak / 2**20, 1) or None,
            account=watch.account,
            cpu_s=round(watch.cpu_s, 3),
        )


class _Watch:
    """Follows one runner: its log, its time, and whether a person wants it stopped."""

    def __init__(
        self,
        order: Order,
        unit: RunUnit,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> None:
        self._limits: Limits = order.limits
        self._unit = unit
        self._stop = stop
        self.log = RunLog(unit.place, order, happened)
        self._began = time.monotonic()
        self._stopped = ""
        self._deadline: float | None = None
        self.ending = Ending.VANISHED
        self.message = ""
        self.peak = 0.0
        self.cpu_s = 0.0
        self.seconds = 0.0
        self.account = unit.account.name if unit.account.own else ""

    def until_over(self) -> None:
        """Wait for the runner's end, or end it."""
        while not self._unit.wait(LOOK_EVERY_S):
            self.log.read()
            self._hurry()
        self.log.read()
        self.seconds = round(time.monotonic() - self._began, 3)
        self._conclude()

    def close(self) -> None:
        """Close the log."""
        self.log.close()

    def _hurry(self) -> None:
        """Ask the runner to end, and kill it where it doesn't."""
        now = time.monotonic()
        if self._deadline is not None:
            if now > self._deadline:
                self._unit.process.kill()
            return
        asked = self._stop()
        if asked:
            self._stopped, self._deadline = asked, now + GRACE_S
            self._unit.send(json.dumps({"stop": asked}))
        elif now - self._began > self._limits.wall_s + GRACE_S:
            self.message = f"It took longer than its limit of {self._limits.wall_s:g} s."
            self._deadline = now

    def _conclude(self) -> None:
        code = self._unit.process.returncode
        said = self.log.finished
        if self._stopped and not (said and said["ok"]):
            self.ending, self.message = Ending.STOPPED, self._stopped
        elif self.message:
            self.ending = Ending.FAILED
        elif said is not None:
            self.ending = Ending.SUCCEEDED if said["ok"] else Ending.FAILED
            self.message = str(said["message"])
        else:
            self.ending = Ending.VANISHED
            self.message = f"The runner's process is gone without a word (exit status {code})."
        if said is not None:
            self.peak = float(said["peak_memory_mib"]) * 2**20
            self.cpu_s = float(said["cpu_s"])
