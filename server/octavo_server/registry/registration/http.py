"""Routes of registering."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records import experiments as runs_wire
from octavo.records import registry as wire
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.registry.registration.service import Draft, RegistrationService
from octavo_server.registry.versions.wire import detail

RunId = Annotated[str, Query(pattern=r"^[0-9a-f]{32}$", max_length=32)]
ModelId = Annotated[str | None, Query(pattern=r"^m-[0-9a-f]{32}$", max_length=40)]


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


def routes(registration: RegistrationService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("registry")
    prefix = "/projects/{project}/models"

    @router.get(f"{prefix}/draft")
    def draft_registration(
        project: str,
        run_id: RunId,
        model_id: ModelId = None,
        name: Annotated[str | None, Query(max_length=63)] = None,
        caller: Caller = guard.needs("registry.read"),
    ) -> wire.RegistrationDraft:
        """Draft a registration from a run: checklist, card, what it competes with."""
        return _draft(registration.draft(caller, project, run_id, model_id, name))

    @router.post(f"{prefix}/{{name}}/versions", status_code=201)
    def register_version(
        project: str,
        name: str,
        body: wire.RegisterRequest,
        caller: Caller = guard.needs("registry.register"),
    ) -> wire.ModelVersionDetail:
        """Register a run's logged model: copied, scanned, tried, signed."""
        made = registration.register(
            caller, project, name, run_id=body.run_id, model_id=body.model_id, card=body.card
        )
        return detail(made)

    return router
