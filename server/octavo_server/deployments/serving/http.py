"""The route of predictions, and those of what is known about them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query

from octavo.records.deployments import (
    InvocationAnswer,
    InvocationBody,
)
from octavo.records.serving import (
    LiveFigures,
    LoggedRow,
    LoggedRowList,
    RequestLog,
    RequestLogBody,
)
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.service import Limits
from octavo_server.deployments.serving.live import Live
from octavo_server.deployments.serving.router import Invocation, Router
from octavo_server.deployments.serving.service import LogPolicy, ServingService
from octavo_server.deployments.wire_fields import fields_of
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

StickyKey = Annotated[str | None, Header(alias="x-octavo-sticky-key", max_length=200)]
HOME = "/projects/{project}/deployments/{name}"


def _invocation(body: InvocationBody, caller: Caller, key: str | None) -> Invocation:
    document: dict[str, Any] = {
        name: value for name, value in body.model_dump().items() if value is not None
    }
    if body.dataframe_split is not None:
        document["dataframe_split"].pop("index")
    sent = json.dumps(document, allow_nan=False).encode()
    return Invocation(body=sent, document=document, caller=caller.name, sticky_key=key)


def routes(
    router: Router, access: Access, live: Live, serving: ServingService, guard: Guard
) -> APIRouter:
    """Return the room's routes."""
    api = area_router("deployments")

    @api.post(HOME + "/invocations")
    async def invoke_deployment(
        project: str,
        name: str,
        body: InvocationBody,
        x_octavo_sticky_key: StickyKey = None,
        caller: Caller = guard.needs("deployments.invoke"),
    ) -> InvocationAnswer:
        """Score rows with what is live; the same sticky key stays with the same version.

        Consumers' tokens (`octc_...`) are taken here too, and nowhere else.
        """
        limit = (await router.traffic(project, name)).deployment.rate_limit
        if limit is not None:
            allowed = Limits(requests_per_second=limit.per_second, burst=limit.burst)
            access.take_request(project, name, caller.name, allowed)
        invocation = _invocation(body, caller, x_octavo_sticky_key)
        answered = await router.invoke(project, name, invocation)
        return InvocationAnswer.model_validate(asdict(answered))

    @api.get(HOME + "/live")
    def read_live_figures(
        project: str,
        name: str,
        minutes: Annotated[int, Query(ge=1, le=60)] = 15,
        caller: Caller = guard.needs("deployments.read"),
    ) -> LiveFigures:
        """Read what a deployment does now, by version; made to be read every few seconds."""
        return live.figures(project, name, minutes)

    _log_routes(api, live, serving, guard)
    return api


def _log_routes(api: APIRouter, live: Live, serving: ServingService, guard: Guard) -> None:
    @api.get(HOME + "/request-log")
    def read_request_log(
        project: str, name: str, caller: Caller = guard.needs("deployments.read")
    ) -> RequestLog:
        """Read what of a deployment's requests is kept."""
        live.check(project, name)
        return _log(serving, serving.log_policy(project, name))

    @api.put(HOME + "/request-log")
    def change_request_log(
        project: str,
        name: str,
        body: RequestLogBody,
        caller: Caller = guard.needs("deployments.log_change"),
    ) -> RequestLog:
        """Say what of a deployment's requests is kept from now on."""
        live.check(project, name)
        wanted = replace(
            LogPolicy(project=project, deployment=name),
            share=body.share,
            redacted=tuple(dict.fromkeys(body.redacted)),
            keep_days=body.keep_days,
            generation=body.generation,
        )
        return _log(serving, serving.change_log(caller, wanted, body.reason))

    @api.get(HOME + "/request-log/rows")
    def list_logged_rows(
        project: str,
        name: str,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        caller: Caller = guard.needs("deployments.log_read"),
    ) -> LoggedRowList:
        """Read the newest kept rows."""
        live.check(project, name)
        found = serving.logged(project, name, limit)
        items = [LoggedRow.model_validate(asdict(one)) for one in found]
        return LoggedRowList(items=items, next_cursor=None)


def _log(serving: ServingService, policy: LogPolicy) -> RequestLog:
    size = serving.log_size(policy.project, policy.deployment)
    return RequestLog.model_validate({**fields_of(policy, RequestLog), **asdict(size)})
