"""The worker: ``python -m octavo_server.worker``.

It executes replays and runs through the durable executor, turns schedules into runs, and does the
periodic tasks of all areas. It imports none of the engines that notebooks use.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from octavo_server.adapters.dbos_executor import DbosExecutor
from octavo_server.adapters.worker_rows import WorkerRows
from octavo_server.dispatch import Dispatcher
from octavo_server.errors import OctavoError
from octavo_server.notebooks.replays import Replays
from octavo_server.periodic import PeriodicTask, PeriodicTasks
from octavo_server.pipelines.graphs.orchestrator import Orchestrator
from octavo_server.pipelines.runs.attempts import Attempts
from octavo_server.pipelines.runs.usage import RunUsage
from octavo_server.pipelines.runs.work import WorkBook
from octavo_server.pipelines.schedules.ticker import Ticker
from octavo_server.pipelines.schedules.triggers import Watch
from octavo_server.settings import load_settings
from octavo_server.wiring.batches import build_batch_execution
from octavo_server.wiring.materialization import build_execution
from octavo_server.wiring.services import Services, build_services, periodic_tasks

log = logging.getLogger("octavo.worker")

STOP_WITHIN_S = 10
SOON_S = 0.05
"""Seconds between two looks for runs: a trivial one takes a few tenths of a second in all."""


class Worker:
    """One worker process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        state = services.settings.state
        self._ready = state / "worker.ready"
        self._rows = WorkerRows(services.database, state / "worker.lock", services.clock)
        self.replays = _replays(services, self._rows)
        self.attempts = _attempts(services, self._rows)
        self._executor = DbosExecutor(
            services.settings.worker_database, services.settings.run_places
        )
        parts = services.runs
        self.materializations = build_execution(
            services,
            services.features.catalog,
            services.features.materialization,
            parts.ledger,
            parts.profiles,
            self._rows,
        )
        self.batches = build_batch_execution(
            services, services.deployments.catalog, parts.ledger, parts.profiles, self._rows
        )
        self.feature_changes = services.features.applier(self._rows)
        self._tasks = PeriodicTasks([*self._making_runs(), *self._keeping()])

    def _making_runs(self) -> list[PeriodicTask]:
        """Return what makes runs and hands them over."""
        services = self._services
        common = services.database, services.audit
        pipelines = services.pipelines
        ticker = Ticker(*common, pipelines.definitions, services.clock)
        watch = Watch(
            *common, pipelines.trigger_book, pipelines.definitions, pipelines.runs, services.clock
        )
        graphs = Orchestrator(
            *common, services.notebooks, pipelines.runs, services.runs.inputs, services.clock
        )
        soon = Dispatcher(
            self._executor, {"run": self.attempts.queued, "replay": self.replays.waiting}
        )
        later = Dispatcher(
            self._executor,
            {
                "run": self.attempts.left_behind,
                "materialization": self.materializations.waiting,
                "batch": self.batches.waiting,
            },
        )
        return [
            PeriodicTask(name="runs", period_s=SOON_S, call=soon.step),
            PeriodicTask(name="other work", period_s=0.5, call=later.step),
            PeriodicTask(name="schedules", period_s=0.2, call=ticker.tick),
            PeriodicTask(name="graphs", period_s=0.3, call=graphs.step),
            PeriodicTask(name="triggers", period_s=2.0, call=watch.step),
            PeriodicTask(name="backfills", period_s=1.0, call=pipelines.backfills.step),
        ]

    def _keeping(self) -> list[PeriodicTask]:
        """Return what keeps books and everything else up to date."""
        services = self._services
        usage = RunUsage(services.database, services.runs.ledger, self._rows, services.clock)
        return [
            PeriodicTask(name="run usage", period_s=30.0, call=usage.step),
            PeriodicTask(name="feature changes", period_s=1.0, call=self.feature_changes.step),
            PeriodicTask(name="heartbeat", period_s=5.0, call=self._beat),
            *periodic_tasks(services),
        ]

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raises Conflict while another worker lives here."""
        self._rows.enter()
        handlers = {
            "replay": self.replays.run,
            "run": self.attempts.run,
            "materialization": self.materializations.run,
            "batch": self.batches.run,
        }
        self._services.runs.runner.warm_up()
        self._executor.start(handlers)
        self._tasks.start()
        _announce(self._ready)
        log.info("ready")
        stop.wait()
        log.info("stopping")
        self._ready.unlink(missing_ok=True)
        self.feature_changes.stop()
        self.materializations.stop()
        self.batches.stop()
        self.attempts.stop()
        self.replays.stop()
        self._executor.stop(STOP_WITHIN_S)
        self._services.runs.runner.close()
        for name in self._tasks.stop(STOP_WITHIN_S):
            log.warning("%s did not end within %s s", name, STOP_WITHIN_S)
        self._rows.leave()

    def _beat(self) -> None:
        self._rows.beat(self._tasks.state())


def _replays(services: Services, workers: WorkerRows) -> Replays:
    parts = services.runs
    return Replays(
        database=services.database,
        audit=services.audit,
        runner=parts.runner,
        blobs=parts.blobs,
        profiles=parts.profiles,
        inputs=parts.inputs,
        environment=parts.environment,
        workers=workers,
        clock=services.clock,
    )


def _attempts(services: Services, workers: WorkerRows) -> Attempts:
    parts = services.runs
    return Attempts(
        database=services.database,
        audit=services.audit,
        lineage=services.lineage,
        notebooks=services.notebooks,
        runs=services.pipelines.runs,
        book=WorkBook(
            policy=services.policy,
            notebooks=services.notebooks,
            runs=services.pipelines.runs,
            profiles=parts.profiles,
            inputs=parts.inputs,
            blobs=parts.blobs,
        ),
        runner=parts.runner,
        blobs=parts.blobs,
        environment=parts.environment,
        ledger=parts.ledger,
        signer=services.signer,
        workers=workers,
        clock=services.clock,
    )


def _announce(path: Path) -> None:
    """Write the file that says this process is ready; whoever reads it sees it whole."""
    part = path.with_suffix(".part")
    part.write_text(f"{os.getpid()}\n")
    part.rename(path)


def main() -> int:
    """Work until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()

    def ask(_number: int, _frame: Any) -> None:
        stop.set()

    signals: Mapping[int, Any] = {signal.SIGTERM: ask, signal.SIGINT: ask}
    for number, handler in signals.items():
        signal.signal(number, handler)
    try:
        Worker(build_services(load_settings())).run(stop)
    except OctavoError as error:
        log.error("%s %s", error.message, error.remedy)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
