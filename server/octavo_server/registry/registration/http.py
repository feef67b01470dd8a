"""Routes of registering."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query

from octavo.records import experiments as runs_wire
from octavo.records import registration as work
from octavo.records import registry as wire
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.registry.registration.jobs import RegistrationJobs
from octavo_server.registry.registration.leftovers import (
    OLDEST_DAYS,
    YOUNGEST_DAYS,
    LeftoverService,
)
from octavo_server.registry.registration.service import Draft, Order, RegistrationService
from octavo_server.registry.versions.wire import detail

RunId = Annotated[str, Query(pattern=r"^[0-9a-f]{32}$", max_length=32)]
ModelId = Annotated[str | None, Query(pattern=r"^m-[0-9a-f]{32}$", max_length=40)]

SHOWN: Final = 1_000
"""Leftovers that a list shows."""
_ENVIRONMENTS: Final[tuple[Literal["dev", "test", "prod"], ...]] = ("dev", "test", "prod")


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
        owner=draft.owner,
        signature=dict(draft.packaging.signature) if draft.packaging.signature else None,
        input_example=dict(draft.packaging.example) if draft.packaging.example else None,
        training_data=[wire.TrainingData.model_validate(one) for one in draft.run.inputs[:200]],
        features=wire.DraftFeatures(
            snapshot=draft.run.tags.get("octavo.feature_snapshot", "")[:500] or None,
            views=list(draft.features.views),
            services=list(draft.features.services),
        ),
        notebook=_notebook(draft),
        environment=_environment(draft),
        usable_in={one: draft.usable_in.get(one, False) for one in _ENVIRONMENTS},
    )


def _notebook(draft: Draft) -> wire.DraftNotebook | None:
    found = draft.run.notebook
    return wire.DraftNotebook.model_validate(found) if found else None


def _environment(draft: Draft) -> wire.DraftEnvironment | None:
    tags = draft.run.tags
    if "octavo.environment.sha256" not in tags:
        return None
    return wire.DraftEnvironment(
        python=tags.get("octavo.environment.python", ""),
        packages=tags.get("octavo.environment.packages", ""),
        sha256=tags["octavo.environment.sha256"][:500],
    )


def _order(project: str, name: str, body: wire.RegisterRequest) -> Order:
    return Order(project=project, name=name, **body.model_dump())


def leftover_routes(leftovers: LeftoverService, guard: Guard) -> APIRouter:
    """Return the routes of what the store holds in vain."""
    router = area_router("registry")

    @router.get("/models-store/leftovers")
    def list_leftovers(
        older_than_days: Annotated[int, Query(ge=YOUNGEST_DAYS, le=OLDEST_DAYS)] = 30,
        caller: Caller = guard.needs("registry.clear"),
    ) -> work.LeftoverList:
        """List what the store of models holds that no version refers to."""
        found = leftovers.found(older_than_days)
        return work.LeftoverList(
            items=[work.ShelvedContent.model_validate(one) for one in found.items[:SHOWN]],
            count=len(found.items),
            size=found.size,
            older_than_days=found.days,
            listing=found.listing,
        )

    @router.post("/models-store/leftovers/remove")
    def remove_leftovers(
        body: work.LeftoverRequest, caller: Caller = guard.needs("registry.clear")
    ) -> work.LeftoversRemoved:
        """Remove exactly what was listed, from the store of models."""
        done = leftovers.remove(caller, body.older_than_days, body.listing, body.reason)
        return work.LeftoversRemoved.model_validate(done)

    return router


def routes(registration: RegistrationService, jobs: RegistrationJobs, guard: Guard) -> APIRouter:
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
        return detail(jobs.register(caller, _order(project, name, body)))

    _job_routes(router, jobs, guard)
    return router


def _job_routes(router: APIRouter, jobs: RegistrationJobs, guard: Guard) -> None:
    @router.post("/projects/{project}/models/{name}/registrations", status_code=202)
    def start_registration(
        project: str,
        name: str,
        body: wire.RegisterRequest,
        caller: Caller = guard.needs("registry.register"),
    ) -> work.Registration:
        """Begin to register a run's logged model; look at the registration to see how far it is."""
        return work.Registration.model_validate(jobs.start(caller, _order(project, name, body)))

    @router.get("/projects/{project}/registrations")
    def list_registrations(
        project: str,
        name: Annotated[str | None, Query(max_length=63)] = None,
        caller: Caller = guard.needs("registry.read"),
    ) -> work.RegistrationList:
        """List a project's registrations, the newest first; of one model if it is named."""
        found = jobs.newest(project, name)
        return work.RegistrationList(items=[work.Registration.model_validate(one) for one in found])

    @router.get("/projects/{project}/registrations/{registration}")
    def read_registration(
        project: str, registration: str, caller: Caller = guard.needs("registry.read")
    ) -> work.Registration:
        """Say how far a registration is, and why it failed if it did."""
        return work.Registration.model_validate(jobs.get(project, registration))

    @router.post("/projects/{project}/registrations/{registration}/cancel")
    def cancel_registration(
        project: str, registration: str, caller: Caller = guard.needs("registry.register")
    ) -> work.Registration:
        """Cancel a registration; nothing of it stays."""
        return work.Registration.model_validate(jobs.cancel(caller, project, registration))
