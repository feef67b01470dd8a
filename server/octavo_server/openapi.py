"""Print the service's OpenAPI document; the TypeScript types of the panels are made from it.

``python -m octavo_server.openapi > extension/openapi.json``
"""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

from octavo_server.adapters.hub import HubClient
from octavo_server.app import build_guard, create_app
from octavo_server.database.migrate import migrate
from octavo_server.database.sql import open_engine
from octavo_server.settings import Settings
from octavo_server.wiring.services import build_services


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the app with every route, wired on an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        settings.state.mkdir()
        engine = open_engine(settings.platform_database)
        migrate(engine)
        engine.dispose()
        services = build_services(settings)
        hub = HubClient(settings.hub_api, secrets.token_hex(), "octavo")
        return create_app(services, build_guard(services, hub)).openapi()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=1, sort_keys=True) + "\n")
