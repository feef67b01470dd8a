"""The door of devices: consumers' tokens, where other routes know people alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request

from octavo_server.audit.service import current_claim
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.rules import PREFIX
from octavo_server.deployments.consumers.service import Consumer
from octavo_server.errors import Forbidden, TooLarge
from octavo_server.guard import Guard, refuse_no_text
from octavo_server.identity import Caller, CallerKind
from octavo_server.permissions import PERMISSIONS

MOST_BYTES = 256 * 1024
"""Bytes of a device's reports."""


@dataclass(frozen=True, kw_only=True)
class Knock:
    """Who asks: a person with a role, or a consumer's program."""

    caller: Caller
    """Who."""
    consumer: Consumer | None = None
    """Whose token it is; None for a person."""


class DeviceDoor:
    """Makes the dependencies of edge's routes; their path names ``project`` and ``name``."""

    def __init__(self, guard: Guard, access: Access) -> None:
        """``access`` knows consumers' tokens and limits."""
        self._guard = guard
        self._access = access

    def needs(self, verb: str) -> Any:
        """Return a dependency giving who asks: a consumer of the deployment, or a person."""
        people: Callable[[Request], Awaitable[Caller]] = self._guard.needs(verb).dependency

        async def admitted(request: Request) -> Knock:
            token = _token(request)
            if token.startswith(PREFIX):
                return await self._consumer(request, token)
            return Knock(caller=await people(request))

        admitted.__dict__.update(verb=verb, permission=PERMISSIONS[verb])
        return Depends(admitted)

    async def _consumer(self, request: Request, token: str) -> Knock:
        current_claim.set(None)
        project, name = request.path_params["project"], request.path_params["name"]
        consumer = await self._access.consumer(token)
        self._access.enter(consumer, project, name)
        self._access.take_request(project, name, consumer.caller, consumer.limits)
        if "transfer-encoding" in request.headers:
            raise TooLarge(
                f"The body's length isn't announced; a device may send {MOST_BYTES:,} bytes.",
                "Send the header Content-Length.",
            )
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise TooLarge(
                f"The body has {length[:20]} bytes; a device may send {MOST_BYTES:,}.",
                "Send the reports in several requests.",
            )
        await refuse_no_text(request)
        caller = Caller(
            name=consumer.caller,
            kind=CallerKind.SERVICE,
            project=project,
            request_id=getattr(request.state, "request_id", None),
        )
        return Knock(caller=caller, consumer=consumer)


def consumer_of(knock: Knock) -> Consumer:
    """Return the consumer who asks. Raises Forbidden for anybody else."""
    if knock.consumer is None:
        raise Forbidden(
            f"{knock.caller.name} is no device: reports come with a consumer's token.",
            "Make a consumer for the deployment, and give the device one of its tokens.",
        )
    return knock.consumer


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
