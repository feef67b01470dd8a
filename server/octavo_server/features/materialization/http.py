"""Routes of materialisation and pushes."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.materialization import (
    FreshnessExpectationRequest,
    Materialization,
    MaterializationList,
    MaterializationPipelineList,
    MaterializationPlan,
    MaterializationRequest,
    MaterializationSchedule,
    MaterializationScheduleList,
    MaterializationScheduleRequest,
    MaterializationState,
    Pushed,
    PushRequest,
    PushSourceList,
    ViewMaterialization,
)
from octavo_server.features.materialization.freshness import Freshness
from octavo_server.features.materialization.pushes import Pushes
from octavo_server.features.materialization.schedules import Schedules
from octavo_server.features.materialization.service import MaterializationService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

FEATURES = "/projects/{project}/features"
BASE = f"{FEATURES}/materialization"
MOST = 200


def routes(
    jobs: MaterializationService,
    schedules: Schedules,
    freshness: Freshness,
    pushes: Pushes,
    guard: Guard,
) -> APIRouter:
    """Return the room's routes."""
    router = area_router("features")
    _freshness(router, freshness, guard)
    _jobs(router, jobs, guard)
    _schedules(router, schedules, guard)
    _pushes(router, pushes, guard)
    return router


def _freshness(router: APIRouter, freshness: Freshness, guard: Guard) -> None:
    @router.get(f"{BASE}/pipelines")
    def list_materialized(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> MaterializationPipelineList:
        """List the views and services that are materialised, with their last job."""
        return freshness.pipelines(project)

    @router.get(f"{BASE}/views/{{view}}")
    def read_view_materialization(
        project: str, view: str, caller: Caller = guard.needs("features.read")
    ) -> ViewMaterialization:
        """Read how fresh a view is, what is expected of it, and what comes next."""
        return freshness.view(project, view)

    @router.put(f"{BASE}/views/{{view}}/expectation")
    def set_freshness_expectation(
        project: str,
        view: str,
        body: FreshnessExpectationRequest,
        caller: Caller = guard.needs("features.expect"),
    ) -> ViewMaterialization:
        """Set how old a view's data may become before an alert is raised."""
        return freshness.expect(caller, project, view, body)

    @router.delete(f"{BASE}/views/{{view}}/expectation", status_code=204)
    def remove_freshness_expectation(
        project: str, view: str, caller: Caller = guard.needs("features.expect")
    ) -> None:
        """Expect nothing of a view any more; its alert is resolved."""
        freshness.expect_nothing(caller, project, view)


def _jobs(router: APIRouter, jobs: MaterializationService, guard: Guard) -> None:
    @router.post(f"{BASE}/plans")
    def plan_materialization(
        project: str,
        body: MaterializationRequest,
        caller: Caller = guard.needs("features.read"),
    ) -> MaterializationPlan:
        """Say what a materialisation would do and cost; changes nothing."""
        return jobs.plan(project, body)

    @router.post(f"{BASE}/jobs", status_code=201)
    def start_materialization(
        project: str,
        body: MaterializationRequest,
        caller: Caller = guard.needs("features.materialize"),
    ) -> Materialization:
        """Load newest values of a view or service into the online store."""
        return jobs.start(caller, project, body)

    @router.get(f"{BASE}/jobs")
    def list_materializations(
        project: str,
        name: Annotated[str | None, Query(max_length=100)] = None,
        state: MaterializationState | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        cursor: Annotated[str, Query(pattern=r"^\d{0,9}$", max_length=9)] = "",
        caller: Caller = guard.needs("features.read"),
    ) -> MaterializationList:
        """List the materialisations, the newest first."""
        return jobs.jobs(project, name=name, state=state, limit=limit, offset=int(cursor or 0))

    @router.get(f"{BASE}/jobs/{{job}}")
    def read_materialization(
        project: str, job: str, caller: Caller = guard.needs("features.read")
    ) -> Materialization:
        """Read one materialisation."""
        return jobs.job(project, job)

    @router.post(f"{BASE}/jobs/{{job}}/cancel")
    def cancel_materialization(
        project: str, job: str, caller: Caller = guard.needs("features.materialize")
    ) -> Materialization:
        """Cancel a materialisation; windows that are done stay."""
        return jobs.cancel(caller, project, job)


def _schedules(router: APIRouter, schedules: Schedules, guard: Guard) -> None:
    @router.get(f"{BASE}/schedules")
    def list_materialization_schedules(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> MaterializationScheduleList:
        """List the schedules of materialisation, by name."""
        return schedules.all(project)

    @router.post(f"{BASE}/schedules", status_code=201)
    def create_materialization_schedule(
        project: str,
        body: MaterializationScheduleRequest,
        caller: Caller = guard.needs("features.materialize"),
    ) -> MaterializationSchedule:
        """Materialise a view or a service by the clock."""
        return schedules.add(caller, project, body)

    @router.delete(f"{BASE}/schedules/{{schedule}}", status_code=204)
    def delete_materialization_schedule(
        project: str, schedule: str, caller: Caller = guard.needs("features.materialize")
    ) -> None:
        """Remove a schedule; its jobs stay."""
        schedules.remove(caller, project, schedule)


def _pushes(router: APIRouter, pushes: Pushes, guard: Guard) -> None:
    @router.get(f"{FEATURES}/push-sources")
    def list_push_sources(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> PushSourceList:
        """List where rows can be pushed to, with their columns and types."""
        return pushes.sources(project)

    @router.post(f"{FEATURES}/push", status_code=201)
    def push_features(
        project: str, body: PushRequest, caller: Caller = guard.needs("features.push")
    ) -> Pushed:
        """Take rows that just happened: online at once, in the lake within a minute."""
        return pushes.push(caller, project, body)
