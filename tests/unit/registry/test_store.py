"""Models, versions and aliases on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.registry.test_rules import AT, version

from octavo_server.database.rows import Database, RowExists
from octavo_server.registry.versions import store
from octavo_server.registry.versions.domain import (
    AliasMove,
    ChecklistItem,
    Finding,
    ItemState,
    Scan,
    Severity,
)


def move(number: int, alias: str, to: int, previous: int | None = None) -> AliasMove:
    return AliasMove(
        number=number,
        alias=alias,
        version=to,
        previous=previous,
        moved_by="rob",
        moved_at=AT + timedelta(minutes=number),
        reason="It is better.",
    )


def test_a_version_comes_back_as_it_was(database: Database) -> None:
    finding = Finding(path="m.pkl", severity=Severity.NOTE, what="carries code")
    item = ChecklistItem(key="card", label="Card", state=ItemState.TODO, detail="write it")
    kept = version(scan_report=Scan(scanned=2, findings=(finding,)), checklist=(item,))
    with database.write() as rows:
        store.add_version(rows, kept)
    with database.read() as rows:
        assert store.get_version(rows, "flights", "late", 1) == kept
        assert store.get_version(rows, "weather", "late", 1) is None
        assert store.version_of_model(rows, "flights", "late", kept.model_id) == 1


def test_a_logged_model_is_one_version(database: Database) -> None:
    with database.write() as rows:
        store.add_version(rows, version(1))
        for twin in (version(1, model_id="m-x"), version(2, model_id=version(1).model_id)):
            with pytest.raises(RowExists):
                store.add_version(rows, twin)
        store.add_version(rows, version(2, name="other", model_id=version(1).model_id))


def test_models_are_listed_by_their_last_change(database: Database) -> None:
    with database.write() as rows:
        store.touch_model(rows, "flights", "late", "ada", AT)
        store.touch_model(rows, "flights", "early", "ada", AT + timedelta(hours=1))
        store.touch_model(rows, "weather", "rain", "eve", AT)
        for number in (1, 2):
            store.add_version(rows, version(number))
        store.touch_model(rows, "flights", "late", "ada", AT + timedelta(hours=2))
    with database.read() as rows:
        late, early = store.models(rows, "flights")
        assert (late.name, late.versions, late.registered_name) == ("late", 2, "flights.late")
        assert late.latest is not None
        assert late.latest.version == 2
        assert (early.versions, early.latest) == (0, None)
        assert [one.version for one in store.versions(rows, "flights", "late")] == [2, 1]
        assert store.get_model(rows, "weather", "late") is None


def test_aliases_have_a_history(database: Database) -> None:
    with database.write() as rows:
        for number in (1, 2):
            store.add_version(rows, version(number))
        assert store.next_move(rows, "flights", "late") == 1
        store.move_alias(rows, "flights", "late", move(1, "champion", 1))
        store.move_alias(rows, "flights", "late", move(2, "challenger", 2))
        store.move_alias(rows, "flights", "late", move(3, "champion", 2, previous=1))
        with pytest.raises(RowExists):
            store.move_alias(rows, "flights", "late", move(3, "shadow", 1))
    with database.read() as rows:
        assert store.aliases(rows, "flights", "late")["champion"] == 2
        second = store.get_version(rows, "flights", "late", 2)
        assert second is not None
        assert second.aliases == ("challenger", "champion")
        newest = store.moves(rows, "flights", "late", limit=2)
        assert [one.number for one in newest] == [3, 2]
        assert newest[0] == move(3, "champion", 2, previous=1)
        assert [one.number for one in store.moves(rows, "flights", "late", before=2)] == [1]
        assert replace(second, aliases=()) == version(2)
