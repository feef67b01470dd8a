"""Routes of project templates."""

from fastapi import APIRouter

from octavo.records.projects import Template, Templates
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.templates.service import TemplatesService


def routes(templates: TemplatesService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("templates")

    @router.get("/templates")
    def list_templates(caller: Caller = guard.needs("templates.read")) -> Templates:
        """List what a project can start from."""
        return Templates(items=[Template.model_validate(one) for one in templates.every()])

    return router
