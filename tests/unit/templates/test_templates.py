"""Templates are folders; a wrong one says which field is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.people import ONCALL, WORKER
from tests.support.services import open_audit

from octavo.local import resources
from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import Invalid, NotFound
from octavo_server.projects.service import ProjectsService
from octavo_server.templates.rules import read_template
from octavo_server.templates.service import TemplatesService
from octavo_server.templates.store import TemplateFolder

GOOD = {"title": "T", "description": "D", "members": {"oncall": "oncall"}}


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "holds no mapping"),
        ({**GOOD, "title": " "}, "title: text is needed"),
        ({"title": "T"}, "description: text is needed"),
        ({**GOOD, "members": {"x": "king"}}, "members.x: 'king' is no role"),
    ],
)
def test_a_wrong_template_names_its_field(document: Any, fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        read_template(Path("flights"), document)


def test_the_shipped_templates_are_right_and_their_notebooks_exist() -> None:
    for template in TemplateFolder(resources.path("notebook_templates")).every():
        assert [name for name in template.notebooks if not (template.folder / name).is_file()] == []


def test_a_project_is_made_from_its_template_once(tmp_path: Path) -> None:
    (tmp_path / "t" / "demo").mkdir(parents=True)
    (tmp_path / "t" / "demo" / "template.yaml").write_text(yaml.safe_dump(GOOD))
    database, folder = MemoryDatabase(), TemplateFolder(tmp_path / "t")
    audit = open_audit(database, tmp_path)
    projects = ProjectsService(
        database, audit, folder, admin_group="admins", reviewer_group="reviewers"
    )
    service = TemplatesService(folder, projects)
    assert service.ensure_project(WORKER, "demo") == "demo"
    entries = len(audit.entries())
    assert service.ensure_project(WORKER, "demo") == "demo"
    assert len(audit.entries()) == entries
    assert projects.project_roles(ONCALL, "demo") == {"oncall"}
    with pytest.raises(NotFound, match="no template 'nope'"):
        service.ensure_project(WORKER, "nope")
