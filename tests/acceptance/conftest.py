"""One Octavo for all acceptance tests, started once, and its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.installation import Installation, Launcher, launcher
from tests.acceptance.person import Kernel, Person, kernel


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
