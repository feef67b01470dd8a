"""Starts projects from templates."""

from __future__ import annotations

from octavo_server.errors import NotFound
from octavo_server.identity import Caller
from octavo_server.projects.service import ProjectsService
from octavo_server.templates.domain import Template
from octavo_server.templates.store import TemplateFolder


class TemplatesService:
    """The templates of this installation and the projects made from them."""

    def __init__(self, templates: TemplateFolder, projects: ProjectsService) -> None:
        self._templates = templates
        self._projects = projects

    def every(self) -> list[Template]:
        """Return all templates, sorted by title."""
        return self._templates.every()

    def ensure_project(self, caller: Caller, template: str) -> str:
        """Return the name of ``template``'s project, made with its members where it is missing.

        Raises NotFound for an unknown template.
        """
        if template not in self._templates.names():
            raise NotFound(
                f"There is no template {template[:40]!r}.",
                f"Use one of: {', '.join(sorted(self._templates.names()))}.",
            )
        chosen = self._templates.get(template)
        try:
            project = self._projects.get(chosen.name)
        except NotFound:
            project = self._projects.create(
                caller,
                name=chosen.name,
                title=chosen.title,
                description=chosen.description,
                template=chosen.name,
                monthly_budget_cents=round(chosen.monthly_budget_eur * 100),
            )
        for group, role in chosen.members:
            self._projects.add_member(
                caller, project=project.name, kind="group", name=group, role=role
            )
        return project.name
