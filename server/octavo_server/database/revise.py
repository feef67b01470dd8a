"""Writes a migration for what the tables have that the migrations lack.

``python -m octavo_server.database.revise "why"`` compares on a scratch SQLite database.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from octavo_server.database.migrate import configuration, migrate


def main() -> None:
    """Write the next migration file."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'scratch.sqlite'}")
        migrate(engine)
        config = configuration(engine)
        count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
        command.revision(config, sys.argv[1], autogenerate=True, rev_id=f"{count + 1:04}")


if __name__ == "__main__":
    main()
