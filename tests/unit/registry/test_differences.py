"""What was changed in MLflow past Octavo: found, put right, shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.services import open_audit
from tests.unit.registry.test_rules import AT, version
from tests.unit.registry.test_store import move

from octavo_server.database.rows import Database
from octavo_server.registry.versions import store, tags
from octavo_server.registry.versions.differences import BookEntry, Kept, differences, people_tags
from octavo_server.registry.versions.reconciliation import Reconciliation, listed

DIGEST = version().digest
KEPT = Kept(project="flights", name="late", aliases={"champion": 1}, digests={1: DIGEST, 2: DIGEST})
GOOD = {"octavo.manifest_sha256": DIGEST}


@dataclass
class MemoryBook:
    """MLflow's registry, as far as the reconciliation reads and writes it."""

    aliases: dict[str, int] = field(default_factory=lambda: {"champion": 1})
    versions: dict[int, dict[str, str]] = field(
        default_factory=lambda: {1: dict(GOOD), 2: dict(GOOD)}
    )

    def entries(self) -> dict[str, BookEntry]:
        """The one model."""
        return {"flights.late": BookEntry(aliases=self.aliases, versions=self.versions)}

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Point an alias."""
        self.aliases = {**self.aliases, alias: version}

    def remove_alias(self, name: str, alias: str) -> None:
        """Remove an alias."""
        self.aliases = {key: to for key, to in self.aliases.items() if key != alias}

    def tag_version(self, name: str, version: int, key: str, value: str) -> None:
        """Set a tag."""
        self.versions[version] = {**self.versions[version], key: value}


@pytest.mark.parametrize(
    ("aliases", "versions", "kinds"),
    [
        ({"champion": 1}, {1: GOOD, 2: GOOD}, []),
        ({"champion": 2}, {1: GOOD, 2: GOOD}, ["alias_moved"]),
        ({}, {1: GOOD, 2: GOOD}, ["alias_removed"]),
        ({"champion": 1, "mine": 2}, {1: GOOD, 2: GOOD}, ["alias_added"]),
        ({"champion": 1}, {1: GOOD}, ["version_deleted"]),
        ({"champion": 1}, {1: GOOD, 2: GOOD, 3: {}}, ["version_unsigned"]),
        ({"champion": 1}, {1: GOOD, 2: {}}, ["tag_changed"]),
        ({}, {}, ["version_deleted", "version_deleted", "alias_removed"]),
    ],
)
def test_what_differs(
    aliases: Mapping[str, int], versions: Mapping[int, Mapping[str, str]], kinds: list[str]
) -> None:
    found = list(differences(KEPT, BookEntry(aliases=aliases, versions=versions)))
    assert [one.kind for one in found] == kinds


def test_an_alias_of_a_deleted_version_cannot_be_put_back(registry: Registry) -> None:
    found = list(differences(KEPT, BookEntry(aliases={}, versions={2: GOOD})))
    assert [(one.kind, one.repairable) for one in found] == [
        ("version_deleted", False),
        ("alias_removed", False),
    ]


def test_only_peoples_tags_are_taken_over() -> None:
    assert people_tags({**GOOD, "mlflow.x": "1", "team": "ops"}) == {"team": "ops"}


class Registry:
    """One model of two versions, kept and in MLflow."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.at: datetime = AT
        self.audit = open_audit(database, folder, clock=lambda: self.at)
        self.book = MemoryBook()
        book: Any = self.book
        self.reconciliation = Reconciliation(self.database, self.audit, book, lambda: self.at)
        with self.database.write() as rows:
            for number in (1, 2):
                store.touch_model(rows, "flights", "late", "ada", AT)
                store.add_version(rows, version(number))
            store.move_alias(rows, "flights", "late", move(1, "champion", 1))

    def look(self, times: int = 1) -> list[tuple[str, bool, bool]]:
        """Look, and return what is shown: kind, repaired, still open."""
        for _ in range(times):
            self.at += timedelta(seconds=30)
            self.reconciliation.step()
        with self.database.read() as rows:
            return [
                (one.kind, one.repaired, one.resolved_at is None) for one in listed(rows, "flights")
            ]


@pytest.fixture
def registry(database: Database, tmp_path: Path) -> Registry:
    return Registry(database, tmp_path)


def test_a_difference_counts_when_it_is_seen_twice(registry: Registry) -> None:
    registry.book.aliases = {"champion": 2}
    assert registry.look() == []
    assert registry.look() == [("alias_moved", True, False)]
    assert registry.book.aliases == {"champion": 1}
    assert registry.look(3) == [("alias_moved", True, False)]
    actions = [one.action for one in registry.audit.entries()]
    assert actions == ["registry.reconcile"]


def test_aliases_and_digests_are_put_back(registry: Registry) -> None:
    registry.book.aliases = {"mine": 2}
    registry.book.versions[2] = {"octavo.manifest_sha256": "0" * 64}
    assert {one[0] for one in registry.look(2)} == {"alias_removed", "alias_added", "tag_changed"}
    assert registry.book.aliases == {"champion": 1}
    assert registry.book.versions[2] == GOOD


def test_a_version_that_is_gone_or_unsigned_is_shown_until_it_is_right(registry: Registry) -> None:
    del registry.book.versions[2]
    registry.book.versions[3] = {}
    assert registry.look(4) == [
        ("version_unsigned", False, True),
        ("version_deleted", False, True),
    ]
    registry.book.versions = {1: dict(GOOD), 2: dict(GOOD)}
    assert registry.look() == [
        ("version_unsigned", False, False),
        ("version_deleted", False, False),
    ]


def test_tags_that_were_set_with_mlflow_are_taken_over_and_audited(registry: Registry) -> None:
    registry.book.versions[1] = {**GOOD, "team": "ops"}
    registry.look()
    with registry.database.read() as rows:
        found = tags.of_version(rows, "flights", "late", 1)
    assert [(one.key, one.value, one.set_by) for one in found] == [("team", "ops", "mlflow")]
    registry.book.versions[1] = dict(GOOD)
    registry.look(2)
    with registry.database.read() as rows:
        assert tags.of_version(rows, "flights", "late", 1) == []
    assert [one.action for one in registry.audit.entries()] == ["registry.tags_adopted"] * 2
