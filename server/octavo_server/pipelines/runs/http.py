"""Routes of runs."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import StreamingResponse

from octavo.records.pipelines import (
    HandOffRequest,
    PipelineRun,
    PipelineRunEvent,
    PipelineRunList,
    Provenance,
    ResolveRequest,
    RunState,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.pipelines.runs.filters import RunFilter
from octavo_server.pipelines.runs.hand_offs import HandOffs
from octavo_server.pipelines.runs.seen import SeenRuns
from octavo_server.pipelines.runs.service import RunsService, Trigger
from octavo_server.pipelines.runs.stream import stream

RUNS = "/projects/{project}/runs"
Outcome = Literal["identical", "equivalent", "different", "not_compared"]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of the page.")]
Cursor = Annotated[str | None, Query(max_length=20, description="From the last page.")]


def _asked(
    pipeline: Annotated[str | None, Query(max_length=63)] = None,
    state: RunState | None = None,
    trigger: Trigger | None = None,
    verdict: Outcome | None = None,
    requested_by: Annotated[str | None, Query(max_length=255)] = None,
    since: Annotated[datetime | None, Query(description="Asked for then or later.")] = None,
    until: Annotated[datetime | None, Query(description="Asked for before then.")] = None,
    parent: Annotated[str | None, Query(max_length=32, description="A graph's run.")] = None,
) -> RunFilter:
    return RunFilter(
        pipeline=pipeline,
        state=state,
        trigger=trigger,
        verdict=verdict,
        requested_by=requested_by,
        since=since,
        until=until,
        parent=parent,
    )


def routes(service: RunsService, hand_offs: HandOffs, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("pipelines")
    _hand_offs(router, hand_offs, guard)
    _runs(router, service, guard)
    _interventions(router, service, guard)
    _evidence(router, service, guard)
    return router


def _hand_offs(router: APIRouter, hand_offs: HandOffs, guard: Guard) -> None:
    @router.post(f"{RUNS}/hand-off", status_code=201)
    def hand_off(
        project: str,
        body: HandOffRequest,
        caller: Caller = guard.needs("pipelines.hand_off"),
    ) -> PipelineRun:
        """Run one's own notebook without a workspace; nobody has approved it."""
        return hand_offs.take(caller, project, body)


def _runs(router: APIRouter, service: RunsService, guard: Guard) -> None:
    @router.get(RUNS)
    def list_runs(
        project: str,
        asked: Annotated[RunFilter, Depends(_asked)],
        limit: Limit = 50,
        cursor: Cursor = None,
        caller: Caller = guard.needs("pipelines.read"),
    ) -> PipelineRunList:
        """List the runs, the newest first; those of a graph's steps with `parent` alone."""
        seen = SeenRuns(service, caller, project)
        return seen.all(asked, limit=limit, cursor=cursor)

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


def _interventions(router: APIRouter, service: RunsService, guard: Guard) -> None:
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


def _evidence(router: APIRouter, service: RunsService, guard: Guard) -> None:
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
