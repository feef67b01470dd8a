"""Remembers the runs that were shown lately, so that a list that is asked again reads nothing."""

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Final

from octavo_server.database.rows import Database
from octavo_server.experiments.runs import store
from octavo_server.experiments.runs.domain import Run
from octavo_server.experiments.runs.index.project import Slice

#: Runs that are remembered.
MOST: Final = 2_000
#: A run with more metrics, parameters and tags than this is read anew each time.
LARGEST: Final = 500


class Shelf:
    """Runs by id, each as of one revision."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, Run] = OrderedDict()
        self._lock = threading.Lock()

    def runs(self, project: str, part: Slice) -> list[Run]:
        """Return the runs of a slice in its order; one that is gone meanwhile is left out."""
        wanted = dict(zip(part.run_ids, part.revisions, strict=True))
        with self._lock:
            found = {
                run_id: run
                for run_id, revision in wanted.items()
                if (run := self._kept.get(run_id)) is not None and run.revision == revision
            }
            for run_id in found:
                self._kept.move_to_end(run_id)
        missing = [run_id for run_id in wanted if run_id not in found]
        if missing:
            with self._database.read() as rows:
                read = store.runs_by_id(rows, project, missing)
            found.update((run.run_id, run) for run in read)
            self._keep(read)
        return [_titled(found[one], part) for one in part.run_ids if one in found]

    def _keep(self, runs: list[Run]) -> None:
        with self._lock:
            for run in runs:
                if len(run.latest) + len(run.params) + len(run.tags) <= LARGEST:
                    self._kept[run.run_id] = run
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


def _titled(run: Run, part: Slice) -> Run:
    title = part.titles.get(run.experiment_id, run.experiment)
    return run if title == run.experiment else replace(run, experiment=title)
