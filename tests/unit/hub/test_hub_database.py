"""A person is looked up in one query, and all that JupyterHub knows of them can still be read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm
from sqlalchemy import event
from sqlalchemy.orm import Session

from octavo_hub.hub_database import find_people_lightly
from octavo_hub.roles import SERVER_SCOPES
from octavo_hub.session_spawner import scopes_in_turn


@pytest.fixture
def hub_db() -> Iterator[Session]:
    opened = orm.new_session_factory("sqlite:///:memory:")()
    find_people_lightly()
    yield opened
    opened.close()
    opened.get_bind().dispose()


@pytest.fixture
def statements(hub_db: Session) -> list[str]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(hub_db.get_bind(), "before_cursor_execute", note)
    return sent


def test_a_person_is_found_by_one_query_each_time(hub_db: Session, statements: list[str]) -> None:
    hub_db.add(orm.User(name="ada", groups=[orm.Group(name="scientists")]))
    hub_db.commit()
    hub_db.expunge_all()
    statements.clear()
    for _ in range(2):
        orm.User.find(hub_db, "ada")
    assert len([one for one in statements if "FROM users" in one]) == 2
    assert [one for one in statements if "JOIN groups" in one] == []


def test_groups_are_read_once_they_are_asked_for(hub_db: Session) -> None:
    hub_db.add(orm.User(name="ada", groups=[orm.Group(name="scientists")]))
    hub_db.commit()
    hub_db.expunge_all()
    ada = orm.User.find(hub_db, "ada")
    assert [group.name for group in ada.groups] == ["scientists"]
    ada.groups = []
    hub_db.commit()
    assert orm.User.find(hub_db, "ada").groups == []


def test_a_start_that_waits_its_turn_has_nothing_unsaved(hub_db: Session) -> None:
    """JupyterHub rolls back what another request finds unsaved when it ends."""

    async def arrive() -> None:
        assert not hub_db.new

    async def start() -> list[str]:
        hub_db.add(orm.User(name="ada"))
        waiting = scopes_in_turn(spawner)
        assert not hub_db.new
        return await waiting

    spawner: Any = SimpleNamespace(user=SimpleNamespace(db=hub_db), arrive=arrive)
    assert asyncio.run(start()) == SERVER_SCOPES
