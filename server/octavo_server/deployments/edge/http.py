"""Routes of edge: bundles for devices, what devices report, and the devices."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from octavo.records.edge import (
    EdgeAccepted,
    EdgeDeviceList,
    EdgeReportBody,
    RemoveDeviceBody,
)
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.edge import rules, wire
from octavo_server.deployments.edge.door import DeviceDoor, Knock, consumer_of
from octavo_server.deployments.edge.service import EdgeService, Offer
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

HOME = "/projects/{project}/deployments/{name}/edge"
ZIP = "application/zip"
Tag = Annotated[str | None, Header(alias="if-none-match", max_length=1_000)]


def routes(edge: EdgeService, access: Access, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    api = area_router("deployments")
    door = DeviceDoor(guard, access)
    _bundles(api, edge, door, guard)
    _devices(api, edge, door, guard)
    return api


def _bundles(api: APIRouter, edge: EdgeService, door: DeviceDoor, guard: Guard) -> None:
    @api.get(
        HOME + "/bundle",
        response_class=FileResponse,
        responses={200: {"content": {ZIP: {}}}, 304: {"description": "It is held already."}},
    )
    def pull_bundle(
        project: str, name: str, tag: Tag = None, knock: Knock = door.needs("edge.export")
    ) -> Response:
        """Download a deployment's live version for devices, with a consumer's token.

        Send the ETag of the bundle that is held as If-None-Match.
        """
        return _sent(edge, edge.of_deployment(knock.caller, project, name), tag)

    @api.get(
        "/projects/{project}/models/{name}/edge",
        response_class=FileResponse,
        responses={200: {"content": {ZIP: {}}}, 304: {"description": "It is held already."}},
    )
    def export_bundle(
        project: str,
        name: str,
        version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
        alias: Annotated[str | None, Query(max_length=63)] = None,
        tag: Tag = None,
        caller: Caller = guard.needs("edge.export"),
    ) -> Response:
        """Download a version for devices, or where an alias points; else where champion does."""
        return _sent(edge, edge.of_model(caller, project, name, version, alias), tag)


def _devices(api: APIRouter, edge: EdgeService, door: DeviceDoor, guard: Guard) -> None:
    @api.post(HOME + "/reports")
    def take_reports(
        project: str,
        name: str,
        body: EdgeReportBody,
        knock: Knock = door.needs("edge.report"),
    ) -> EdgeAccepted:
        """Take what a device did; a report that is sent again counts once."""
        device, counted = edge.report(
            consumer_of(knock),
            knock.caller,
            name,
            body.device,
            body.installation,
            body.client,
            [wire.report(one) for one in body.reports],
        )
        live = edge.live_version(project, name)
        return EdgeAccepted(sequence=device.sequence, counted=counted, version=live)

    @api.get(HOME + "/devices")
    def list_devices(
        project: str, name: str, caller: Caller = guard.needs("edge.read")
    ) -> EdgeDeviceList:
        """List a deployment's devices, those that need a look first."""
        return wire.fleet(edge.fleet(project, name), edge.now())

    @api.post(HOME + "/devices/{device}/remove")
    def remove_device(
        project: str,
        name: str,
        device: str,
        body: RemoveDeviceBody,
        caller: Caller = guard.needs("edge.manage"),
    ) -> EdgeDeviceList:
        """Remove a device that is gone; one that is still there joins again."""
        edge.forget(caller, project, name, device, body.reason)
        return wire.fleet(edge.fleet(project, name), edge.now())


def _sent(edge: EdgeService, offer: Offer, tag: str | None) -> Response:
    headers = {"ETag": f'"{offer.digest}"', "Cache-Control": "private, no-cache"}
    if rules.known_tag(tag, offer.digest):
        return Response(status_code=304, headers=headers)
    made = edge.bundle(offer)
    return FileResponse(
        made,
        media_type=ZIP,
        filename=f"{offer.project}.{offer.model}-v{offer.version}-edge.zip",
        headers=headers,
        background=BackgroundTask(edge.remove_bundle, made),
    )
