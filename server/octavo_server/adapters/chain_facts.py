"""What other areas know about where a version came from and where it is live."""

from __future__ import annotations

from octavo_server.deployments.requests.service import RequestsService
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import NotFound, OctavoError
from octavo_server.experiments.cells.service import CellsService
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.runs.service import RunsService
from octavo_server.registry.proof.domain import Live

PRODUCTION = "prod"
AGREED = frozenset({"approved", "applied"})


class AreaFacts:
    """Asks the areas' services."""

    def __init__(
        self,
        *,
        experiments: ExperimentsService,
        cells: CellsService,
        pipelines: RunsService,
        notebooks: NotebooksService,
        rollouts: RolloutsService,
        requests: RequestsService,
    ) -> None:
        self._experiments = experiments
        self._cells = cells
        self._pipelines = pipelines
        self._notebooks = notebooks
        self._rollouts = rollouts
        self._requests = requests

    def run(self, project: str, run_id: str) -> str | None:
        """A run's name; None: MLflow has it no more."""
        try:
            found = self._experiments.run(project, run_id)
        except NotFound:
            return None
        return None if found.removed else f"{found.name} of {found.owner}"

    def notebook(self, project: str, sha256: str) -> str | None:
        """Where a notebook version is kept, in words; None: it isn't."""
        try:
            self._cells.version(project, sha256)
        except OctavoError:
            return None
        return f"Version {sha256[:12]} is kept with the runs it made"

    def release(self, project: str, pipeline_run: str) -> str | None:
        """The release that a pipeline run executed, in words; None: none that verifies."""
        try:
            run = self._pipelines.run(project, pipeline_run)
            if run.release is None or not self._notebooks.verify(project, run.release).ok:
                return None
            release = self._notebooks.release(project, run.release)
        except OctavoError:
            return None
        return f"Release {release.name} {release.number}, approved and verified just now"

    def live(self, project: str) -> list[Live]:
        """The versions that answer requests in production."""
        deployed = (view.deployment for view in self._rollouts.views(project))
        return [
            Live(
                deployment=one.name,
                environment=one.environment,
                name=one.model,
                version=version,
                approved=self._approved(project, one.name, version),
            )
            for one in deployed
            if one.environment == PRODUCTION
            for version in (one.stable_version, one.canary_version)
            if version is not None
        ]

    def _approved(self, project: str, deployment: str, version: int) -> str | None:
        for one in self._requests.of_deployment(project, deployment):
            if one.version == version and one.state.value in AGREED and one.reviewer:
                when = f" on {one.reviewed_at:%Y-%m-%d}" if one.reviewed_at else ""
                return f"{one.requested_by} asked, {one.reviewer} approved{when}"
        return None
