"""When the service itself fails: one answer, one traceback, and a connection that is kept."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from octavo_server import answers


def _failing() -> FastAPI:
    app = FastAPI()
    answers.install(app)

    @app.post("/fails")
    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError("the flux went")

    @app.get("/half")
    def half() -> StreamingResponse:
        def pieces() -> Iterator[str]:
            yield "half of "
            raise RuntimeError("the rest is gone")

        return StreamingResponse(pieces())

    @app.get("/works")
    def works() -> dict[str, str]:
        return {"status": "ok"}

    return app


@contextmanager
def _connected(app: FastAPI) -> Iterator[HTTPConnection]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        connection = HTTPConnection(*listening.getsockname(), timeout=10)
        connection.auto_open = 0  # a closed connection is told, not opened anew
        connection.connect()
        try:
            yield connection
        finally:
            connection.close()
            server.should_exit = True
            thread.join(timeout=10)


def test_after_a_fault_the_connection_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with _connected(_failing()) as connection:
        for turn in range(3):
            connection.request("POST", "/fails", body=b"{}", headers={"X-Request-ID": f"t{turn}"})
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("x-request-id")) == (500, f"t{turn}")
            assert f'"request_id":"t{turn}"' in answer.read().decode()
            connection.request("GET", "/works")
            assert connection.getresponse().read() == b'{"status":"ok"}'
    faults = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert [one.getMessage() for one in faults] == [f"request t{n} failed" for n in range(3)]
    assert all("the flux went" in str(one.exc_info) for one in faults)


@pytest.mark.parametrize(
    ("method", "message", "remedy"),
    [
        ("GET", "Octavo failed on this request.", "Try again"),
        (
            "POST",
            "Octavo failed on this request; it may or may not have been carried out.",
            "Look at what it was to change before you try again",
        ),
    ],
)
def test_a_fault_promises_nothing_about_what_was_changed(
    method: str, message: str, remedy: str
) -> None:
    with _connected(_failing()) as connection:
        connection.request(method, "/fails")
        said = json.loads(connection.getresponse().read())
    assert said["message"] == message
    assert said["remedy"] == f"{remedy}; if it stays, give the request id to your platform admin."


def test_an_answer_that_broke_off_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    with _connected(_failing()) as connection:
        connection.request("GET", "/half", headers={"X-Request-ID": "cut"})
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(IncompleteRead):
            answer.read()
    assert "request cut failed" in caplog.text


def test_a_missing_query_parameter_named_path_is_named() -> None:
    missing = {"loc": ("query", "path"), "type": "missing", "msg": "Field required", "input": None}
    assert answers.describe_invalid([missing]) == (
        "path: field required; got None.",
        "Correct path and send the request again.",
    )


def test_how_many_more_fields_are_wrong_is_said_in_words() -> None:
    wrong = {"loc": ("body", "name"), "type": "missing", "msg": "Field required", "input": None}
    said = [answers.describe_invalid([wrong] * count)[0] for count in (1, 2, 3)]
    assert said == [
        "name: field required; got None.",
        "name: field required; got None. (1 more field is wrong.)",
        "name: field required; got None. (2 more fields are wrong.)",
    ]
