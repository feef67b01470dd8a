"""Routes of pipelines, schedules and runs."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from octavo.records.pipelines import (
    HandOffRequest,
    Pipeline,
    PipelineList,
    PipelineRequest,
    PipelineRun,
    PipelineRunEvent,
    PipelineRunList,
    Provenance,
    ResolveRequest,
    RunRequest,
    RunState,
    Schedule,
    ScheduleList,
    ScheduleRequest,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.pipelines.hand_offs import HandOffs
from octavo_server.pipelines.seen import SeenRuns
from octavo_server.pipelines.service import PipelinesService
from octavo_server.pipelines.stream import stream

BASE = "/projects/{project}/pipelines"
RUNS = "/projects/{project}/runs"
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of the page.")]
Cursor = Annotated[str | None, Query(max_length=20, description="From the last page.")]


def routes(service: PipelinesService, hand_offs: HandOffs, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("pipelines")
    _pipelines(router, service, guard)
    _schedules(router, service, guard)
    _hand_offs(router, hand_offs, guard)
    _runs(router, service, guard)
    _interventions(router, service, guard)
    _evidence(router, service, guard)
    return router


def _pipelines(router: APIRouter, service: PipelinesService, guard: Guard) -> None:
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
        return service.create(caller, project, body)

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


def _schedules(router: APIRouter, service: PipelinesService, guard: Guard) -> None:
    @router.get(f"{BASE}/{{name}}/schedules")
    def list_schedules(
        project: str, name: str, caller: Caller = guard.needs("pipelines.read")
    ) -> ScheduleList:
        """List a pipeline's schedules."""
        return service.schedules(project, name)

    @router.post(f"{BASE}/{{name}}/schedules", status_code=201)
    def create_schedule(
        project: str,
        name: str,
        body: ScheduleRequest,
        caller: Caller = guard.needs("pipelines.schedule"),
    ) -> Schedule:
        """Run a pipeline by the clock."""
        return service.schedule(caller, project, name, body)

    @router.delete(f"{BASE}/{{name}}/schedules/{{schedule}}", status_code=204)
    def delete_schedule(
        project: str,
        name: str,
        schedule: str,
        caller: Caller = guard.needs("pipelines.schedule"),
    ) -> None:
        """Remove a schedule; its runs stay."""
        service.unschedule(caller, project, name, schedule)


def _hand_offs(router: APIRouter, hand_offs: HandOffs, guard: Guard) -> None:
    @router.post(f"{RUNS}/hand-off", status_code=201)
    def hand_off(
        project: str,
        body: HandOffRequest,
        caller: Caller = guard.needs("pipelines.hand_off"),
    ) -> PipelineRun:
        """Run one's own notebook without a workspace; nobody has approved it."""
        return hand_offs.take(caller, project, body)


def _runs(router: APIRouter, service: PipelinesService, guard: Guard) -> None:
    @router.get(RUNS)
    def list_runs(
        project: str,
        pipeline: Annotated[str | None, Query(max_length=63)] = None,
        state: RunState | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
        caller: Caller = guard.needs("pipelines.read"),
    ) -> PipelineRunList:
        """List the runs, the newest first."""
        seen = SeenRuns(service, caller, project)
        return seen.all(pipeline=pipeline, state=state, limit=limit, cursor=cursor)

    @router.get(f"{RUNS}/{{run}}")
    def read_run(
        project: str, run: str, caller: Caller = guard.needs("pipelines.read")
    ) -> PipelineRun:
        """Read a run with its evidence."""
        return SeenRuns(service, caller, project).one(run)

    @router.get(
        f"{RUNS}/{{run}}/events",
        response_class=StreamingResponse,
        responses={200: {"model": PipelineRunEvent, "description": "One event a happening."}},
    )
    async def watch_run(
        project: str,
        run: str,
        after: Annotated[int, Query(ge=0, le=10**9)] = 0,
        last_event_id: Annotated[str | None, Header(max_length=12)] = None,
        caller: Caller = guard.needs("pipelines.read"),
    ) -> StreamingResponse:
        """Watch a run (server-sent events, each a `PipelineRunEvent`) until it is over."""
        resumed = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
        events = await stream(SeenRuns(service, caller, project), run, resumed)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _interventions(router: APIRouter, service: PipelinesService, guard: Guard) -> None:
    @router.post(f"{RUNS}/{{run}}/cancel")
    def cancel_run(
        project: str, run: str, caller: Caller = guard.needs("pipelines.cancel")
    ) -> PipelineRun:
        """Cancel a run."""
        return service.cancel(caller, project, run)

    @router.post(f"{RUNS}/{{run}}/resolve")
    def resolve_run(
        project: str,
        run: str,
        body: ResolveRequest,
        caller: Caller = guard.needs("pipelines.resolve"),
    ) -> PipelineRun:
        """Decide about a run whose outcome nobody knows."""
        return service.resolve(caller, project, run, body.decision, body.reason)


def _evidence(router: APIRouter, service: PipelinesService, guard: Guard) -> None:
    @router.get(f"{RUNS}/{{run}}/output", response_class=Response)
    def read_output(
        project: str, run: str, caller: Caller = guard.needs("pipelines.read")
    ) -> Response:
        """Read the output notebook."""
        content = SeenRuns(service, caller, project).output(run)
        return Response(content, media_type="application/json")

    @router.get(f"{RUNS}/{{run}}/artifacts/{{path:path}}", response_class=Response)
    def read_artifact(
        project: str, run: str, path: str, caller: Caller = guard.needs("pipelines.read")
    ) -> Response:
        """Read a file that the run committed; always as a download."""
        headers = {"Content-Disposition": "attachment"}
        content = SeenRuns(service, caller, project).artifact(run, path)
        return Response(content, media_type="application/octet-stream", headers=headers)

    @router.get(f"{RUNS}/{{run}}/provenance")
    def read_provenance(
        project: str, run: str, caller: Caller = guard.needs("pipelines.read")
    ) -> Provenance:
        """Read the signed statement about a run."""
        return SeenRuns(service, caller, project).provenance(run)
