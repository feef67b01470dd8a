"""One Octavo for all acceptance tests, started once, and its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from octavo.client import Client
from tests.acceptance.browser import desk, opened
from tests.acceptance.installation import Installation, Launcher, launcher
from tests.acceptance.lab import Lab
from tests.acceptance.person import Kernel, Person, kernel
from tests.acceptance.room import Room


@pytest.fixture(scope="session")
def own_launcher() -> Iterator[Launcher]:
    """Give the launcher of the one Octavo; it stops with the test session."""
    with launcher() as made:
        yield made


@pytest.fixture(scope="session")
def octavo(own_launcher: Launcher) -> Installation:
    """Give the running Octavo that all acceptance tests share."""
    return own_launcher.up()


@pytest.fixture(scope="session")
def people(octavo: Installation) -> Iterator[Callable[[str], Person]]:
    """Sign people in by name, each once."""
    signed_in: dict[str, Person] = {}

    def sign_in(name: str) -> Person:
        if name not in signed_in:
            signed_in[name] = Person(octavo, name)
        return signed_in[name]

    yield sign_in
    for person in signed_in.values():
        person.close()


@pytest.fixture(scope="session")
def scientist_kernel(people: Callable[[str], Person]) -> Iterator[Kernel]:
    """Give a kernel in the scientist's workspace, while the reviewer has a workspace too."""
    people("reviewer").start_workspace()
    people("scientist").start_workspace()
    with kernel(people("scientist")) as made:
        yield made


@pytest.fixture(scope="module")
def room(octavo: Installation, people: Callable[[str], Person]) -> Iterator[Room]:
    """Sit the scientist and the reviewer down, each in JupyterLab."""
    for name in ("scientist", "reviewer"):
        people(name).start_workspace()
    with opened() as chromium:
        labs = {}
        for name in ("scientist", "reviewer"):
            sitting = desk(chromium, octavo, name)
            sitting.sign_in()
            sitting.start_workspace()
            labs[name] = Lab(desk=sitting)
        with Client(octavo.platform, people("scientist").token()) as client:
            yield Room(client=client, **labs)
        for lab in labs.values():
            assert lab.desk.complaints == []
            lab.close_views()  # or JupyterLab opens them again for whoever comes next
