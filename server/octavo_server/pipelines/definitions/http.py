"""Routes of pipelines."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.pipelines import (
    ApplyRequest,
    DefinitionText,
    Pipeline,
    PipelineList,
    PipelineRequest,
    PipelineRun,
    PipelineText,
    Plan,
    RunRequest,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.pipelines.definitions.editing import Editing
from octavo_server.pipelines.definitions.service import DefinitionsService

BASE = "/projects/{project}/pipelines"
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of the page.")]
Cursor = Annotated[str | None, Query(max_length=20, description="From the last page.")]


def routes(service: DefinitionsService, editing: Editing, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("pipelines")

    @router.get(BASE)
    def list_pipelines(
        project: str,
        limit: Limit = 50,
        cursor: Cursor = None,
        caller: Caller = guard.needs("pipelines.read"),
    ) -> PipelineList:
        """List the pipelines by name."""
        return service.pipelines(project, limit=limit, cursor=cursor)

    @router.post(BASE, status_code=201)
    def create_pipeline(
        project: str, body: PipelineRequest, caller: Caller = guard.needs("pipelines.create")
    ) -> Pipeline:
        """Make a pipeline of a release, or give an existing one another release."""
        return editing.create(caller, project, body)

    @router.get(f"{BASE}/{{name}}")
    def read_pipeline(
        project: str, name: str, caller: Caller = guard.needs("pipelines.read")
    ) -> Pipeline:
        """Read a pipeline."""
        return service.pipeline(project, name)

    @router.post(f"{BASE}/{{name}}/runs", status_code=201)
    def start_run(
        project: str, name: str, body: RunRequest, caller: Caller = guard.needs("pipelines.run")
    ) -> PipelineRun:
        """Start a run with typed parameters."""
        return service.start(caller, project, name, body.parameters)

    _texts(router, service, editing, guard)
    return router


def _texts(router: APIRouter, service: DefinitionsService, editing: Editing, guard: Guard) -> None:
    @router.post(f"{BASE}/plan")
    def plan_pipeline(
        project: str, body: DefinitionText, caller: Caller = guard.needs("pipelines.read")
    ) -> Plan:
        """Say what applying a `pipeline.yaml` would change; nothing is changed."""
        return editing.plan(project, body.yaml)

    @router.post(f"{BASE}/apply")
    def apply_pipeline(
        project: str, body: ApplyRequest, caller: Caller = guard.needs("pipelines.create")
    ) -> Pipeline:
        """Put a `pipeline.yaml` into force, as its plan said."""
        return editing.apply(caller, project, body.yaml, body.digest)

    @router.get(f"{BASE}/{{name}}/definition")
    def read_definition(
        project: str, name: str, caller: Caller = guard.needs("pipelines.read")
    ) -> PipelineText:
        """Read a pipeline as `pipeline.yaml`."""
        return PipelineText(yaml=editing.text(project, name))

    @router.delete(f"{BASE}/{{name}}", status_code=204)
    def remove_pipeline(
        project: str, name: str, caller: Caller = guard.needs("pipelines.create")
    ) -> None:
        """Remove a pipeline with its schedules and triggers; its runs stay."""
        editing.remove(caller, project, name)

    @router.post("/projects/{project}/runs/{run}/resume", status_code=201)
    def resume_run(
        project: str, run: str, caller: Caller = guard.needs("pipelines.run")
    ) -> PipelineRun:
        """Go on with a run of several steps that failed: what succeeded is kept."""
        return service.resume(caller, project, run)
