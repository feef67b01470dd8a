"""Routes of consumers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from octavo.records.consumers import (
    Consumer,
    ConsumerBody,
    ConsumerChangeBody,
    ConsumerDetail,
    ConsumerList,
    ConsumerToken,
    IssuedToken,
    QueryPatternList,
    RevokeBody,
    TokenBody,
)
from octavo_server.deployments.consumers import wire
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.domain import Consumer as ConsumerRecord
from octavo_server.deployments.consumers.patterns import PatternBook
from octavo_server.deployments.consumers.service import ConsumersService, Known
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

HOME = "/projects/{project}/consumers"


def routes(
    consumers: ConsumersService, access: Access, patterns: PatternBook, guard: Guard
) -> APIRouter:
    """Return the room's routes."""
    api = area_router("deployments")
    _reading(api, consumers, access, patterns, guard)
    _changing(api, consumers, guard)
    _tokens(api, consumers, guard)
    return api


def _reading(
    api: APIRouter,
    consumers: ConsumersService,
    access: Access,
    patterns: PatternBook,
    guard: Guard,
) -> None:
    @api.get(HOME)
    def list_consumers(
        project: str,
        deployment: Annotated[str | None, Query(max_length=63)] = None,
        caller: Caller = guard.needs("consumers.read"),
    ) -> ConsumerList:
        """List a project's consumers, or those that a deployment is open to."""
        found = consumers.every(project, deployment)
        items = [wire.consumer(one, consumers.now()) for one in found]
        return ConsumerList(items=items, next_cursor=None)

    @api.get(HOME + "/{consumer}")
    def read_consumer(
        project: str, consumer: str, caller: Caller = guard.needs("consumers.read")
    ) -> ConsumerDetail:
        """Read a consumer with its tokens, its use and what its rows look like."""
        known = consumers.get(project, consumer)
        asker = known.consumer.caller
        seen = patterns.patterns(project, caller=asker)
        return wire.detail(known, access.uses(project, asker), seen, consumers.now())

    @api.get("/projects/{project}/deployments/{name}/patterns")
    def list_query_patterns(
        project: str, name: str, caller: Caller = guard.needs("consumers.read")
    ) -> QueryPatternList:
        """List what the callers of a deployment ask, what looks like copying the model first."""
        items = [wire.pattern(one) for one in patterns.patterns(project, deployment=name)]
        return QueryPatternList(items=items, next_cursor=None)


def _changing(api: APIRouter, consumers: ConsumersService, guard: Guard) -> None:
    @api.post(HOME)
    def create_consumer(
        project: str, body: ConsumerBody, caller: Caller = guard.needs("consumers.manage")
    ) -> Consumer:
        """Make a consumer; it has no token yet."""
        wanted = ConsumerRecord(
            project=project,
            name=body.name,
            purpose=body.purpose,
            owner=body.owner or caller.name,
            deployments=tuple(body.deployments),
            limits=wire.limits_of(body.limits),
            created_by=caller.name,
            created_at=consumers.now(),
        )
        made = consumers.create(caller, wanted)
        return wire.consumer(Known(consumer=made, tokens=()), consumers.now())

    @api.patch(HOME + "/{consumer}")
    def change_consumer(
        project: str,
        consumer: str,
        body: ConsumerChangeBody,
        caller: Caller = guard.needs("consumers.manage"),
    ) -> Consumer:
        """Change which deployments a consumer may ask, and how much."""
        consumers.change(
            caller,
            project,
            consumer,
            generation=body.generation,
            deployments=body.deployments,
            limits=None if body.limits is None else wire.limits_of(body.limits),
            reason=body.reason,
        )
        return wire.consumer(consumers.get(project, consumer), consumers.now())

    @api.post(HOME + "/{consumer}/revoke")
    def revoke_consumer(
        project: str,
        consumer: str,
        body: RevokeBody,
        caller: Caller = guard.needs("consumers.manage"),
    ) -> Consumer:
        """End a consumer with all of its tokens, for good."""
        consumers.revoke(caller, project, consumer, body.reason)
        return wire.consumer(consumers.get(project, consumer), consumers.now())


def _tokens(api: APIRouter, consumers: ConsumersService, guard: Guard) -> None:
    @api.post(HOME + "/{consumer}/tokens")
    def issue_token(
        project: str,
        consumer: str,
        body: TokenBody,
        response: Response,
        caller: Caller = guard.needs("consumers.manage"),
    ) -> IssuedToken:
        """Make a token; this answer alone holds it, and it is kept nowhere."""
        secret, kept = consumers.issue(caller, project, consumer, body.days, body.note)
        response.headers["cache-control"] = "no-store"
        return IssuedToken(token=secret, about=wire.token(kept, consumers.now()))

    @api.post(HOME + "/{consumer}/tokens/{token}/revoke")
    def revoke_token(
        project: str,
        consumer: str,
        token: str,
        body: RevokeBody,
        caller: Caller = guard.needs("consumers.manage"),
    ) -> ConsumerToken:
        """End one token; within two seconds it opens nothing."""
        ended = consumers.revoke_token(caller, project, consumer, token, body.reason)
        return wire.token(ended, consumers.now())
