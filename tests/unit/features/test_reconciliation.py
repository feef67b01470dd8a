"""What happened to a registry behind Octavo's back is found, repaired where it can be, or shown."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.registry_files import PROJECT, RegistryWorld, data_file

from octavo_server.errors import Unavailable
from octavo_server.features.catalog.ports import Look

HOUR = timedelta(hours=1)


@pytest.fixture
def world(tmp_path: Path) -> RegistryWorld:
    made = RegistryWorld(tmp_path)
    for name in ("carrier", "route"):
        made.write_data(name, made.clock())
    made.publish(carrier="By carrier.", route="By route.")
    return made


def test_what_nobody_touched_is_read_no_more(world: RegistryWorld) -> None:
    for _ in range(3):
        assert world.compare() == []
    assert world.engine.readings == 0
    assert world.catalog.state(PROJECT).checked_at == world.clock()
    assert world.compare(timedelta(hours=24)) == []
    assert world.engine.readings == 1


def test_new_data_is_read(world: RegistryWorld) -> None:
    world.write_data("route", world.clock() + HOUR)
    assert world.compare() == []
    assert world.shown() == world.held()
    assert world.engine.readings == 1
    world.write_data("carrier", world.clock() + HOUR)
    assert world.compare(timedelta(minutes=1)) == []
    assert world.engine.readings == 1  # not so soon
    assert world.compare() == []
    assert world.shown() == world.held()


def test_a_moved_pointer_is_moved_back_and_on_the_trail(world: RegistryWorld) -> None:
    first = world.snapshot().name
    second = world.publish(carrier="By carrier, again.")
    world.folders.point_to(world.features, first)
    assert world.compare(timedelta(seconds=10)) == []
    assert world.pointed_to() == first  # the publication may still be under way
    assert world.compare() == []
    assert world.pointed_to() == second
    [entry] = [one for one in world.audit.entries() if one.action == "features.repair"]
    assert (entry.subject, entry.details) == (
        f"feature_snapshot:{PROJECT}/{second}",
        {"found": first},
    )
    (world.features / "current").unlink()
    assert world.compare() == []
    assert world.pointed_to() == second


def test_a_pointer_to_anywhere_is_moved_back(world: RegistryWorld) -> None:
    (world.features / "current").unlink()
    (world.features / "current").symlink_to("/etc")
    assert world.compare() == []
    assert world.pointed_to() == world.snapshot().name


def test_changed_files_are_shown_and_nothing_of_them_is_taken(world: RegistryWorld) -> None:
    file, before = world.snapshot() / "registry.db", world.shown()
    content = file.read_text()
    file.write_text(json.dumps({"evil": "Made behind our back."}))
    world.write_data("route", world.clock() + HOUR)
    assert world.compare() == ["changed"]
    assert world.shown() == before
    [problem] = world.catalog.state(PROJECT).problems
    assert problem.message.startswith(
        f"The files of the published registry {world.snapshot().name[:12]} were changed: they have"
    )
    assert problem.remedy == "Publish the features again: ask a project admin."
    since = problem.since
    assert world.compare() == ["changed"]
    assert world.catalog.state(PROJECT).problems[0].since == since
    file.write_text(content)
    assert world.compare() == []
    assert world.shown() == world.held()


def test_a_missing_registry_is_shown_and_search_goes_on(world: RegistryWorld) -> None:
    shutil.rmtree(world.snapshot())
    assert world.compare() == ["missing"]
    [problem] = world.catalog.state(PROJECT).problems
    assert "is gone from flights's folder" in problem.message
    assert [hit.entry.view.name for hit in world.catalog.find(PROJECT, "rout")] == ["route"]
    world.publish(carrier="By carrier.", route="By route.")
    assert world.compare() == []


def test_data_that_is_gone_is_a_problem_of_its_view_alone(world: RegistryWorld) -> None:
    data_file(world.lake, "route").unlink()
    assert world.compare() == ["unreadable"]
    assert world.compare() == ["unreadable"]
    assert world.shown() == world.held()
    world.write_data("route", world.clock())
    assert world.compare() == []
    assert world.shown() == world.held()


def test_hostile_names_are_left_out_and_said(
    world: RegistryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = {"__proto__": "Kept.", "<script>": "Out.", "a/../b": "Out."}
    monkeypatch.setattr(world.files, "digest", lambda _features, snapshot: snapshot)
    (world.snapshot() / "registry.db").write_text(json.dumps(declared))
    facts = {"sources": {name: {"sha256": None} for name in declared}}
    (world.snapshot() / "snapshot.json").write_text(json.dumps(facts))
    world.write_data("__proto__", world.clock())
    assert world.compare(timedelta(hours=25)) == ["hostile", "hostile"]
    assert list(world.shown()) == ["__proto__"]
    assert [hit.entry.view.name for hit in world.catalog.find(PROJECT, "proto")] == ["__proto__"]


def test_an_engine_that_fails_is_shown_and_tried_again(
    world: RegistryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("The feature engine failed.", "Try again.")

    world.write_data("route", world.clock() + HOUR)
    with monkeypatch.context() as broken:
        broken.setattr(world.files, "read", fail)
        assert world.compare() == ["unreadable"]
    assert world.compare(timedelta(hours=24)) == []
    assert world.shown() == world.held()


def test_one_projects_trouble_holds_up_no_other(
    world: RegistryWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> Look:
        raise RuntimeError("a disk that is gone")

    monkeypatch.setattr(world.files, "look", fail)
    world.reconciliation.step()
    assert "the registry of flights could not be compared" in caplog.text


def test_a_reading_that_was_overtaken_is_not_taken(world: RegistryWorld) -> None:
    before = world.engine.index(PROJECT, world.snapshot().name, world.features, world.lake)
    world.publish(carrier="Newer.")
    assert not world.catalog.replace(PROJECT, before.views, before.views[0].snapshot)
    assert world.shown() == world.held()
