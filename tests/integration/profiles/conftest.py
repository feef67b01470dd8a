"""A platform of their own for the tests of this folder, and one that listens on a port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from tests.support.platform import Platform, open_platform


@pytest.fixture
def governed(tmp_path: Path) -> Platform:
    """Give a platform service that nobody else uses."""
    return open_platform(tmp_path / "home")


@pytest.fixture
def address(governed: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address at which that service listens, as OCTAVO_URL has it."""
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = governed.http.app
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/services/octavo"
        with httpx.Client(transport=httpx.HTTPTransport(retries=20), trust_env=False) as client:
            assert client.get(f"{url}/health").status_code == 200
        yield url
        server.should_exit = True
        thread.join(timeout=10)
