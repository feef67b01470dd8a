"""Compares runs of a project."""

import logging
from collections.abc import Sequence
from typing import Final

from octavo_server.errors import Unavailable
from octavo_server.experiments.comparison import rules
from octavo_server.experiments.comparison.domain import Comparison
from octavo_server.experiments.comparison.ports import Histories
from octavo_server.experiments.runs.service import ExperimentsService, Run

#: Metrics that are offered as curves, and that MLflow is asked about at a time.
MOST_CURVES: Final = 500
#: Runs that MLflow is asked about: who compares more looks at parallel coordinates.
MOST_ASKED: Final = 10
logger = logging.getLogger(__name__)


class ComparisonService:
    """Runs of a project side by side."""

    def __init__(self, runs: ExperimentsService, histories: Histories) -> None:
        self._runs = runs
        self._histories = histories

    def compare(self, project: str, run_ids: Sequence[str]) -> Comparison:
        """Two or more runs side by side. Raises Invalid or NotFound."""
        ids = rules.checked_ids(run_ids)
        runs = tuple(self._runs.run(project, run_id) for run_id in ids)
        found = rules.lines(runs)
        fields = rules.shown(found, len(runs))
        return Comparison(
            runs=runs,
            fields=fields,
            different=sum(line.differs for line in found),
            left_out=len(found) - len(fields),
            curves=tuple(sorted(self._with_history(runs))[:MOST_CURVES]),
        )

    def _with_history(self, runs: Sequence[Run]) -> set[str]:
        """Metrics with more than one value; what was never logged with a step MLflow knows."""
        found = rules.stepped(runs)
        for run in runs[:MOST_ASKED]:
            unknown = sorted(run.latest.keys() - found)[:MOST_CURVES]
            if not unknown:
                continue
            try:
                found |= self._histories.repeated(run.run_id, unknown)
            except Unavailable as error:
                logger.warning("curves without steps are left out: %s", error.message)
                break
        return found
