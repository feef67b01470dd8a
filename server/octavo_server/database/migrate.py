"""Brings the database to the version of this code; refuses one that is newer."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from octavo_server.errors import OctavoError


class DatabaseVersionRefused(OctavoError):
    """The database is older or newer than this code."""

    code = "database_version"


def configuration(engine: Engine | None = None) -> Config:
    """Return Alembic's configuration for Octavo's migrations."""
    config = Config()
    folder = files("octavo_server.database").joinpath("migrations")
    config.set_main_option("script_location", str(folder))
    config.attributes["engine"] = engine
    return config


def migrate(engine: Engine) -> None:
    """Bring the database to the newest version. Raises DatabaseVersionRefused if it is newer."""
    found = _version(engine)
    if found is not None and found not in _known():
        raise _newer(found)
    command.upgrade(configuration(engine), "head")


def check_version(engine: Engine) -> None:
    """Raise DatabaseVersionRefused unless the database is exactly what this code writes."""
    found, head = _version(engine), ScriptDirectory.from_config(configuration()).get_current_head()
    if found == head:
        return
    if found is not None and found not in _known():
        raise _newer(found)
    raise DatabaseVersionRefused(
        f"The database has version {found or 'none'}, this Octavo needs {head}.",
        "Run `octavo up`, which migrates it; take a backup first.",
    )


def _newer(found: str) -> DatabaseVersionRefused:
    return DatabaseVersionRefused(
        f"The database has version {found}, which is newer than this Octavo knows.",
        "Install the Octavo that wrote it, or restore a backup from before its upgrade.",
    )


def _known() -> set[str]:
    script = ScriptDirectory.from_config(configuration())
    return {revision.revision for revision in script.walk_revisions()}


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return MigrationContext.configure(connection).get_current_revision()
