"""A real hub whose workspaces run into a small profile's limits, or into a fault made for a test.

- `local_hub`: the hub, with a further configuration file that reads `Fault`s from a file
- `LocalHub.publish`: a profile through the four eyes of admin and reviewer
- `LocalHub.start`: a person's workspace, and what became of it
- `LocalHub.kernel`: a notebook's kernel in it
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from octavo.local.people import read_passwords
from tests.acceptance.person import Kernel, Person, kernel
from tests.support.hub import RunningHub, running_hub

WAIT_S = 120.0
CONFIGURATION = """
import datetime, json, pathlib
from octavo_hub import keeper
from octavo_hub.local import orphans

faults = pathlib.Path({faults!r})
# A test can't wait for minutes. But what has only just begun stays young: while a start is made
# ready, and while an account is emptied, a process of it lives for some seconds on a busy machine.
orphans.YOUNGEST = datetime.timedelta(seconds=20)
keeper.FIRST_ORPHANS_S = keeper.ORPHANS_EVERY_S = 2.0
keeper.BEAT_EVERY_S = 2.0

def make_fault(spawner):
    wish = json.loads(faults.read_text()).get(spawner.user.name, {{}}) if faults.exists() else {{}}
    for name, value in wish.items():
        setattr(spawner, name, value)

c.Spawner.pre_spawn_hook = make_fault
"""


@dataclass(frozen=True)
class LocalHub:
    """A running hub and what tests ask of it."""

    hub: RunningHub
    faults: Path

    @property
    def home(self) -> Path:
        """Its state folder."""
        return self.hub.home

    @property
    def url(self) -> str:
        """Where people open it."""
        return self.hub.url

    def password(self, person: str) -> str:
        """Return a demo person's password."""
        return read_passwords(self.home / "people.txt")[person]

    def person(self, name: str) -> Person:
        """Sign a person in."""
        return Person(self, name)

    def fault(self, person: str, **settings: Any) -> None:
        """Have a person's next starts fail: settings of the spawner, none to heal it."""
        self.faults.write_text(json.dumps({person: settings}))

    def platform(self, person: Person, method: str, path: str, **more: Any) -> Any:
        """Call the platform in a person's name, and return its answer."""
        answer = httpx.request(
            method,
            f"{self.url}/services/octavo/api/v1{path}",
            headers={"Authorization": f"Bearer {person.token(expires_in=300)}"},
            timeout=30,
            **more,
        )
        assert answer.is_success, answer.text
        return answer.json()

    def publish(self, **document: Any) -> None:
        """Publish a profile: proposed by the admin, approved by the reviewer."""
        reason = "For a test of limits."
        wish = {"profile": document["id"], "text": yaml.safe_dump(document), "reason": reason}
        with closing(self.person("admin")) as admin:
            change = self.platform(admin, "POST", "/profiles/changes", json=wish)
        assert change["state"] == "validated", change
        verdict = {"decision": "approve", "reason": reason, "digest": change["digest"]}
        place = f"/profiles/changes/{change['id']}/review"
        with closing(self.person("reviewer")) as reviewer:
            decided = self.platform(reviewer, "POST", place, json=verdict)
        assert decided["state"] == "published", decided

    def start(self, person: Person, profile: str = "cpu-small") -> dict[str, Any]:
        """Start a workspace; return its session once it runs. Raises AssertionError.

        A busy platform learns a moment after the hub that the workspace answers.
        """
        person.start_workspace(profile=profile)
        self.until(lambda: self.mine(person)["state"] == "running")
        return self.mine(person)

    def mine(self, person: Person) -> dict[str, Any]:
        """Return a person's session."""
        found: dict[str, Any] = self.platform(person, "GET", "/workspaces/mine")
        return found

    def try_to_start(self, person: Person, profile: str = "cpu-small") -> str:
        """Start a workspace that fails; return the page that its person then sees."""
        wish = {"project": "flights", "profile": profile}
        answer = person.http.post(
            f"/hub/api/users/{person.name}/server", json=wish, headers=person.same_site
        )
        assert answer.status_code in {201, 202, 500}, answer.text
        self.until(lambda: not self.server(person))
        return person.http.get(f"/hub/spawn-pending/{person.name}").text

    def stop(self, person: Person) -> None:
        """Stop a workspace, and wait until it is gone."""
        person.hub("DELETE", f"/users/{person.name}/server")
        self.until(lambda: not self.server(person))

    def failures(self) -> dict[str, Any]:
        """Return the failures of starts that the platform counts, as an admin reads them."""
        with closing(self.person("admin")) as admin:
            found: dict[str, Any] = self.platform(admin, "GET", "/workspaces/failures")
        return found

    def server(self, person: Person) -> dict[str, Any]:
        """Return what the hub knows of a person's server; empty: there is none."""
        model = person.hub("GET", f"/users/{person.name}").json()
        found: dict[str, Any] = model.get("servers", {}).get("", {})
        return found

    @contextmanager
    def kernel(self, person: Person) -> Iterator[Kernel]:
        """Give a kernel in a person's running workspace."""
        with kernel(person) as made:
            yield made

    def until(self, done: Callable[[], object], limit_s: float = WAIT_S) -> None:
        """Wait until something holds; fail with the hub's last words when it never does."""
        deadline = time.monotonic() + limit_s
        while not done():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {limit_s} s: {self.hub.log.read_text()[-4000:]}")
            time.sleep(0.2)


@contextmanager
def local_hub(folder: Path, **settings: str) -> Iterator[LocalHub]:
    """Give a hub; ``folder`` takes its further configuration."""
    faults = folder / "faults.json"
    configuration = folder / "further.py"
    configuration.write_text(CONFIGURATION.format(faults=str(faults)))
    with running_hub(OCTAVO_HUB_CONFIG=str(configuration), **settings) as running:
        yield LocalHub(running, faults)
