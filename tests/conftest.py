"""Fixtures that many tests share."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo_server.database.rows import Database
from tests.support.databases import KINDS, open_database
from tests.support.platform import Platform, open_platform


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one process, and all that share the running Octavo in one too."""
    for item in items:
        group = "acceptance" if "acceptance" in item.path.parts else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def postgres_folder() -> Path:
    """Return the folder of the one PostgreSQL server of this test run.

    It lies outside pytest's own folder, which PostgreSQL's account can't enter, and is removed
    when the process ends, after the server in it has been stopped.
    """
    folder = Path(tempfile.mkdtemp(prefix="octavo-postgres-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@pytest.fixture(params=KINDS)
def database(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_folder: Path
) -> Iterator[Database]:
    """Give an empty database: the twin, SQLite and PostgreSQL in turn."""
    with open_database(request.param, tmp_path, postgres_folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Give the platform service with a fake Hub, shared by all contract tests."""
    return open_platform(tmp_path_factory.mktemp("platform"))
