"""Routes of registered models."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from octavo.records import experiments as runs_wire
from octavo.records import registry as wire
from octavo_server.errors import Invalid
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.registry.domain import ModelVersion
from octavo_server.registry.service import Draft, RegistryService

PAGE = 50
RunId = Annotated[str, Query(pattern=r"^[0-9a-f]{32}$", max_length=32)]
ModelId = Annotated[str | None, Query(pattern=r"^m-[0-9a-f]{32}$", max_length=40)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]


def _detail(version: ModelVersion) -> wire.ModelVersionDetail:
    packaging = version.packaging
    return wire.ModelVersionDetail(
        version=wire.ModelVersion.model_validate(version),
        card=version.card,
        files=[wire.ArtifactFile.model_validate(one) for one in version.files],
        signature=dict(packaging.signature) if packaging.signature else None,
        input_example=dict(packaging.example) if packaging.example else None,
        scan=wire.ScanReport.model_validate(version.scan_report),
        prediction=wire.PredictionCheck.model_validate(version.trial),
        checklist=[wire.ChecklistItem.model_validate(one) for one in version.checklist],
        feature_snapshot=version.feature_snapshot,
        envelope=dict(version.envelope),
    )


def _draft(draft: Draft) -> wire.RegistrationDraft:
    return wire.RegistrationDraft(
        run_id=draft.run.run_id,
        run_name=draft.run.name,
        name=draft.name,
        next_version=draft.next_version,
        models=[runs_wire.LoggedModel.model_validate(one) for one in draft.models],
        model_id=draft.model_id,
        checklist=[wire.ChecklistItem.model_validate(one) for one in draft.checklist],
        ready=draft.ready,
        card=draft.card,
        metrics=draft.run.metrics,
        champion=dict(draft.champion.metrics) if draft.champion else None,
    )


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit()):
        raise Invalid(f"cursor: {cursor[:40]!r} is none of ours.", "Send next_cursor, or none.")
    return int(cursor)


def routes(registry: RegistryService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("registry")
    prefix = "/projects/{project}/models"

    @router.get(prefix)
    def list_models(project: str, caller: Caller = guard.needs("registry.read")) -> wire.ModelList:
        """List the project's models, the last changed first."""
        items = [wire.Model.model_validate(one) for one in registry.models(project)]
        return wire.ModelList(items=items, next_cursor=None)

    @router.get(f"{prefix}/draft")
    def draft_registration(
        project: str,
        run_id: RunId,
        model_id: ModelId = None,
        name: Annotated[str | None, Query(max_length=63)] = None,
        caller: Caller = guard.needs("registry.read"),
    ) -> wire.RegistrationDraft:
        """Draft a registration from a run: checklist, card, what it competes with."""
        return _draft(registry.draft(caller, project, run_id, model_id, name))

    @router.get(f"{prefix}/{{name}}")
    def read_model(
        project: str, name: str, caller: Caller = guard.needs("registry.read")
    ) -> wire.ModelDetail:
        """Read a model and its versions."""
        model, versions = registry.model(project, name)
        return wire.ModelDetail(
            model=wire.Model.model_validate(model),
            versions=[wire.ModelVersion.model_validate(one) for one in versions],
        )

    @router.post(f"{prefix}/{{name}}/versions", status_code=201)
    def register_version(
        project: str,
        name: str,
        body: wire.RegisterRequest,
        caller: Caller = guard.needs("registry.register"),
    ) -> wire.ModelVersionDetail:
        """Register a run's logged model: copied, scanned, tried, signed."""
        made = registry.register(
            caller, project, name, run_id=body.run_id, model_id=body.model_id, card=body.card
        )
        return _detail(made)

    @router.get(f"{prefix}/{{name}}/versions/{{version}}")
    def read_version(
        project: str, name: str, version: Number, caller: Caller = guard.needs("registry.read")
    ) -> wire.ModelVersionDetail:
        """Read everything about one version."""
        return _detail(registry.version(project, name, version))

    @router.post(f"{prefix}/{{name}}/versions/{{version}}/verify")
    def verify_version(
        project: str, name: str, version: Number, caller: Caller = guard.needs("registry.verify")
    ) -> wire.Verification:
        """Check every stored byte and the signature now."""
        return wire.Verification.model_validate(registry.verify(project, name, version))

    @router.put(f"{prefix}/{{name}}/aliases/{{alias}}")
    def move_alias(
        project: str,
        name: str,
        alias: str,
        body: wire.AliasRequest,
        caller: Caller = guard.needs("registry.alias"),
    ) -> wire.AliasMove:
        """Point an alias to a version."""
        move = registry.move_alias(
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
        moves = registry.alias_moves(project, name, _before(cursor), PAGE)
        more = str(moves[-1].number) if len(moves) == PAGE else None
        return wire.AliasHistory(
            items=[wire.AliasMove.model_validate(one) for one in moves], next_cursor=more
        )

    return router
