"""Fixtures that many tests share."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from octavo_server.database.rows import Database
from tests.support.databases import KINDS, open_database
from tests.support.platform import Platform, open_platform

# No deadline an example and no complaint of slow ones, for the machine may be busy; the examples
# follow from the test alone, so that a change fails by what it changed and never by chance.
settings.load_profile("ci")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: what was compressed just now differs in each process."""
    return argname if isinstance(val, bytes) else None


class ByFile(LoadScopeScheduling):
    """Keeps a file's tests in one process, and all that share something slow in one too.

    Scopes begin in the order of collection: what runs services comes first and the many short unit
    tests last, so that no process waits at the end for another's slow file.
    """

    SHARED = (
        "tests/acceptance/",
        "tests/integration/features/",
        "tests/integration/runs/",
        "tests/integration/tracking/",
    )
    """The running Octavo; the loaded project and its lake; the worker; MLflow."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        """Keep the order of collection; by itself xdist takes the files with most tests first."""
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in self.SHARED if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Say how `pytest -n` shares the tests out."""
    return ByFile(config, log)


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
