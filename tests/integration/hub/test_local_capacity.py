"""No workspace is started over the machine's capacity: who doesn't fit waits, and reads why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.support.local_hub import LocalHub, local_hub

from octavo_server.adapters.machine import LocalMachine

pytestmark = pytest.mark.timeout(300)

ROOM_GIB = 1.5
"""Left for workspaces; cpu-small is guaranteed 1 GiB of it."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    reserve = LocalMachine().facts().memory_gib - ROOM_GIB
    settings = {"OCTAVO_RESERVE_MEMORY_GIB": f"{reserve:.3f}"}
    with local_hub(tmp_path_factory.mktemp("full-hub"), **settings) as running:
        yield running


def test_a_start_waits_until_another_workspace_gives_its_memory_back(hub: LocalHub) -> None:
    with closing(hub.person("scientist")) as first, closing(hub.person("admin")) as second:
        assert hub.start(first)["state"] == "running"
        wish = {"project": "flights", "profile": "cpu-small"}
        second.hub("POST", "/users/admin/server", json=wish)
        hub.until(lambda: hub.mine(second)["state"] == "queued")
        waiting = hub.mine(second)
        assert waiting["position"] == 1
        assert "memory" in waiting["waits_for"]
        hub.stop(first)
        hub.until(lambda: hub.server(second).get("ready"))
        hub.until(lambda: hub.mine(second)["state"] == "running")
        hub.stop(second)
