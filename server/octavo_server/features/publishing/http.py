"""Routes of publishing features."""

from fastapi import APIRouter

from octavo.records.features import FeatureSnapshot, FeaturesPublish
from octavo_server.features.publishing.service import PublishingService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.projects.service import ProjectsService


def routes(features: PublishingService, projects: ProjectsService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("features")
    base = "/projects/{project}/features"

    @router.post(f"{base}/snapshot", status_code=201)
    def publish_features(
        project: str, body: FeaturesPublish, caller: Caller = guard.needs("features.publish")
    ) -> FeatureSnapshot:
        """Build the registry of the project's template and make it current."""
        template = projects.get(project).template
        made = features.publish(caller, project, template, body.reason)
        return FeatureSnapshot.model_validate(made)

    return router
