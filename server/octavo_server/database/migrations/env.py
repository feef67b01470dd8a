"""Runs migrations in the caller's engine, as Alembic asks for."""

from alembic import context
from sqlalchemy import create_engine

from octavo_server.database.tables import metadata

engine = context.config.attributes.get("engine") or create_engine("sqlite://")
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        user_module_prefix="base.",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
