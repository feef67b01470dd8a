"""The HTTP client against a real server: answers, the error shape, repetition, no answer."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import BaseModel

from octavo import client as client_module
from octavo.client import Client, ClientError

TOKEN = "a-hub-token"


@dataclass
class Service:
    """A server that answers what a test queued, and keeps what it was sent."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            made.seen.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "token": self.headers.get("Authorization"),
                    "key": self.headers.get("Idempotency-Key"),
                    "body": json.loads(body) if body else None,
                }
            )
            status, payload = made.answers.pop(0)
            raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the library's names

        def log_message(self, *arguments: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made.url = f"http://127.0.0.1:{server.server_port}/services/octavo/"
        yield made
        server.shutdown()


@pytest.fixture
def client(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(client_module, "BACKOFF_S", 0.01)
    with Client(service.url, TOKEN) as made:
        yield made


class Note(BaseModel):
    text: str


def test_a_read_carries_the_token_and_only_the_given_query(
    client: Client, service: Service
) -> None:
    service.answers = [(200, {"text": "hello"})]
    assert client.fetch(Note, "/projects/flights", q="late", cursor=None) == Note(text="hello")
    assert service.seen == [
        {
            "method": "GET",
            "path": "/services/octavo/api/v1/projects/flights?q=late",
            "token": f"Bearer {TOKEN}",
            "key": None,
            "body": None,
        }
    ]


def test_a_refusal_keeps_every_part_of_the_error_shape(client: Client, service: Service) -> None:
    service.answers = [
        (
            403,
            {
                "error": "forbidden",
                "message": "You submitted this yourself.",
                "remedy": "Ask another reviewer.",
                "request_id": "r-1",
            },
        )
    ]
    with pytest.raises(ClientError) as refused:
        client.post("/projects/flights/notebooks/submissions/1/review", {"decision": "approve"})
    error = refused.value
    assert (error.code, error.status, error.request_id) == ("forbidden", 403, "r-1")
    assert str(error) == "You submitted this yourself. Ask another reviewer."


def test_an_answer_of_something_else_is_named_as_such(client: Client, service: Service) -> None:
    service.answers = [(404, b"<html>not here</html>")]
    with pytest.raises(ClientError, match=r"answered 404 without Octavo's error shape") as refused:
        client.get("/me")
    assert refused.value.code == "unexpected_answer"


def test_a_write_is_repeated_under_the_same_key(client: Client, service: Service) -> None:
    service.answers = [(503, b""), (502, b""), (201, {"id": "s1"})]
    assert client.post("/projects", Note(text="new")) == {"id": "s1"}
    keys = {sent["key"] for sent in service.seen}
    assert len(service.seen) == 3
    assert len(keys) == 1
    assert keys != {None}
    assert service.seen[-1]["body"] == {"text": "new"}


def test_two_writes_have_two_keys_and_a_given_key_is_kept(client: Client, service: Service) -> None:
    service.answers = [(201, {}), (201, {}), (201, {})]
    client.post("/projects", {})
    client.post("/projects", {})
    client.post("/projects", {}, key="mine")
    first, second, third = (sent["key"] for sent in service.seen)
    assert first != second
    assert third == "mine"


def test_what_has_no_key_is_sent_once(client: Client, service: Service) -> None:
    service.answers = [(503, {"error": "unavailable", "message": "Away.", "remedy": "Wait."})]
    with pytest.raises(ClientError, match=r"Away\. Wait\."):
        client.put("/projects/flights/budget", {})
    assert len(service.seen) == 1


def test_pages_are_followed_to_the_end(client: Client, service: Service) -> None:
    service.answers = [
        (200, {"items": [1, 2], "next_cursor": "c2"}),
        (200, {"items": [3], "next_cursor": None}),
    ]
    assert list(client.pages("/audit/entries", limit=2)) == [1, 2, 3]
    assert service.seen[1]["path"].endswith("?limit=2&cursor=c2")


def test_an_empty_answer_is_none(client: Client, service: Service) -> None:
    service.answers = [(204, b"")]
    assert client.delete("/projects/flights/members") is None


def test_nobody_there_is_said_with_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "BACKOFF_S", 0.01)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with Client(address, TOKEN) as made, pytest.raises(ClientError) as refused:
            made.get("/me")
    assert refused.value.code == "no_answer"
    assert address in refused.value.message
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("token", ["ü", "a\nb", "abc\n", "a b", "abc\x7f"])
def test_what_can_not_be_a_token_is_said_and_not_shown(token: str) -> None:
    with pytest.raises(ClientError, match="holds a character that no token has") as refused:
        Client("http://127.0.0.1:1", token)
    assert refused.value.code == "not_connected"
    assert "OCTAVO_TOKEN" in refused.value.remedy
    assert token not in str(refused.value).replace("a token from", "")


@pytest.mark.parametrize("missing", ["OCTAVO_URL", "OCTAVO_TOKEN"])
def test_outside_of_a_workspace_the_missing_variable_is_named(missing: str) -> None:
    environment = {"OCTAVO_URL": "http://127.0.0.1:1", "OCTAVO_TOKEN": TOKEN} | {missing: ""}
    with pytest.raises(ClientError, match=f"{missing} is not set"):
        Client.from_environment(environment)
