"""Routes of registered models."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from octavo.records import registry as wire
from octavo_server.errors import Invalid
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.registry.versions.service import VersionsService
from octavo_server.registry.versions.wire import detail

PAGE = 50
Number = Annotated[int, Path(ge=1, le=1_000_000)]


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit()):
        raise Invalid(f"cursor: {cursor[:40]!r} is none of ours.", "Send next_cursor, or none.")
    return int(cursor)


def routes(versions: VersionsService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("registry")
    prefix = "/projects/{project}/models"

    @router.get(prefix)
    def list_models(project: str, caller: Caller = guard.needs("registry.read")) -> wire.ModelList:
        """List the project's models, the last changed first."""
        items = [wire.Model.model_validate(one) for one in versions.models(project)]
        return wire.ModelList(items=items, next_cursor=None)

    @router.get(f"{prefix}/{{name}}")
    def read_model(
        project: str, name: str, caller: Caller = guard.needs("registry.read")
    ) -> wire.ModelDetail:
        """Read a model and its versions."""
        model, found = versions.model(project, name)
        return wire.ModelDetail(
            model=wire.Model.model_validate(model),
            versions=[wire.ModelVersion.model_validate(one) for one in found],
        )

    @router.get(f"{prefix}/{{name}}/versions/{{version}}")
    def read_version(
        project: str, name: str, version: Number, caller: Caller = guard.needs("registry.read")
    ) -> wire.ModelVersionDetail:
        """Read everything about one version."""
        return detail(versions.version(project, name, version))

    @router.post(f"{prefix}/{{name}}/versions/{{version}}/verify")
    def verify_version(
        project: str, name: str, version: Number, caller: Caller = guard.needs("registry.verify")
    ) -> wire.Verification:
        """Check every stored byte and the signature now."""
        return wire.Verification.model_validate(versions.verify(project, name, version))

    _alias_routes(router, versions, guard)
    return router


def _alias_routes(router: APIRouter, versions: VersionsService, guard: Guard) -> None:
    prefix = "/projects/{project}/models"

    @router.put(f"{prefix}/{{name}}/aliases/{{alias}}")
    def move_alias(
        project: str,
        name: str,
        alias: str,
        body: wire.AliasRequest,
        caller: Caller = guard.needs("registry.alias"),
    ) -> wire.AliasMove:
        """Point an alias to a version."""
        move = versions.move_alias(
            caller,
            project,
            name,
            alias,
            version=body.version,
            reason=body.reason,
            expected=body.expected,
        )
        return wire.AliasMove.model_validate(move)

    @router.get(f"{prefix}/{{name}}/aliases")
    def list_alias_moves(
        project: str,
        name: str,
        cursor: Annotated[str | None, Query(max_length=18)] = None,
        caller: Caller = guard.needs("registry.read"),
    ) -> wire.AliasHistory:
        """List the moves of a model's aliases, newest first."""
        moves = versions.alias_moves(project, name, _before(cursor), PAGE)
        more = str(moves[-1].number) if len(moves) == PAGE else None
        return wire.AliasHistory(
            items=[wire.AliasMove.model_validate(one) for one in moves], next_cursor=more
        )
