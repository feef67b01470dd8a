"""Real MLflow processes, shared by the tests of this folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.tracking import Directory, Governed, running_platform, running_tracking

from octavo.local.accounts import Accounts


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
def governed() -> Iterator[Governed]:
    """Give the platform service and MLflow on one state folder, the flights project in it."""
    # Not below pytest's own folder: that one is closed to the accounts that models are tried under.
    home = Path(tempfile.mkdtemp(prefix="octavo-tracking-"))
    home.chmod(0o711)
    try:
        with running_platform(home) as both:
            yield both
    finally:
        Accounts(home).remove_all()
        shutil.rmtree(home, ignore_errors=True)
