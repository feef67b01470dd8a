"""A platform service with many runs in its read model, for a browser to look at.

``python -m benchmarks.panels.served FOLDER PORT RUNS [live]`` prints one line once it answers, and
ends when its standard input is closed. Callers are the people of `tests.support.people`: a token
is its owner's name. With `live` the newest run trains, and another begins every few seconds.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from benchmarks.panels.mlflow_rows import metrics_of, params_of, run_id
from tests.support.people import FakeHub

from octavo_server.app import create_app
from octavo_server.database.rows import Database
from octavo_server.experiments.runs import store
from octavo_server.experiments.runs.domain import Run, RunStatus, Sync, TrackedExperiment, point_of
from octavo_server.guard import Guard
from octavo_server.identity import Identity
from octavo_server.prepare import prepare
from octavo_server.settings import Settings
from octavo_server.wiring.services import build_services

PROJECT = "flights"
EXPERIMENT = TrackedExperiment(experiment_id="1", project=PROJECT, name="flights/late-arrivals")
AT_ONCE = 2_000
APART = timedelta(minutes=1)
BEAT_S = 1.0
NEW_RUN_EVERY = 4


def main() -> None:
    """Prepare the folder, fill the read model, and serve."""
    folder, port, runs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    settings = settle(folder, port)
    services = build_services(settings)
    fill(services.database, runs)
    keeper = Keeper(services.database, runs, live="live" in sys.argv[4:])
    threading.Thread(target=keeper.keep, daemon=True).start()
    threading.Thread(target=end_with_input, daemon=True).start()
    identity = Identity(FakeHub(), services.run_tokens)
    guard = Guard(identity, services.projects, services.database, services.audit)
    app = create_app(services, guard)
    sys.stdout.write(f"{runs} runs at {port}\n")
    sys.stdout.flush()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def settle(folder: Path, port: int) -> Settings:
    """Make the state of an installation in the folder; return its settings."""
    tokens = folder / "state" / "tokens"
    tokens.mkdir(parents=True, exist_ok=True)
    for name in ("octavo", "tracking", "worker"):
        (tokens / name).write_text(f"{name}-service")
    settings = Settings(home=folder, port=port)
    prepare(settings)
    return settings


def fill(database: Database, runs: int) -> None:
    """Write the runs into the read model, the newest with the highest number."""
    newest = datetime.now(UTC)
    for first in range(0, runs, AT_ONCE):
        with database.write() as rows:
            store.save_experiments(rows, [EXPERIMENT], 1)
            some = [
                run_of(number, newest - (runs - number) * APART)
                for number in range(first, min(first + AT_ONCE, runs))
            ]
            store.save_runs(rows, some, 1)
            store.save_sync(rows, Sync(boot="made", revision=1, synced_at=newest, swept_at=newest))


def run_of(number: int, at: datetime, *, live: bool = False, steps: int = 0) -> Run:
    """Return a run with 10 metrics and 10 parameters; a live one's metrics rise with its steps."""
    rise = {"auc": min(0.99, 0.5 + steps / 100)} if live else {}
    points = {
        name: point_of(value, steps, at) for name, value in (metrics_of(number) | rise).items()
    }
    failed = RunStatus.FAILED if number % 100 == 7 else RunStatus.FINISHED
    return Run(
        run_id=run_id(number),
        project=PROJECT,
        experiment_id=EXPERIMENT.experiment_id,
        name=f"train #{number}",
        status=RunStatus.RUNNING if live else failed,
        owner=f"person{number % 20}",
        started_at=at,
        ended_at=None if live else at + timedelta(seconds=45 + number % 100),
        latest=points,
        params=params_of(number),
        tags=tags_of(number),
        models=number % 3,
    )


def tags_of(number: int) -> dict[str, str]:
    """Return the tags that Octavo and a person give a run."""
    tags = {"team": ("ops", "science", "sales")[number % 3], "octavo.profile": "cpu-small"}
    tags["octavo.notebook.path"] = f"flights/train-{number % 7}.ipynb"
    if number % 30 == 1:
        tags["octavo.registered"] = f"flights-late/{number // 30 % 40 + 1}"
    return tags


class Keeper:
    """Stands in for the worker: says that the model agrees with MLflow, and lets runs live."""

    def __init__(self, database: Database, runs: int, *, live: bool) -> None:
        self._database = database
        self._next = runs
        self._live = live
        self._revision = 1
        self._began = datetime.now(UTC)

    def keep(self) -> None:
        """Do so once a second until the process ends."""
        for beat in ticks():
            now = datetime.now(UTC)
            with self._database.write() as rows:
                if self._live:
                    self._revision += 1
                    store.save_runs(rows, self._lived(beat, now), self._revision)
                ahead = now + timedelta(seconds=BEAT_S * 2)
                state = Sync(boot="made", revision=self._revision, synced_at=ahead, swept_at=now)
                store.save_sync(rows, state)

    def _lived(self, beat: int, now: datetime) -> list[Run]:
        step = beat % NEW_RUN_EVERY
        if step:
            return [run_of(self._next, self._began, live=True, steps=step * 10)]
        ended = run_of(self._next, self._began) if beat else None
        self._next += 1 if beat else 0
        self._began = now
        begun = run_of(self._next, now, live=True)
        return [begun, ended] if ended else [begun]


def ticks() -> Iterator[int]:
    """Count the seconds."""
    beat = 0
    while True:
        yield beat
        beat += 1
        time.sleep(BEAT_S)


def end_with_input() -> None:
    """End when whoever started this has gone."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
