"""A whole platform service in this process: real database, real policies, a fake Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from octavo_server.app import API, build_guard, create_app
from octavo_server.prepare import prepare
from octavo_server.settings import Settings
from octavo_server.wiring.services import Services, build_services
from tests.support.people import FakeHub


@dataclass
class Platform:
    """The service under test."""

    services: Services
    hub: FakeHub
    http: TestClient

    def call(self, who: str, method: str, path: str, **more: Any) -> Any:
        """Send a request as the person named ``who`` and return the response."""
        headers = {"Authorization": f"Bearer {who}", **more.pop("headers", {})}
        return self.http.request(method, API + path, headers=headers, **more)


def open_platform(home: Path, **more: Any) -> Platform:
    """Prepare ``home`` and return the service on it, with the flights project and no data.

    ``more`` are settings besides home and port.
    """
    (home / "state" / "tokens").mkdir(parents=True)
    for name in ("octavo", "tracking", "worker"):
        (home / "state" / "tokens" / name).write_text(f"{name}-service")
    settings = Settings(home=home, port=8990, **more)
    prepare(settings)
    services = build_services(settings)
    hub = FakeHub()
    app = create_app(services, build_guard(services, hub))
    return Platform(services, hub, TestClient(app, raise_server_exceptions=False))
