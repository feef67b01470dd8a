"""Routes of registered models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from octavo.records import proof as proof_wire
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


def utc(at: datetime) -> datetime:
    """Return a moment in UTC. Raises Invalid for one without a zone."""
    if at.tzinfo is None:
        raise Invalid(
            f"at: {at.isoformat()} names no zone.", "Write it as 2026-01-02T03:04:05Z, for example."
        )
    return at.astimezone(UTC)


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
    _side_routes(router, versions, guard)
    _tag_routes(router, versions, guard)
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

    @router.get(f"{prefix}/{{name}}/aliases-on")
    def read_aliases_on(
        project: str,
        name: str,
        at: Annotated[datetime, Query(description="A moment with its zone; the answer is in UTC.")],
        caller: Caller = guard.needs("registry.read"),
    ) -> proof_wire.AliasesOn:
        """Read where each alias of a model pointed at a moment."""
        moment = utc(at)
        found = versions.aliases_on(project, name, moment)
        items = [proof_wire.AliasOn.model_validate(one) for one in found]
        return proof_wire.AliasesOn(at=moment, items=items)


def _side_routes(router: APIRouter, versions: VersionsService, guard: Guard) -> None:
    prefix = "/projects/{project}/models"

    @router.get(f"{prefix}/{{name}}/compare")
    def compare_versions(
        project: str,
        name: str,
        version: Annotated[list[Annotated[int, Field(ge=1, le=1_000_000)]], Query(max_length=5)],
        caller: Caller = guard.needs("registry.read"),
    ) -> proof_wire.VersionComparison:
        """Put two to five versions of a model side by side, what differs first."""
        return proof_wire.VersionComparison.model_validate(versions.compare(project, name, version))

    @router.get("/projects/{project}/registry/differences")
    def list_differences(
        project: str, caller: Caller = guard.needs("registry.read")
    ) -> proof_wire.DifferenceList:
        """List what was changed in MLflow past Octavo, the newest first."""
        found = versions.differences(project)
        return proof_wire.DifferenceList(
            items=[proof_wire.RegistryDifference.model_validate(one) for one in found]
        )


def _tag_routes(router: APIRouter, versions: VersionsService, guard: Guard) -> None:
    prefix = "/projects/{project}/models"

    @router.get(f"{prefix}/{{name}}/versions/{{version}}/tags")
    def list_tags(
        project: str, name: str, version: Number, caller: Caller = guard.needs("registry.read")
    ) -> proof_wire.TagList:
        """List the tags of a version."""
        found = versions.tags.listed(project, name, version)
        return proof_wire.TagList(
            items=[proof_wire.VersionTag.model_validate(one) for one in found]
        )

    @router.put(f"{prefix}/{{name}}/versions/{{version}}/tags/{{key}}")
    def set_tag(
        project: str,
        name: str,
        version: Number,
        key: str,
        body: proof_wire.TagRequest,
        caller: Caller = guard.needs("registry.tag"),
    ) -> proof_wire.VersionTag:
        """Set a tag of a version, here and in MLflow."""
        made = versions.tags.set(caller, project, name, version, key, body.value)
        return proof_wire.VersionTag.model_validate(made)

    @router.delete(f"{prefix}/{{name}}/versions/{{version}}/tags/{{key}}", status_code=204)
    def remove_tag(
        project: str,
        name: str,
        version: Number,
        key: str,
        caller: Caller = guard.needs("registry.tag"),
    ) -> None:
        """Remove a tag of a version, here and in MLflow."""
        versions.tags.remove(caller, project, name, version, key)
