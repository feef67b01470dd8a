"""Routes of monitoring."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.monitoring import (
    AcknowledgeBody,
    Alert,
    AlertList,
    DriftReport,
    MonitorSummary,
    Window,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.monitoring.service import MonitoringService

PAGE = 100


def routes(monitoring: MonitoringService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    api = area_router("monitoring")
    home = "/projects/{project}/monitoring"

    @api.get(home + "/alerts")
    def list_alerts(
        project: str,
        deployment: Annotated[str | None, Query(max_length=63)] = None,
        only_open: bool = False,
        limit: Annotated[int, Query(ge=1, le=500)] = PAGE,
        cursor: Annotated[str | None, Query(max_length=9, pattern=r"^[0-9]+$")] = None,
        caller: Caller = guard.needs("monitoring.read"),
    ) -> AlertList:
        """List alerts, newest first."""
        offset = int(cursor or 0)
        found = monitoring.alerts(
            project, deployment=deployment, only_open=only_open, limit=limit + 1, offset=offset
        )
        items = [Alert.model_validate(asdict(one)) for one in found[:limit]]
        return AlertList(
            items=items, next_cursor=str(offset + limit) if len(found) > limit else None
        )

    @api.post(home + "/alerts/{alert_id}/acknowledge")
    def acknowledge_alert(
        project: str,
        alert_id: str,
        body: AcknowledgeBody,
        caller: Caller = guard.needs("monitoring.acknowledge"),
    ) -> Alert:
        """Take an alert."""
        taken = monitoring.acknowledge(caller, project, alert_id, body.note)
        return Alert.model_validate(asdict(taken))

    _monitors(api, monitoring, guard)
    return api


def _monitors(api: APIRouter, monitoring: MonitoringService, guard: Guard) -> None:
    home = "/projects/{project}/monitoring"

    @api.get(home + "/{deployment}")
    def read_monitor(
        project: str,
        deployment: str,
        window: Window = "1h",
        caller: Caller = guard.needs("monitoring.read"),
    ) -> MonitorSummary:
        """Read what a deployment does: sentences, volume, latency, scores."""
        return MonitorSummary.model_validate(
            asdict(monitoring.summary(project, deployment, window))
        )

    @api.get(home + "/{deployment}/drift")
    def read_drift(
        project: str, deployment: str, caller: Caller = guard.needs("monitoring.read")
    ) -> DriftReport:
        """Read how a deployment's inputs moved by month."""
        return DriftReport.model_validate(asdict(monitoring.drift(project, deployment)))
