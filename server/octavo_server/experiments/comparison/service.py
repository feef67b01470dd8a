"""Compares runs of a project."""

from collections.abc import Sequence

from octavo_server.experiments.comparison import rules
from octavo_server.experiments.comparison.domain import Comparison
from octavo_server.experiments.runs.service import ExperimentsService


class ComparisonService:
    """Runs of a project side by side."""

    def __init__(self, runs: ExperimentsService) -> None:
        self._runs = runs

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
            curves=self._runs.curves(runs),
        )
