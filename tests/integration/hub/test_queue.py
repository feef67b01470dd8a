"""Starting, waiting, stopping with a real hub: the queue, a death in the middle, idle stops."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.acceptance.person import Person
from tests.support.local_hub import LocalHub, local_hub

pytestmark = pytest.mark.timeout(300)

GATE = """
import os, pathlib, socket, time
gate = pathlib.Path({folder!r}, os.environ["JUPYTERHUB_USER"])
while not gate.exists():
    time.sleep(0.1)
host, _, port = os.environ["JUPYTERHUB_SERVICE_URL"].split("/")[2].partition(":")
with socket.create_server((host, int(port)), backlog=64) as server:
    while True:
        visitor, _ = server.accept()
        with visitor:
            visitor.recv(65536)
            visitor.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
"""


LONG_CELL = """
import pathlib, time
while not pathlib.Path.home().joinpath("enough").exists():
    time.sleep(0.1)
print("done")
"""


class Gates:
    """Workspaces that answer once their person's gate is open."""

    def __init__(self, hub: LocalHub, folder: Path) -> None:
        self._hub = hub
        self._folder = folder
        self.script = folder / "gate.py"
        self.script.write_text(GATE.format(folder=str(folder)))

    def close_for(self, *people: str) -> None:
        """From now on these people's workspaces wait for their gate."""
        command = {"cmd": [sys.executable, "-S", str(self.script)], "args": []}
        self._hub.faults.write_text(json.dumps(dict.fromkeys(people, command)))

    def open(self, person: str) -> None:
        """Let a person's workspace answer."""
        (self._folder / person).touch()

    def running(self, person: str) -> int:
        """Return how many of a person's workspaces run behind gates."""
        found = psutil.process_iter(["cmdline", "environ", "status"])
        return sum(
            str(self.script) in (one.info["cmdline"] or [])
            and (one.info["environ"] or {}).get("JUPYTERHUB_USER") == person
            and one.info["status"] != psutil.STATUS_ZOMBIE
            for one in found
        )


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    folder = tmp_path_factory.mktemp("queue")
    for one in (folder, *folder.parents[:2]):
        one.chmod(0o711)
    with local_hub(folder, OCTAVO_CONCURRENT_STARTS="1") as running:
        yield running


@pytest.fixture
def sign_in(hub: LocalHub) -> Iterator[Callable[[str], Person]]:
    """Sign people in, as often as a test likes."""
    people: list[Person] = []

    def person(name: str) -> Person:
        people.append(hub.person(name))
        return people[-1]

    yield person
    for one in people:
        one.close()


@pytest.fixture
def gates(hub: LocalHub) -> Gates:
    folder = hub.home / "gates"
    folder.mkdir(mode=0o755)
    return Gates(hub, folder)


def _ask(person: Person) -> int:
    wish = {"project": "flights", "profile": "cpu-small"}
    return person.hub("POST", f"/users/{person.name}/server", json=wish).status_code


def _first_place(person: Person) -> dict[str, Any]:
    """Return the first event of the progress that tells a place in the queue."""
    path = f"/hub/api/users/{person.name}/server/progress"
    with person.http.stream("GET", path, headers=person.same_site) as answer:
        for line in answer.iter_lines():
            if line.startswith("data:"):
                event: dict[str, Any] = json.loads(line.removeprefix("data:"))
                if event.get("position") is not None:
                    return event
    raise AssertionError("the progress told no place in the queue")


def _sessions(hub: LocalHub, person: str) -> list[tuple[str, str | None]]:
    """Return state and end of each session that a person ever had, oldest first."""
    with closing(sqlite3.connect(hub.home / "state" / "platform.sqlite")) as database:
        query = "SELECT state, end_reason FROM workspace_sessions WHERE person = ? ORDER BY rowid"
        return list(database.execute(query, (person,)))


def _age(hub: LocalHub, hours: int) -> None:
    """Let all sessions have begun earlier, and nothing have happened in them since."""
    back = f"-{hours} hours"
    with closing(sqlite3.connect(hub.home / "state" / "platform.sqlite", timeout=30)) as database:
        for name in ("started_at", "ready_at", "active_at"):
            earlier = f"strftime('%Y-%m-%d %H:%M:%f', {name}, ?) || '000'"
            database.execute(f"UPDATE workspace_sessions SET {name} = {earlier}", (back,))  # noqa: S608
        database.commit()


def _ready(hub: LocalHub, person: Person) -> bool:
    return bool(hub.server(person).get("ready"))


def test_over_the_limit_people_see_their_place_can_cancel_and_get_their_turn(
    hub: LocalHub, gates: Gates, sign_in: Callable[[str], Person]
) -> None:
    gates.close_for("scientist", "reviewer")
    first, second = sign_in("scientist"), sign_in("reviewer")
    assert _ask(first) == 202
    hub.until(lambda: gates.running("scientist") == 1)
    asked = time.monotonic()
    assert _ask(second) == 202
    event = _first_place(second)
    told_after_s = [time.monotonic() - asked]
    assert (event["step"], event["position"]) == ("queued", 1)
    assert "You are number 1 in the queue" in event["message"]
    assert "starting" in event["waits_for"]
    mine = hub.mine(second)
    assert (mine["state"], mine["position"], mine["cost_eur"]) == ("queued", 1, 0)

    second.hub("DELETE", "/users/reviewer/server")
    hub.until(lambda: hub.server(second) == {})
    hub.until(lambda: _sessions(hub, "reviewer") == [("ended", "cancelled")])
    assert gates.running("reviewer") == 0

    asked = time.monotonic()
    assert _ask(second) == 202
    assert _first_place(second)["position"] == 1
    told_after_s.append(time.monotonic() - asked)
    assert min(told_after_s) < 3, "neither place was told at once"
    gates.open("scientist")
    hub.until(lambda: _ready(hub, first))
    hub.until(lambda: gates.running("reviewer") == 1)
    gates.open("reviewer")
    hub.until(lambda: _ready(hub, second))
    hub.until(lambda: hub.mine(second)["state"] == "running")
    hub.stop(second)
    hub.until(lambda: _sessions(hub, "reviewer")[1] == ("ended", "stopped"))


def test_a_start_is_cancelled_while_it_starts_and_leaves_nothing(
    hub: LocalHub, gates: Gates, sign_in: Callable[[str], Person]
) -> None:
    gates.close_for("scientist")
    person = sign_in("scientist")
    _ask(person)
    hub.until(lambda: gates.running("scientist") == 1)
    hub.platform(person, "POST", "/workspaces/mine/stop")
    hub.until(lambda: hub.server(person) == {})
    assert gates.running("scientist") == 0
    hub.until(lambda: _sessions(hub, "scientist") == [("ended", "stopped")])


def test_a_hub_killed_in_the_middle_of_starts_takes_them_up_again_once(
    hub: LocalHub, gates: Gates, sign_in: Callable[[str], Person]
) -> None:
    gates.close_for("scientist", "reviewer", "oncall")
    people = [sign_in(name) for name in ("scientist", "reviewer", "oncall")]
    for person in people:
        _ask(person)
    hub.until(lambda: gates.running("scientist") == 1)
    hub.hub.kill_hub()
    hub.hub.start_hub()
    for person in people:
        gates.open(person.name)
    for person in people:
        again = sign_in(person.name)
        hub.until(lambda again=again: _ready(hub, again))  # type: ignore[misc]
        hub.until(lambda again=again: hub.mine(again)["state"] == "running")  # type: ignore[misc]
        assert gates.running(person.name) == 1
        assert _sessions(hub, person.name) == [("running", None)]


def test_failures_of_a_profile_never_stop_the_hub(
    hub: LocalHub, sign_in: Callable[[str], Person]
) -> None:
    fails = {"cmd": ["/bin/false"], "args": [], "consecutive_failure_limit": 2}
    person = sign_in("scientist")
    hub.fault("scientist", **fails)
    for _ in range(4):
        assert "ended" in hub.try_to_start(person)
    hub.fault("nobody")
    hub.start(person)
    hub.until(lambda: sum(hub.failures()["by_kind"].values()) == 4)
    hub.until(lambda: hub.failures()["starts"] == 5)


def test_an_order_of_the_platform_stops_a_workspace_within_seconds(
    hub: LocalHub, gates: Gates, sign_in: Callable[[str], Person]
) -> None:
    gates.close_for("scientist")
    gates.open("scientist")
    person = sign_in("scientist")
    hub.start(person)
    ordered = time.monotonic()
    assert hub.platform(person, "POST", "/workspaces/mine/stop")["stop_reason"] == "stopped"
    hub.until(lambda: hub.server(person) == {})
    assert timedelta(seconds=time.monotonic() - ordered) < timedelta(seconds=20)
    hub.until(lambda: _sessions(hub, "scientist") == [("ended", "stopped")])


def test_a_long_running_cell_is_never_culled_and_an_idle_workspace_is(
    hub: LocalHub, sign_in: Callable[[str], Person]
) -> None:
    """Hours are made by putting the session's clock back; cell, probe and stop are real."""
    hub.fault("scientist", probe_seconds=1.0)
    person = sign_in("scientist")
    hub.start(person)
    with hub.kernel(person) as kernel:
        said: list[str] = []
        cell = threading.Thread(target=lambda: said.append(kernel.run(LONG_CELL)))
        cell.start()
        hub.until(lambda: hub.mine(person)["activity"] == "cell")
        _age(hub, 5)
        deadline = time.monotonic() + 6
        while time.monotonic() < deadline:
            mine = hub.mine(person)
            assert (mine["activity"], mine["idle_stop_at"]) == ("cell", None)
            assert _ready(hub, person)
            time.sleep(0.5)
        (hub.hub.accounts.person("scientist").home / "enough").touch()
        cell.join()
        assert said == ["done\n"]
    hub.stop(person)

    hub.start(person)
    hub.until(lambda: hub.mine(person)["activity"] == "idle")
    _age(hub, 5)
    hub.until(lambda: hub.server(person) == {})
    hub.until(lambda: _sessions(hub, "scientist")[-1] == ("ended", "idle"))
