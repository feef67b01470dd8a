"""What people do with runs besides looking: tags, baselines and saved views."""

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.experiments.runs.baselines import Baselines
from octavo_server.experiments.runs.domain import Baseline
from octavo_server.experiments.runs.ports import TagWriter
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.experiments.runs.tagging import TagChange, Tagging, TagResult
from octavo_server.experiments.runs.views import Views
from octavo_server.identity import Caller


class RunActions:
    """Changes what the project keeps about its runs."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        runs: ExperimentsService,
        tracking: TagWriter,
    ) -> None:
        self.views = Views(database, audit)
        self._runs = runs
        self._baselines = Baselines(audit)
        self._tagging = Tagging(tracking, audit)

    def pin(self, caller: Caller, project: str, run_id: str) -> Baseline:
        """Make a run the baseline of its experiment. Raises NotFound."""
        return self._baselines.pin(caller, project, self._runs.run(project, run_id))

    def unpin(self, caller: Caller, project: str, run_id: str) -> None:
        """Leave a run's experiment without a baseline. Raises NotFound where it is none."""
        self._baselines.unpin(caller, project, self._runs.run(project, run_id))

    def tag(self, caller: Caller, project: str, change: TagChange) -> TagResult:
        """Change tags of many runs. Raises Invalid or NotFound, before anything is changed."""
        ids = list(dict.fromkeys(change.runs))
        found = self._tagging.apply(caller, project, change, self._runs.runs(project, ids))
        self._runs.catch_up()
        return found
