"""Executes notebooks as Jobs of a cluster, one a Job; they outlive the worker that asked for them.

The cluster and the claim are the memory: a Job has the name of its execution, so that a worker that
comes after takes it up where it is, and nothing is started twice.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from octavo.local.cluster import Cluster
from octavo_server.adapters import run_folder
from octavo_server.adapters.handed_files import lay_out
from octavo_server.adapters.job_api import JobApi
from octavo_server.adapters.job_manifests import Ground, job_of, name_of, secret_of
from octavo_server.adapters.job_status import JobSeen, seen
from octavo_server.adapters.run_log import RunLog
from octavo_server.adapters.run_results import Left, left_by
from octavo_server.deployments.rollouts.ports import ScorerProfiles, ScorerResources
from octavo_server.errors import Conflict, Unavailable
from octavo_server.execution import (
    WORKER_STOPS,
    Blobs,
    Ending,
    Execution,
    Failure,
    Happening,
    Order,
)
from octavo_server.job_settings import JobSettings

LOOK_S = 0.2
"""Seconds between two looks into the log."""
ASK_S = 2.0
"""Seconds between two questions to the cluster."""
GRACE_S = 30.0
"""Seconds that a run has to end after somebody asked, before its Job is deleted."""
HOME_MODE = 0o777
"""The kernel's user isn't the worker's; nobody else sees the folder: pods see their own alone."""
NOTEBOOK = "notebook.ipynb"
STOP = "stop"

log = logging.getLogger("octavo.worker")


class JobRunner:
    """Runs and replays in one namespace."""

    def __init__(
        self,
        settings: JobSettings,
        cluster: Cluster,
        api: JobApi,
        profiles: ScorerProfiles,
        blobs: Blobs,
        paths: Mapping[str, str],
    ) -> None:
        """``paths`` are beginnings of paths and addresses here -> in pods."""
        if settings.runs_folder is None:  # the settings were checked at start
            raise ValueError("runs_folder isn't set")
        self._settings = settings
        self._cluster = cluster
        self._api = api
        self._profiles = profiles
        self._blobs = blobs
        self._paths = paths
        self._folder = settings.runs_folder

    def execute(
        self,
        order: Order,
        *,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> Execution:
        """Run ``order`` as :class:`octavo_server.execution.Runner` says, or take up its Job.

        Raises Unavailable while the cluster can't start it.
        """
        name = name_of(order.id)
        place = self._folder / name
        ground = Ground(
            settings=self._settings,
            cluster=self._cluster,
            resources=self._granted(order),
            paths=self._paths,
        )
        if self._api.job(name) is None:
            _lay_out(place, order)
            lay_out(order, place / "home", self._blobs)
        job = self._api.make(job_of(order, ground))
        self._api.put_secret(secret_of(order, ground, job))
        follow = _Follow(self._api, self._settings, order, place, happened, stop)
        try:
            ending, message = follow.until_over()
        finally:
            follow.log.close()
        return self._collected(order, follow, place, ending, message)

    def outlives(self, execution: str) -> bool:
        """Whether the execution is there though its worker is gone. Raises Unavailable."""
        return self._api.job(name_of(execution)) is not None

    def sweep(self, execution: str) -> int:
        """Delete the execution's Job and folder; return how many Jobs there were."""
        name = name_of(execution)
        dropped = self._api.drop(name)
        shutil.rmtree(self._folder / name, ignore_errors=True)
        return int(dropped)

    def warm_up(self) -> None:
        """Do nothing: the cluster starts pods when there is an order."""

    def close(self) -> None:
        """Leave the cluster alone; its Jobs go on."""
        self._api.close()

    def _granted(self, order: Order) -> ScorerResources:
        found = self._profiles.resources(order.profile)
        if found is None:
            raise Unavailable(
                f"There is no profile {order.profile!r} to run it with.",
                "Give the release a profile that exists.",
            )
        return found

    def _collected(
        self, order: Order, follow: _Follow, place: Path, ending: Ending, message: str
    ) -> Execution:
        left = Left()
        if ending is not Ending.LEFT:
            try:
                succeeded = ending is Ending.SUCCEEDED
                left = left_by(order, place, place / "home", self._blobs, succeeded=succeeded)
            except Conflict as error:
                ending, message = Ending.FAILED, f"{error.message} {error.remedy}".strip()
        said = follow.log.finished or {}
        return Execution(
            ending=ending,
            message=message,
            seconds=float(said.get("seconds", follow.elapsed_s)),
            failure=follow.failure,
            output=left.output,
            files=left.files,
            packages=left.packages,
            python=left.python,
            peak_memory_mib=said.get("peak_memory_mib"),
            account=f"pod {place.name}",
            cpu_s=float(said.get("cpu_s", 0.0)),
        )


class _Follow:
    """Follows one Job: its log, what the cluster says, and whether somebody wants it to end."""

    def __init__(
        self,
        api: JobApi,
        settings: JobSettings,
        order: Order,
        place: Path,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> None:
        self._api = api
        self._start_limit_s = float(settings.runs_start_seconds)
        self._order = order
        self._place = place
        self._stop = stop
        self._began = time.monotonic()
        self._asked_to_end: float | None = None
        self._reason = ""
        self._seen = JobSeen(over=False, started=False, words="The cluster has it.")
        self._ask_at = 0.0
        self.log = RunLog(place, order, happened)
        self.failure: Failure | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since this worker has followed it."""
        return round(time.monotonic() - self._began, 3)

    @property
    def _started(self) -> bool:
        return self._seen.started or self.log.began

    def until_over(self) -> tuple[Ending, str]:
        """Wait for the end; return how it ended and why."""
        while True:
            if (said := self._last_word()) is not None:
                return self._told(said)
            self._ask()
            if self._seen.over:
                said = self._last_word()
                return self._ended() if said is None else self._told(said)
            if self._reason_to_leave():
                return Ending.LEFT, WORKER_STOPS
            if given_up := self._given_up():
                return Ending.FAILED, given_up
            time.sleep(LOOK_S)

    def _last_word(self) -> Mapping[str, object] | None:
        self.log.read()
        return self.log.finished

    def _ask(self) -> None:
        now = time.monotonic()
        if now < self._ask_at:
            return
        self._ask_at = now + ASK_S
        name = self._place.name
        try:
            job = self._api.job(name)
            pods = self._api.pods(name) if job is not None else ()
        except Unavailable as error:
            # The run goes on without the API; its log is on the claim.
            log.warning("%s", error.message)
            return
        if job is None:
            self._seen = replace(self._seen, over=True, words="Somebody deleted its Job.")
        else:
            self._seen = seen(job, pods)

    def _reason_to_leave(self) -> bool:
        """Tell the runner what people ask; True: this worker ends, and the run goes on."""
        asked = self._stop()
        if asked == WORKER_STOPS:
            return True
        now = time.monotonic()
        if asked and self._asked_to_end is None:
            self._reason, self._asked_to_end = asked, now
            _write(self._place / STOP, asked.encode())
        if self._asked_to_end is not None and now - self._asked_to_end > GRACE_S:
            with suppress(Unavailable):
                self._api.drop(self._place.name)
        return False

    def _given_up(self) -> str:
        if self._started or not (self._seen.hopeless or self.elapsed_s > self._start_limit_s):
            return ""
        with suppress(Unavailable):
            self._api.drop(self._place.name)
        return f"It never started: {self._seen.words}"

    def _told(self, said: Mapping[str, object]) -> tuple[Ending, str]:
        self.failure = self.log.failure
        message = str(said.get("message", ""))
        if said.get("ok"):
            return Ending.SUCCEEDED, message
        if said.get("stopped"):
            return Ending.STOPPED, self._reason or message
        self._ask_at = 0.0
        self._ask()
        if self._seen.out_of_memory:
            return Ending.FAILED, self._over_memory()
        return Ending.FAILED, message

    def _ended(self) -> tuple[Ending, str]:
        """Return how a run ended that has no last word."""
        self.failure = self.log.failure
        if self._reason:
            return Ending.STOPPED, self._reason
        if self._seen.out_of_memory:
            return Ending.FAILED, self._over_memory()
        if not self._started:
            return Ending.FAILED, f"It never started: {self._seen.words}"
        return Ending.VANISHED, self._seen.words

    def _over_memory(self) -> str:
        most = self._order.limits.memory_mib
        cell = "The run" if self.log.cell is None else f"Cell {self.log.cell + 1}"
        message = f"{cell}: it used more memory than its profile allows ({most:,} MiB)."
        place = self.log.cell
        source = self.failure.source if self.failure else ""
        self.failure = Failure(
            cell=place, source=source, ename="LimitReached", evalue=message, traceback=""
        )
        return message


def _lay_out(place: Path, order: Order) -> None:
    """Make the run's folder whole before there is a pod; one that a dead worker began is redone."""
    shutil.rmtree(place, ignore_errors=True)
    try:
        (place / run_folder.OWN).mkdir(mode=0o700, parents=True)
        for folder in (place / "home", place / "home" / "files"):
            folder.mkdir()
            folder.chmod(HOME_MODE)
        _write(place / NOTEBOOK, order.notebook)
    except OSError as error:
        raise Unavailable(
            f"The folder of runs, {place.parent}, can't be written: {error.strerror}.",
            "See whether the claim of OCTAVO_RUNS_CLAIM is mounted there and has room left.",
        ) from error


def _write(file: Path, content: bytes) -> None:
    part = file.with_suffix(".part")
    part.write_bytes(content)
    part.rename(file)
