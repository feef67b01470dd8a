"""The platform service: the table of all routes, and the process that serves them."""

from __future__ import annotations

import logging

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse

from octavo_server import answers
from octavo_server.adapters.hub import HubClient
from octavo_server.audit import http as audit_http
from octavo_server.deployments.batches import http as batches_http
from octavo_server.deployments.consumers import http as consumers_http
from octavo_server.deployments.edge import http as edge_http
from octavo_server.deployments.requests import http as requests_http
from octavo_server.deployments.rollouts import http as rollouts_http
from octavo_server.deployments.serving import http as serving_http
from octavo_server.deployments.serving.gateway import Gateway
from octavo_server.errors import ending_in_words
from octavo_server.experiments.cells import http as cells_http
from octavo_server.experiments.comparison import http as comparison_http
from octavo_server.experiments.runs import http as runs_http
from octavo_server.features.catalog import http as catalog_http
from octavo_server.features.materialization import http as materialization_http
from octavo_server.features.publishing import http as publishing_http
from octavo_server.features.values import http as values_http
from octavo_server.guard import Guard
from octavo_server.identity import HubUsers, Identity
from octavo_server.lineage import http as lineage_http
from octavo_server.monitoring import http as monitoring_http
from octavo_server.notebooks import http as notebooks_http
from octavo_server.notebooks.linting import http as linting_http
from octavo_server.pipelines.definitions import http as definitions_http
from octavo_server.pipelines.runs import http as pipeline_runs_http
from octavo_server.pipelines.schedules import http as schedules_http
from octavo_server.policy import http as policy_http
from octavo_server.projects import http as projects_http
from octavo_server.registry.proof import http as proof_http
from octavo_server.registry.registration import http as registration_http
from octavo_server.registry.versions import http as versions_http
from octavo_server.settings import load_settings
from octavo_server.templates import http as templates_http
from octavo_server.wiring.services import Services, build_services
from octavo_server.workspaces.profiles import http as profiles_http
from octavo_server.workspaces.sessions import http as sessions_http
from octavo_server.workspaces.usage import http as usage_http

PREFIX = "/services/octavo"
API = f"{PREFIX}/api/v1"


def build_guard(services: Services, hub: HubUsers) -> Guard:
    """Return the door that every route stands behind."""
    identity = Identity(hub, services.run_tokens)
    return Guard(identity, services.projects, services.database, services.audit)


def create_app(services: Services, guard: Guard) -> FastAPI:
    """Return the ASGI app with all routes."""
    app = FastAPI(
        title="Octavo",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.guard = guard
    serving = services.serving
    app.add_middleware(Gateway, api=API, router=serving.router, access=serving.access)
    answers.install(app)
    for router in (
        projects_http.routes(services.projects, guard),
        templates_http.routes(services.templates, guard),
        profiles_http.routes(services.catalog, services.profile_changes, guard),
        sessions_http.routes(services.sessions, guard),
        usage_http.routes(services.usage, guard),
        policy_http.routes(services.policy, guard),
        audit_http.routes(services.audit, guard),
        lineage_http.routes(services.lineage, guard),
        linting_http.routes(services.linting, guard),
        notebooks_http.routes(services.notebooks, guard),
        definitions_http.routes(services.pipelines.definitions, services.pipelines.editing, guard),
        schedules_http.routes(
            services.pipelines.schedules,
            services.pipelines.triggers,
            services.pipelines.backfills,
            guard,
        ),
        pipeline_runs_http.routes(services.pipelines.runs, services.pipelines.hand_offs, guard),
        monitoring_http.routes(services.monitoring, guard),
        *_models(services, guard),
        *_discovery(services, guard),
    ):
        app.include_router(router, prefix=API)

    @app.get(f"{PREFIX}/", include_in_schema=False)
    def front() -> RedirectResponse:
        """Lead a person who opens the service to their workspace."""
        return RedirectResponse(f"{services.settings.public}/hub/user-redirect/lab")

    @app.get(f"{PREFIX}/health", include_in_schema=False)
    def health() -> dict[str, str]:
        """Say that the service is up."""
        return {"status": "ok"}

    return app


def _models(services: Services, guard: Guard) -> list[APIRouter]:
    """Return the routes of models and deployments; fixed words come before names of either."""
    deployments, serving = services.deployments, services.serving
    return [
        registration_http.routes(services.registry.registration, services.registry.jobs, guard),
        registration_http.leftover_routes(services.registry.leftovers, guard),
        versions_http.routes(services.registry.versions, guard),
        proof_http.routes(services.proofs.service, guard),
        requests_http.routes(deployments.requests, services.reviews, guard),
        rollouts_http.routes(deployments.rollouts, deployments.requests, guard),
        serving_http.routes(
            serving.router, serving.access, serving.live, deployments.serving, guard
        ),
        consumers_http.routes(deployments.consumers, serving.access, serving.patterns, guard),
        edge_http.routes(services.edge, serving.access, guard),
        batches_http.routes(services.batches, guard),
    ]


def _discovery(services: Services, guard: Guard) -> list[APIRouter]:
    """Return the routes of features and experiments, room by room."""
    return [
        catalog_http.routes(services.features.catalog, services.projects, guard),
        publishing_http.routes(
            services.features.publishing, services.features.changes, services.projects, guard
        ),
        values_http.routes(services.features.values, guard),
        materialization_http.routes(
            services.features.materialization.jobs,
            services.features.materialization.schedules,
            services.features.materialization.freshness,
            services.features.materialization.pushes,
            guard,
        ),
        comparison_http.routes(
            services.experiments.comparison,
            services.experiments.curves,
            services.experiments.artifacts,
            guard,
        ),
        cells_http.routes(services.experiments.cells, guard),
        runs_http.routes(
            services.experiments.runs,
            services.experiments.actions,
            guard,
            f"{services.settings.public}/services/tracking",
        ),
    ]


def main() -> None:
    """Serve the platform service until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line a request is noise here
    with ending_in_words():
        settings = load_settings()
        services = build_services(settings)
        hub = HubClient(settings.hub_api, settings.service_token("octavo"), "octavo")
    app = create_app(services, build_guard(services, hub))
    uvicorn.run(
        app,
        host=settings.service_bind,
        port=settings.port + 2,
        access_log=False,
        server_header=False,
    )
    services.serving.close()
    services.features.catalog.uses.close()


if __name__ == "__main__":
    main()
