"""The route of predictions."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header

from octavo.records.deployments import (
    InvocationAnswer,
    InvocationBody,
)
from octavo_server.deployments.serving.router import Invocation, Router
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

StickyKey = Annotated[str | None, Header(alias="x-octavo-sticky-key", max_length=200)]


def _invocation(body: InvocationBody, caller: Caller, key: str | None) -> Invocation:
    document: dict[str, Any] = {
        name: value for name, value in body.model_dump().items() if value is not None
    }
    if body.dataframe_split is not None:
        document["dataframe_split"].pop("index")
    sent = json.dumps(document, allow_nan=False).encode()
    return Invocation(body=sent, document=document, caller=caller.name, sticky_key=key)


def routes(router: Router, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    api = area_router("deployments")
    home = "/projects/{project}/deployments"

    @api.post(home + "/{name}/invocations")
    async def invoke_deployment(
        project: str,
        name: str,
        body: InvocationBody,
        x_octavo_sticky_key: StickyKey = None,
        caller: Caller = guard.needs("deployments.invoke"),
    ) -> InvocationAnswer:
        """Score rows with what is live; the same sticky key stays with the same version."""
        invocation = _invocation(body, caller, x_octavo_sticky_key)
        answered = await router.invoke(project, name, invocation)
        return InvocationAnswer.model_validate(asdict(answered))

    return api
