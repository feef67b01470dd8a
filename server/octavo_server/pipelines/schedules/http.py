"""Routes of schedules."""

from fastapi import APIRouter

from octavo.records.pipelines import (
    BackfillList,
    BackfillRequest,
    PipelineBackfill,
    PipelineTrigger,
    Schedule,
    ScheduleList,
    ScheduleRequest,
    TriggerList,
    TriggerRequest,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.pipelines.schedules.backfills import BackfillsService
from octavo_server.pipelines.schedules.service import SchedulesService
from octavo_server.pipelines.schedules.triggers import TriggersService

BASE = "/projects/{project}/pipelines"


def routes(
    service: SchedulesService, triggers: TriggersService, backfills: BackfillsService, guard: Guard
) -> APIRouter:
    """Return the room's routes."""
    router = area_router("pipelines")
    _schedules(router, service, guard)
    _pauses(router, service, guard)
    _triggers(router, triggers, guard)
    _backfills(router, backfills, guard)
    return router


def _schedules(router: APIRouter, service: SchedulesService, guard: Guard) -> None:
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


def _pauses(router: APIRouter, service: SchedulesService, guard: Guard) -> None:
    @router.post(f"{BASE}/{{name}}/schedules/{{schedule}}/pause")
    def pause_schedule(
        project: str,
        name: str,
        schedule: str,
        caller: Caller = guard.needs("pipelines.schedule"),
    ) -> Schedule:
        """Let a schedule's ticks pass by."""
        return service.pause(caller, project, name, schedule, paused=True)

    @router.post(f"{BASE}/{{name}}/schedules/{{schedule}}/resume")
    def resume_schedule(
        project: str,
        name: str,
        schedule: str,
        caller: Caller = guard.needs("pipelines.schedule"),
    ) -> Schedule:
        """Let a paused schedule's ticks count again, from now on."""
        return service.pause(caller, project, name, schedule, paused=False)


def _triggers(router: APIRouter, service: TriggersService, guard: Guard) -> None:
    @router.get(f"{BASE}/{{name}}/triggers")
    def list_triggers(
        project: str, name: str, caller: Caller = guard.needs("pipelines.read")
    ) -> TriggerList:
        """List what starts a pipeline beside the clock."""
        return service.triggers(project, name)

    @router.post(f"{BASE}/{{name}}/triggers", status_code=201)
    def add_trigger(
        project: str,
        name: str,
        body: TriggerRequest,
        caller: Caller = guard.needs("pipelines.schedule"),
    ) -> PipelineTrigger:
        """Start a pipeline when data or another pipeline has something new."""
        return service.add(caller, project, name, body)

    @router.delete(f"{BASE}/{{name}}/triggers/{{trigger}}", status_code=204)
    def remove_trigger(
        project: str,
        name: str,
        trigger: str,
        caller: Caller = guard.needs("pipelines.schedule"),
    ) -> None:
        """Remove a trigger; its runs stay."""
        service.remove(caller, project, name, trigger)


def _backfills(router: APIRouter, service: BackfillsService, guard: Guard) -> None:
    @router.get(f"{BASE}/{{name}}/backfills")
    def list_backfills(
        project: str, name: str, caller: Caller = guard.needs("pipelines.read")
    ) -> BackfillList:
        """List a pipeline's backfills, the newest first."""
        return service.backfills(project, name)

    @router.post(f"{BASE}/{{name}}/backfills", status_code=201)
    def start_backfill(
        project: str,
        name: str,
        body: BackfillRequest,
        caller: Caller = guard.needs("pipelines.run"),
    ) -> PipelineBackfill:
        """Run a pipeline once for each day of a range."""
        return service.start(caller, project, name, body)

    @router.post("/projects/{project}/backfills/{backfill}/cancel")
    def cancel_backfill(
        project: str, backfill: str, caller: Caller = guard.needs("pipelines.cancel")
    ) -> PipelineBackfill:
        """Start no further day, and cancel the runs under way."""
        return service.cancel(caller, project, backfill)
