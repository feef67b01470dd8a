"""Versions side by side, tags, and what an alias was on a date."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.people import person
from tests.support.proof import open_registry
from tests.unit.registry.test_provenance import told
from tests.unit.registry.test_rules import AT, PACKAGING, version
from tests.unit.registry.test_store import move

from octavo.records.proof import TagRequest, VersionComparison
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound
from octavo_server.registry.versions import store
from octavo_server.registry.versions.aliases import points
from octavo_server.registry.versions.comparison import Section, check_versions, compare

ADA = person("ada").within("flights", frozenset({"scientist"}))
FIRST = replace(told(), card="# late\n\nOld words.\n", metrics={"auc": 0.7, "loss": 0.3})
SECOND = replace(
    told(),
    version=2,
    card="# late\n\nNew words.\n",
    metrics={"auc": 0.75, "loss": 0.3, "odd": None},
    packaging=replace(PACKAGING, requirements=("scikit-learn==1.10",)),
    origin={**told().origin, "parameters": {"depth": "6"}, "inputs": []},
)


def sections() -> dict[str, Section]:
    return {one.key: one for one in compare("late", [FIRST, SECOND]).sections}


def test_what_differs_comes_first() -> None:
    metrics = sections()["metrics"]
    assert [(one.name, one.differs) for one in metrics.rows] == [
        ("auc", True),
        ("odd", True),
        ("loss", False),
    ]
    assert metrics.rows[0].numbers == (0.7, 0.75)
    assert metrics.rows[1].values == (None, "not a number")


@pytest.mark.parametrize(
    ("section", "name", "values"),
    [
        ("parameters", "depth", ("4", "6")),
        ("data", "flights", ("12ab", None)),
        ("environment", "scikit-learn", ("1.9", "1.10")),
        ("environment", "python", ("3.11.2", "3.11.2")),
        ("features", "plane_delay", ("read", "read")),
        ("signature", "inputs delay", ("None", "None")),
        ("card", "notebook", ("train.ipynb", "train.ipynb")),
    ],
)
def test_every_part_is_compared(section: str, name: str, values: tuple[str | None, ...]) -> None:
    row = next(one for one in sections()[section].rows if one.name == name)
    assert row.values == values


def test_feature_views_are_compared_by_their_definition() -> None:
    """Both read the view; it was changed between their snapshots."""
    first, second = (
        replace(one, feature_snapshot=snapshot * 64)
        for one, snapshot in ((FIRST, "a"), (SECOND, "b"))
    )
    numbers = {"a" * 64: 3, "b" * 64: 4}

    def view_version(project: str, view: str, snapshot: str) -> int | None:
        assert (project, view) == ("flights", "plane_delay")
        return numbers.get(snapshot)

    found = {one.key: one for one in compare("late", [first, second], view_version).sections}
    rows = {one.name: one.values for one in found["features"].rows}
    assert rows["plane_delay"] == ("v3", "v4")
    assert rows["snapshot"] == ("a" * 12, "b" * 12)
    numbers.clear()
    found = {one.key: one for one in compare("late", [first, second], view_version).sections}
    assert {one.name: one.values for one in found["features"].rows}["plane_delay"] == (
        "read",
        "read",
    )


def test_cards_are_compared_line_by_line() -> None:
    found = compare("late", [FIRST, SECOND]).card
    assert [(one.change, one.text) for one in found] == [
        ("same", "# late"),
        ("same", ""),
        ("removed", "Old words."),
        ("added", "New words."),
    ]
    assert compare("late", [FIRST, FIRST]).card == ()


def test_a_comparison_goes_over_the_wire_however_much_there_is() -> None:
    many = replace(FIRST, metrics={f"m{n}": float(n) for n in range(900)}, card="x\n" * 9_000)
    found = VersionComparison.model_validate(compare("late", [many, SECOND]))
    assert len(found.sections[0].rows) == 300
    assert found.sections[0].left_out == 603
    assert len(found.card) <= 2_100


@pytest.mark.parametrize("numbers", [[], [1], [1, 1], [1, 2, 3, 4, 5, 6]])
def test_two_to_five_versions_are_compared(numbers: list[int]) -> None:
    with pytest.raises(Invalid, match="was asked for"):
        check_versions(numbers)


MOVES = [
    move(1, "champion", 1),
    move(2, "challenger", 2),
    move(3, "champion", 2, previous=1),
]


@pytest.mark.parametrize(
    ("minutes", "champion", "challenger", "until"),
    [(0, None, None, None), (1, 1, None, 3), (2.5, 1, 2, 3), (3, 2, 2, None), (99, 2, 2, None)],
)
def test_what_an_alias_was_at_a_moment(
    minutes: float, champion: int | None, challenger: int | None, until: int | None
) -> None:
    found = {one.alias: one for one in points(MOVES[::-1], AT + timedelta(minutes=minutes))}
    assert (found["champion"].version, found["challenger"].version) == (champion, challenger)
    moved_on = AT + timedelta(minutes=until) if until else None
    assert found["champion"].until == moved_on


def test_aliases_on_a_date_come_from_the_whole_history(tmp_path: Path) -> None:
    registry = open_registry(MemoryDatabase(), tmp_path)
    with registry.database.write() as rows:
        store.touch_model(rows, "flights", "late", "ada", AT)
        for number in range(1, 121):
            store.move_alias(rows, "flights", "late", move(number, "champion", number))
    (found,) = registry.versions.aliases_on("flights", "late", AT + timedelta(minutes=2))
    assert found.version == 2
    with pytest.raises(NotFound, match="has no model"):
        registry.versions.aliases_on("flights", "none", AT)


def test_tags_are_set_changed_and_removed(database: Database, tmp_path: Path) -> None:
    registry = open_registry(database, tmp_path)
    with database.write() as rows:
        store.add_version(rows, version())
    tags, late = registry.versions.tags, ("flights", "late", 1)
    tags.set(ADA, *late, "team", "ops")
    tags.set(ADA, *late, "team", "research")
    tags.set(ADA, *late, "a.b-c_1", "")
    assert [(one.key, one.value) for one in tags.listed(*late)] == [
        ("a.b-c_1", ""),
        ("team", "research"),
    ]
    tags.remove(ADA, *late, "team")
    with pytest.raises(NotFound, match="has no tag 'team'"):
        tags.remove(ADA, *late, "team")
    with pytest.raises(NotFound, match="has no version 2"):
        tags.set(ADA, "flights", "late", 2, "team", "ops")
    assert [one.action for one in registry.audit.entries()] == [
        "registry.untag",
        "registry.tag",
        "registry.tag",
        "registry.tag",
    ]


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 101, "octavo.digest", "MLflow.note", "a\n"])
def test_names_that_no_tag_has(tmp_path: Path, key: str) -> None:
    registry = open_registry(MemoryDatabase(), tmp_path)
    with pytest.raises(Invalid, match="key: "):
        registry.versions.tags.set(ADA, "flights", "late", 1, key, "x")


def test_a_tag_holds_no_hidden_signs() -> None:
    with pytest.raises(ValueError, match="nobody sees"):
        TagRequest(value="a\u202eb")
