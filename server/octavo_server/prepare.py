"""Prepares an installation: migrates the database, installs policies, makes the first project.

``python -m octavo_server.prepare`` is run by `octavo up` before the services start; running it
again changes nothing.
"""

from __future__ import annotations

import sys

from octavo_server.adapters.cedar import default_policies
from octavo_server.adapters.signing import Signer
from octavo_server.database.migrate import migrate
from octavo_server.database.sql import open_engine
from octavo_server.errors import ending_in_words
from octavo_server.identity import service_caller
from octavo_server.settings import Settings, load_settings
from octavo_server.wiring.services import build_services

FIRST_PROJECT = "flights"


def prepare(settings: Settings) -> None:
    """Bring ``settings.home`` to a state in which the services can start."""
    Signer.open(settings.state / "signing.key")
    engine = open_engine(settings.platform_database)
    migrate(engine)
    engine.dispose()
    services = build_services(settings)
    services.policy.install_default(default_policies())
    services.templates.ensure_project(service_caller("install"), FIRST_PROJECT)
    for fault in services.profiles.install(service_caller("install")):
        sys.stderr.write(f"Profile left as it was. {fault}\n")


if __name__ == "__main__":
    with ending_in_words():
        prepare(load_settings())
