"""Models made once, and a serving installation a test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.databases import open_database
from tests.support.models import make_models
from tests.support.serving import Serving, open_serving


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the test's models."""
    return make_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a state folder that other accounts may enter, with a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="oct-s-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def serving(home: Path, models: Path) -> Iterator[Serving]:
    """Give deployments on SQLite: version 1 good, 2 better, 3 broken, 4 exits, 5 unsigned."""
    names = ("good", "better", "broken", "exits", "unsigned")
    versions = {("flights-late", number): models / name for number, name in enumerate(names, 1)}
    with open_database("sqlite", home, home) as database:
        opened = open_serving(home, database, versions)
        try:
            yield opened
        finally:
            opened.close()
