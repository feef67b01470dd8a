"""Real MLflow processes, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tracking import Directory, Governed, running_platform, running_tracking


@pytest.fixture(scope="session")
def directory() -> Iterator[Directory]:
    """Give people with tokens."""
    known = Directory()
    yield known
    known.close()


@pytest.fixture(scope="session")
def tracking(tmp_path_factory: pytest.TempPathFactory, directory: Directory) -> Iterator[str]:
    """Give the address of a tracking process whose people are in `directory`."""
    with running_tracking(tmp_path_factory.mktemp("tracking"), directory.url) as url:
        yield url


@pytest.fixture(scope="session")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Governed]:
    """Give the platform service and MLflow on one state folder, the flights project in it."""
    home = tmp_path_factory.mktemp("governed")
    with running_platform(home) as both:
        yield both
