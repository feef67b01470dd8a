"""JupyterHub's own SQLite database, made for many small commits."""

from __future__ import annotations

import sqlite3
from typing import Any

from jupyterhub import orm
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import ORMExecuteState, Session, lazyload


def commit_lightly() -> None:
    """Let SQLite write ahead: a dozen commits a start then wait for the disk no longer.

    Nothing is lost when the hub dies. When the whole machine does, the last moments of sign-ins
    and starts may be; what is governed and metered is the platform's, and is always on disk.
    """
    if not event.contains(Engine, "connect", _prepare):
        event.listen(Engine, "connect", _prepare)


def _prepare(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")


def find_people_lightly() -> None:
    """Look a person up in one query; JupyterHub reads roles, groups and shares anew each time.

    What was read of them before is kept either way, and what wasn't is read once it is asked for.
    Half of what the hub did for each request, and two are sent for every start.
    """
    if not event.contains(Session, "do_orm_execute", _only_the_person):
        event.listen(Session, "do_orm_execute", _only_the_person)


def _only_the_person(executed: ORMExecuteState) -> None:
    mapper = executed.bind_mapper
    looks_up = executed.is_select and not executed.is_relationship_load
    if looks_up and mapper is not None and mapper.class_ is orm.User:
        executed.statement = executed.statement.options(lazyload("*"))
