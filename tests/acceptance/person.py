"""A person without a browser: signs in, gets tokens, runs a workspace and code in its kernel."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import httpx
import websocket

SPAWN_LIMIT_S = 120.0
CELL_LIMIT_S = 120.0


class Place(Protocol):
    """An Octavo that people sign in to."""

    @property
    def url(self) -> str:
        """Where people open it."""

    def password(self, person: str) -> str:
        """Return a demo person's password."""


class Person:
    """A signed-in person's cookies, as a browser holds them."""

    def __init__(self, installation: Place, name: str) -> None:
        """Sign in with the password made at installation. Raises httpx.HTTPStatusError."""
        self.name = name
        self.url = installation.url
        self.http = httpx.Client(
            base_url=installation.url, timeout=30.0, follow_redirects=True, trust_env=False
        )
        self.http.get("/hub/login").raise_for_status()
        form = {"username": name, "password": installation.password(name), "_xsrf": self._xsrf()}
        self.http.post("/hub/login", data=form).raise_for_status()
        self.http.get("/hub/home").raise_for_status()

    def token(self, *, expires_in: int | None = None) -> str:
        """Get a Hub token that is good for ``expires_in`` seconds, or until it is revoked."""
        wish = {"note": "acceptance", "expires_in": expires_in}
        return str(self.hub("POST", f"/users/{self.name}/tokens", json=wish).json()["token"])

    def hub(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Call the Hub's API in the person's name. Raises httpx.HTTPStatusError."""
        answer = self.http.request(method, f"/hub/api{path}", headers=self.same_site, **more)
        answer.raise_for_status()
        return answer

    @property
    def same_site(self) -> dict[str, str]:
        """Headers by which the Hub knows that a request comes from a page of its own."""
        return {"X-XSRFToken": self._xsrf(), "Referer": f"{self.url}/hub/home"}

    def start_workspace(self, project: str = "flights", profile: str = "cpu-small") -> None:
        """Start a workspace, unless it runs, and wait until it answers."""
        model = self.hub("GET", f"/users/{self.name}").json()
        if not model.get("servers"):
            wish = {"project": project, "profile": profile}
            self.hub("POST", f"/users/{self.name}/server", json=wish)
        deadline = time.monotonic() + SPAWN_LIMIT_S
        while not self._ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}'s workspace is not ready after {SPAWN_LIMIT_S} s")
            time.sleep(0.2)

    def close(self) -> None:
        """Leave; the workspace goes on."""
        self.http.close()

    def _ready(self) -> bool:
        servers = self.hub("GET", f"/users/{self.name}").json().get("servers", {})
        return bool(servers.get("", {}).get("ready"))

    def _xsrf(self) -> str:
        return next(
            cookie.value or ""
            for cookie in self.http.cookies.jar
            if cookie.name == "_xsrf" and cookie.path == "/hub/"
        )


class Kernel:
    """A Python kernel in a person's workspace."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        """Take the open connection to the kernel's channels."""
        self._connection = connection

    def run(self, code: str) -> str:
        """Run code as a notebook's cell does and return what it printed. Raises AssertionError."""
        asked = _execute_request(code)
        self._connection.send(json.dumps(asked))
        printed, deadline = "", time.monotonic() + CELL_LIMIT_S
        while time.monotonic() < deadline:
            message = json.loads(self._connection.recv())
            if message["parent_header"].get("msg_id") != asked["header"]["msg_id"]:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed += content["text"]
            elif message["msg_type"] == "error":
                raise AssertionError(f"{content['ename']}: {content['evalue']}")
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return printed
        raise TimeoutError(f"the cell ran for more than {CELL_LIMIT_S} s")


@contextmanager
def kernel(person: Person) -> Iterator[Kernel]:
    """Start a kernel in the person's workspace for the block."""
    token, server = person.token(), f"/user/{person.name}/api/kernels"
    headers = {"Authorization": f"token {token}"}
    made = person.http.post(server, headers=headers, json={"name": "python3"})
    made.raise_for_status()
    address = f"{person.url}{server}/{made.json()['id']}"
    connection = websocket.create_connection(
        f"{address.replace('http', 'ws', 1)}/channels",
        header=[f"Authorization: token {token}"],
        timeout=CELL_LIMIT_S,
    )
    try:
        yield Kernel(connection)
    finally:
        connection.close()
        person.http.delete(address, headers=headers)


def _execute_request(code: str) -> dict[str, Any]:
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "",
        "session": uuid.uuid4().hex,
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    empty: dict[str, Any] = {}
    return {
        "header": header,
        "parent_header": empty,
        "metadata": empty,
        "content": content,
        "channel": "shell",
    }
