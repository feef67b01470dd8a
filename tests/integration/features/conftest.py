"""A whole home with the real lake, registry, online store and index of the flights project."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.feast_programs import Programs, running_programs
from tests.support.platform import Platform, open_platform

from octavo_server.load import load


@dataclass(frozen=True)
class Loaded:
    """A loaded installation."""

    platform: Platform
    home: Path
    lines: list[str]

    @property
    def lake(self) -> Path:
        return self.home / "lake" / "flights"

    @property
    def snapshots(self) -> Path:
        return self.home / "features" / "flights"


@pytest.fixture(scope="session")
def loaded() -> Iterator[Loaded]:
    # Not below pytest's folder, which only its owner may enter: other accounts read this home.
    with tempfile.TemporaryDirectory(prefix="octavo-features-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        platform = open_platform(home)
        lines: list[str] = []
        load(platform.services, "flights", lines.append)
        yield Loaded(platform, home, lines)


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    """Run programs with Feast, each in a process of its own."""
    with running_programs() as run:
        yield run
