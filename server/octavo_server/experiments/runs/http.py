"""Routes of experiments and runs."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from octavo.records import experiments as wire
from octavo.records import run_table
from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.actions import RunActions
from octavo_server.experiments.runs.domain import Detail, Page, Row, Run
from octavo_server.experiments.runs.service import ExperimentsService, Wanted
from octavo_server.experiments.runs.tagging import TagChange, TagResult
from octavo_server.experiments.runs.views import ViewContent
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

#: Seconds between two looks for changes while somebody watches.
LOOK_EVERY_S = 0.4
#: Looks without a change after which a comment keeps the connection alive.
QUIET_LOOKS = 35
#: Seconds after which a stream ends: the watcher comes again, and is asked again who it is.
LONGEST_WATCH_S = 300.0
PREFIX = "/projects/{project}/experiments"
logger = logging.getLogger(__name__)

Experiment = Annotated[str | None, Query(max_length=500, description="Id or title.")]
FilterText = Annotated[
    str,
    Query(
        max_length=4_000,
        description='What runs must be like, such as metrics.auc > 0.7 and params.depth = "5" and '
        "started > 2d ago; at most 2,000 characters.",
    ),
]
Words = Annotated[str, Query(max_length=200, description="Words that must all occur.")]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="Items to leave out first.")]
Texts = Annotated[
    Sequence[str],
    Query(max_length=rules.MOST_COLUMNS, description="Fields, with commas between or one by one."),
]


def _row(row: Row) -> wire.Run:
    run = wire.Run.model_validate(row.run)
    return run.model_copy(
        update={
            "metrics": dict(row.metrics),
            "odd": {name: kind for name, kind in row.run.odd.items() if name in row.metrics},
            "params": dict(row.params),
            "tags": dict(row.tags),
            "deltas": dict(row.deltas),
            "baseline": row.baseline,
        }
    )


def _page(page: Page) -> wire.RunPage:
    return wire.RunPage(
        items=[_row(one) for one in page.items],
        next_cursor=page.next_cursor,
        total=page.total,
        offset=page.offset,
        metrics=list(page.metrics),
        baselines=[run_table.RunBaseline.model_validate(one) for one in page.baselines],
        nowhere=list(page.nowhere),
        revision=page.revision,
        as_of=page.fresh.as_of,
        stale=page.fresh.stale,
    )


def _tagged(found: TagResult) -> run_table.RunTagResult:
    return run_table.RunTagResult(
        changed=found.changed,
        unchanged=found.unchanged,
        failed=[run_table.RunTagFailure.model_validate(one) for one in found.failed],
        undo=[
            run_table.RunTagChange(runs=list(one.runs), set=dict(one.set), remove=list(one.remove))
            for one in found.undo
        ],
    )


def _detail(found: Detail, tracking_url: str) -> wire.RunDetail:
    run = found.run
    few = {name: run.latest[name] for name in sorted(run.latest)[: rules.MOST_METRICS]}
    address = f"{tracking_url}/#/experiments/{run.experiment_id}/runs/{run.run_id}"
    return wire.RunDetail(
        run=wire.Run.model_validate(replace(run, latest=few)),
        params=dict(run.params),
        tags=rules.shown_tags(run),
        metrics=[
            wire.LatestMetric(
                name=name, value=point.value, odd=point.odd or None, step=point.step, at=point.at
            )
            for name, point in found.metrics.items()
        ],
        metrics_found=found.found,
        curves=list(found.curves),
        inputs=[wire.DataInput.model_validate(one) for one in run.inputs],
        models=[wire.LoggedModel.model_validate(one) for one in found.models],
        tracking_url=address,
    )


def _event(run: Run, as_of: datetime) -> str | None:
    """What a watcher is told of a run; None for one that fits no answer: the others still come."""
    try:
        shown = wire.Run.model_validate(run)
        return wire.RunEvent(run=shown, removed=run.removed, as_of=as_of).model_dump_json()
    except ValueError:
        logger.exception("run %s was left out of the events", run.run_id)
        return None


async def _events(
    service: ExperimentsService, project: str, last: int | None, request: Request
) -> AsyncIterator[str]:
    """Server-sent events: one `run` event for each run that changed, its id is a revision.

    A revision from before the index was made anew may be higher than any: nothing would come then.
    """
    newest = await run_in_threadpool(service.revision)
    revision = newest if last is None else min(last, newest)
    until = time.monotonic() + LONGEST_WATCH_S
    quiet = 0
    yield f": watching from {revision}\n\n"
    while time.monotonic() < until and not await request.is_disconnected():
        changed, as_of = await run_in_threadpool(service.changed_since, project, revision)
        for run in changed:
            revision = run.revision
            if event := _event(run, as_of):
                yield f"id: {revision}\nevent: run\ndata: {event}\n\n"
        quiet = 0 if changed else quiet + 1
        if quiet >= QUIET_LOOKS:
            quiet = 0
            yield ": still watching\n\n"
        await asyncio.sleep(LOOK_EVERY_S)


def routes(
    experiments: ExperimentsService, actions: RunActions, guard: Guard, tracking_url: str
) -> APIRouter:
    """Return the area's routes; `tracking_url` is where people open MLflow's own pages."""
    router = area_router("experiments")

    @router.get(PREFIX)
    def list_experiments(
        project: str, caller: Caller = guard.needs("experiments.read")
    ) -> wire.ExperimentList:
        """List the project's experiments, the one with the newest run first."""
        found, fresh = experiments.experiments(project)
        items = [wire.Experiment.model_validate(one) for one in found]
        return wire.ExperimentList(items=items, next_cursor=None, as_of=fresh.as_of)

    @router.get(f"{PREFIX}/runs")
    def list_runs(
        project: str,
        experiment: Experiment = None,
        filter: FilterText = "",  # noqa: A002 - the name of the query parameter
        q: Words = "",
        order_by: Annotated[str, Query(max_length=1_100)] = "-started",
        columns: Texts = (),
        offset: Offset = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Annotated[str | None, Query(max_length=1000)] = None,
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.RunPage:
        """List runs that a filter finds, sorted by any field, from an offset or a cursor on."""
        wanted = Wanted(experiment=experiment, filter=filter, words=q, order_by=order_by)
        return _page(
            experiments.page(
                project, wanted, columns=columns, offset=offset, limit=limit, cursor=cursor
            )
        )

    _about(router, experiments, guard)
    _grouping(router, experiments, guard)
    _acting(router, actions, guard)
    _views(router, actions, guard)
    _one(router, experiments, guard, tracking_url)
    return router


def _one(
    router: APIRouter, experiments: ExperimentsService, guard: Guard, tracking_url: str
) -> None:
    @router.get(f"{PREFIX}/runs/{{run_id}}")
    def read_run(
        project: str,
        run_id: str,
        search: Annotated[
            str, Query(max_length=200, description="Words that a metric's name must contain.")
        ] = "",
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.RunDetail:
        """Read one run with parameters, newest metrics, tags, inputs and models."""
        return _detail(experiments.detail(project, run_id, search), tracking_url)

    @router.get(
        f"{PREFIX}/events",
        response_class=StreamingResponse,
        responses={200: {"model": wire.RunEvent, "description": "One run event a change."}},
    )
    async def watch_runs(
        project: str,
        request: Request,
        last_event_id: Annotated[int | None, Header(ge=0, le=2**63 - 1)] = None,
        caller: Caller = guard.needs("experiments.read"),
    ) -> StreamingResponse:
        """Watch the project's runs: server-sent events named `run` (RunEvent)."""
        events = _events(experiments, project, last_event_id, request)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _about(router: APIRouter, experiments: ExperimentsService, guard: Guard) -> None:
    """Routes that tell about many runs together."""

    @router.get(f"{PREFIX}/runs/fields")
    def list_fields(
        project: str,
        experiment: Experiment = None,
        filter: FilterText = "",  # noqa: A002 - the name of the query parameter
        search: Annotated[str, Query(max_length=200, description="A part of the field.")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
        caller: Caller = guard.needs("experiments.read"),
    ) -> run_table.RunFieldList:
        """List what runs can be filtered, sorted and grouped by, and shown as columns."""
        wanted = Wanted(experiment=experiment, filter=filter)
        found, total = experiments.fields(project, wanted, search, limit)
        items = [run_table.RunField.model_validate(one) for one in found]
        return run_table.RunFieldList(items=items, total=total)

    @router.get(f"{PREFIX}/runs/completion")
    def complete_filter(
        project: str,
        filter: FilterText = "",  # noqa: A002 - the name of the query parameter
        at: Annotated[int, Query(ge=0, le=4_000, description="The cursor, from 0.")] = 0,
        experiment: Experiment = None,
        caller: Caller = guard.needs("experiments.read"),
    ) -> run_table.FilterCompletion:
        """Complete a filter at the cursor, and say what is wrong with it as it is."""
        found = experiments.completion(project, experiment, filter, at)
        return run_table.FilterCompletion.model_validate(found)


def _grouping(router: APIRouter, experiments: ExperimentsService, guard: Guard) -> None:
    @router.get(f"{PREFIX}/runs/groups")
    def group_runs(
        project: str,
        by: Annotated[str, Query(min_length=1, max_length=1_100, description="A field.")],
        experiment: Experiment = None,
        filter: FilterText = "",  # noqa: A002 - the name of the query parameter
        metrics: Annotated[
            Sequence[str], Query(max_length=20, description="Names of metrics.")
        ] = (),
        offset: Offset = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        caller: Caller = guard.needs("experiments.read"),
    ) -> run_table.RunGroups:
        """Group runs by the value of a field, the largest groups first."""
        wanted = Wanted(experiment=experiment, filter=filter)
        found = experiments.groups(project, wanted, by, metrics, offset=offset, limit=limit)
        return run_table.RunGroups(
            items=[run_table.RunGroup.model_validate(one) for one in found.items],
            total=found.total,
            runs=found.runs,
            as_of=found.fresh.as_of,
        )


def _acting(router: APIRouter, actions: RunActions, guard: Guard) -> None:
    @router.post(f"{PREFIX}/runs/tags")
    def tag_runs(
        project: str,
        body: run_table.RunTagChange,
        caller: Caller = guard.needs("experiments.write"),
    ) -> run_table.RunTagResult:
        """Set and remove tags of many runs; the answer says how to take it back."""
        change = TagChange(runs=tuple(body.runs), set=body.set, remove=tuple(body.remove))
        return _tagged(actions.tag(caller, project, change))

    @router.put(f"{PREFIX}/runs/{{run_id}}/baseline")
    def pin_baseline(
        project: str, run_id: str, caller: Caller = guard.needs("experiments.write")
    ) -> run_table.RunBaseline:
        """Make a run the baseline that its experiment's other runs are compared with."""
        return run_table.RunBaseline.model_validate(actions.pin(caller, project, run_id))

    @router.delete(f"{PREFIX}/runs/{{run_id}}/baseline", status_code=204)
    def unpin_baseline(
        project: str, run_id: str, caller: Caller = guard.needs("experiments.write")
    ) -> None:
        """Leave the run's experiment without a baseline."""
        actions.unpin(caller, project, run_id)


def _content(body: run_table.RunViewRequest) -> ViewContent:
    return ViewContent(
        name=body.name,
        experiment=body.experiment,
        filter=body.filter,
        order_by=body.order_by,
        columns=tuple(body.columns),
        pins=tuple(body.pins),
        group_by=body.group_by,
    )


def _views(router: APIRouter, actions: RunActions, guard: Guard) -> None:
    @router.get(f"{PREFIX}/views")
    def list_views(
        project: str, caller: Caller = guard.needs("experiments.read")
    ) -> run_table.RunViewList:
        """List the project's saved views of runs, by name."""
        found = actions.views.listed(project)
        return run_table.RunViewList(items=[run_table.RunView.model_validate(one) for one in found])

    @router.post(f"{PREFIX}/views", status_code=201)
    def save_view(
        project: str,
        body: run_table.RunViewRequest,
        caller: Caller = guard.needs("experiments.write"),
    ) -> run_table.RunView:
        """Keep a view of runs for everybody in the project."""
        return run_table.RunView.model_validate(actions.views.add(caller, project, _content(body)))

    @router.put(f"{PREFIX}/views/{{view_id}}")
    def change_view(
        project: str,
        view_id: str,
        body: run_table.RunViewRequest,
        caller: Caller = guard.needs("experiments.write"),
    ) -> run_table.RunView:
        """Put other content in place of a saved view."""
        found = actions.views.replace(caller, project, view_id, _content(body), body.version)
        return run_table.RunView.model_validate(found)

    @router.delete(f"{PREFIX}/views/{{view_id}}", status_code=204)
    def delete_view(
        project: str, view_id: str, caller: Caller = guard.needs("experiments.write")
    ) -> None:
        """Forget a saved view."""
        actions.views.delete(caller, project, view_id)
