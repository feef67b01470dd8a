"""Profiles and their versions, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.profiles import document
from tests.support.workspaces import INSTALL, World

from octavo_server.database.rows import Database
from octavo_server.errors import NotFound


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_installing_again_changes_nothing_whatever_the_files_say(world: World) -> None:
    before = len(world.audit.entries())
    world.files.documents["cpu-small"] = document(title="Other")
    assert world.profiles.install(INSTALL) == ()
    assert len(world.audit.entries()) == before
    assert world.profiles.profile("cpu-small").version == 1


def test_an_unknown_profile_names_those_that_are_offered(world: World) -> None:
    with pytest.raises(NotFound, match="There is no profile 'nope'") as refused:
        world.profiles.profile("nope")
    assert refused.value.remedy == "Use one of: closed, cpu-small, gpu-1."
