"""Routes of experiments and runs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from octavo.records import experiments as wire
from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.domain import Detail
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

#: Seconds between two looks for changes while somebody watches.
LOOK_EVERY_S = 0.7
#: Looks without a change after which a comment keeps the connection alive.
QUIET_LOOKS = 20


def _detail(found: Detail, tracking_url: str) -> wire.RunDetail:
    run = found.run
    address = f"{tracking_url}/#/experiments/{run.experiment_id}/runs/{run.run_id}"
    return wire.RunDetail(
        run=wire.Run.model_validate(run),
        params=dict(run.params),
        tags=rules.shown_tags(run),
        metrics=[wire.MetricSeries.model_validate(one) for one in found.series],
        inputs=[wire.DataInput.model_validate(one) for one in run.inputs],
        models=[wire.LoggedModel.model_validate(one) for one in found.models],
        tracking_url=address,
    )


async def _events(
    service: ExperimentsService, project: str, last: int | None, request: Request
) -> AsyncIterator[str]:
    """Server-sent events: one `run` event for each run that changed, its id is a revision."""
    revision = last if last is not None else await run_in_threadpool(service.revision)
    quiet = 0
    yield f": watching from {revision}\n\n"
    while not await request.is_disconnected():
        changed = await run_in_threadpool(service.changed_since, project, revision)
        for run in changed:
            revision = run.revision
            event = wire.RunEvent(
                run=wire.Run.model_validate(run),
                removed=run.removed,
                as_of=await run_in_threadpool(service.refresh),
            )
            yield f"id: {revision}\nevent: run\ndata: {event.model_dump_json()}\n\n"
        quiet = 0 if changed else quiet + 1
        if quiet >= QUIET_LOOKS:
            quiet = 0
            yield ": still watching\n\n"
        await asyncio.sleep(LOOK_EVERY_S)


def routes(experiments: ExperimentsService, guard: Guard, tracking_url: str) -> APIRouter:
    """Return the area's routes; `tracking_url` is where people open MLflow's own pages."""
    router = area_router("experiments")
    prefix = "/projects/{project}/experiments"

    @router.get(prefix)
    def list_experiments(
        project: str, caller: Caller = guard.needs("experiments.read")
    ) -> wire.ExperimentList:
        """List the project's experiments, the one with the newest run first."""
        found, as_of = experiments.experiments(project)
        items = [wire.Experiment.model_validate(one) for one in found]
        return wire.ExperimentList(items=items, next_cursor=None, as_of=as_of)

    @router.get(f"{prefix}/runs")
    def list_runs(
        project: str,
        experiment: Annotated[str | None, Query(max_length=500, description="Id or title.")] = None,
        q: Annotated[str, Query(max_length=200, description="Words that must all occur.")] = "",
        order_by: Annotated[str, Query(max_length=300)] = "-started_at",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=1000)] = None,
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.RunPage:
        """List runs, sorted by a column or by `metrics.<name>`."""
        page = experiments.page(
            project, experiment=experiment, search=q, order_by=order_by, limit=limit, cursor=cursor
        )
        return wire.RunPage.model_validate(page)

    @router.get(f"{prefix}/runs/{{run_id}}")
    def read_run(
        project: str, run_id: str, caller: Caller = guard.needs("experiments.read")
    ) -> wire.RunDetail:
        """Read one run with parameters, metrics and their history, tags, inputs and models."""
        return _detail(experiments.detail(project, run_id), tracking_url)

    _live(router, experiments, guard)
    return router


def _live(router: APIRouter, experiments: ExperimentsService, guard: Guard) -> None:
    prefix = "/projects/{project}/experiments"

    @router.get(
        f"{prefix}/events",
        response_class=StreamingResponse,
        responses={200: {"model": wire.RunEvent, "description": "One run event a change."}},
    )
    async def watch_runs(
        project: str,
        request: Request,
        last_event_id: Annotated[int | None, Header(ge=0)] = None,
        caller: Caller = guard.needs("experiments.read"),
    ) -> StreamingResponse:
        """Watch the project's runs: server-sent events named `run` (RunEvent)."""
        events = _events(experiments, project, last_event_id, request)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)
