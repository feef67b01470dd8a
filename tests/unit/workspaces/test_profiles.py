"""Profiles, their versions and the admins' view of them, on every database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.governance import ADA, INSTALL, Governance
from tests.support.profiles import FORM, document, machine, price

from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound
from octavo_server.workspaces.profiles import rules
from octavo_server.workspaces.profiles.ports import User


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Governance:
    return Governance(database, tmp_path)


# ---------------------------------------------------------------- installed


def test_installing_again_changes_nothing_whatever_the_files_say(world: Governance) -> None:
    before = len(world.audit.entries())
    world.files.found["cpu-small.yaml"] = FORM.write(document(title="Other"))
    assert world.profiles.install(INSTALL) == ()
    assert len(world.audit.entries()) == before
    assert world.profiles.profile("cpu-small").version == 1


def test_a_file_never_overwrites_what_admins_published_or_retired(world: Governance) -> None:
    world.publish(longest_hours=24)
    world.retire("gpu-1")
    world.profiles.install(INSTALL)
    assert world.profiles.profile("cpu-small").profile.longest_hours == 24
    assert [one.profile.id for one in world.profiles.offered()] == ["cpu-small"]


def test_a_wrong_file_is_left_out_with_a_sentence_and_the_others_are_installed(
    world: Governance,
) -> None:
    world.files.found["broken.yaml"] = "a: ["
    world.files.found["wide.yaml"] = FORM.write(document(id="wide", longest_hours=9_000))
    world.files.found["good.yaml"] = FORM.write(document(id="good"))
    broken, wide = world.profiles.install(INSTALL)
    assert broken.startswith("broken.yaml, line 1: The document is no YAML")
    assert wide == "wide.yaml, line 11: longest_hours is 9000; it must be at most 720."
    assert world.profiles.profile("good").version == 1


def test_a_file_that_asks_for_retirement_is_not_installed(world: Governance) -> None:
    world.files.found["old.yaml"] = FORM.write(
        document(id="old", retirement={"message": "It was never good."})
    )
    assert world.profiles.install(INSTALL) == ()
    with pytest.raises(NotFound, match="There is no profile 'old'"):
        world.profiles.profile("old")


def test_on_a_machine_without_a_gpu_its_profile_is_installed_all_the_same(
    world: Governance,
) -> None:
    assert world.profiles.profile("gpu-1").profile.gpu == 1


def test_what_the_machine_can_not_guarantee_is_not_installed(world: Governance) -> None:
    world.pools.known = (machine(cpu=1, memory_gib=2),)
    world.files.found["big.yaml"] = FORM.write(
        document(
            id="big",
            resources={
                "cpu": {"guarantee": 2, "limit": 2},
                "memory_gib": {"guarantee": 1, "limit": 2},
                "processes": 64,
            },
        )
    )
    faults = world.profiles.install(INSTALL)
    assert any("it guarantees 2 CPU, this machine has 1" in one for one in faults)
    assert [one.profile.id for one in world.profiles.offered()] == ["cpu-small", "gpu-1"]


def test_an_unknown_profile_names_those_that_are_offered(world: Governance) -> None:
    with pytest.raises(NotFound, match="There is no profile 'nope'") as refused:
        world.profiles.profile("nope")
    assert refused.value.remedy == "Use one of: cpu-small, gpu-1."
    with pytest.raises(NotFound, match="cpu-small has no version 7"):
        world.profiles.version("cpu-small", 7)


def test_a_content_is_read_from_its_json_once(
    world: Governance, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish(longest_hours=24)
    world.profiles.offered()
    calls: list[Any] = []
    monkeypatch.setattr(rules, "profile_from", calls.append)
    assert len(world.profiles.offered()) == 2
    assert world.profiles.profile("cpu-small").profile.longest_hours == 24
    assert world.profiles.version("cpu-small", 1).profile.longest_hours == 72
    assert calls == []


# ---------------------------------------------------------------- the admins' view


def test_the_list_says_where_each_profile_stands(world: Governance) -> None:
    world.users.found = [
        User(kind="session", profile="gpu-1", name="w", project="flights", person="ada")
    ]
    world.publish(longest_hours=24, prices=price(0.2))
    world.propose(longest_hours=12, prices=price(0.2))
    world.retire("gpu-1", "cpu-small")
    small, gpu = world.catalog.summaries()
    assert (small.newest.version, small.newest.state, small.pending) == (2, "published", 1)
    assert (small.price_micro_eur, small.users_now, small.changed_by) == (200_000, 0, "ada")
    assert (gpu.newest.state, gpu.users_now, gpu.pending) == ("retired", 1, 0)
    assert (gpu.changed_at, gpu.changed_by) == (world.now, "ada")


def test_a_profile_shows_its_whole_history(world: Governance) -> None:
    world.publish(longest_hours=24)
    world.propose(longest_hours=12)
    detail = world.catalog.detail("cpu-small")
    assert [one.version for one in detail.versions] == [2, 1]
    assert {one.state for one in detail.changes} == {"published", "validated"}
    assert world.catalog.text(detail.versions[1]) == FORM.write(document())
    with pytest.raises(NotFound, match="There is no profile 'nope'"):
        world.catalog.detail("nope")


def test_a_version_without_its_file_is_shown_the_canonical_way(world: Governance) -> None:
    from dataclasses import replace

    version = replace(world.profiles.profile("cpu-small"), text="")
    assert "id: cpu-small" in world.catalog.text(version)


def test_who_uses_it_counts_what_leads_here_too(world: Governance) -> None:
    session = User(kind="session", profile="cpu-small", name="w", project="flights", person="ada")
    world.users.found, world.users.people, world.users.hours = [session], 3, 12.5
    world.retire("gpu-1", "cpu-small")
    found = world.catalog.users("cpu-small")
    assert found.items == (
        session,
        User(kind="redirect", profile="cpu-small", name="gpu-1", project="", person=""),
    )
    assert (found.people, found.hours) == (3, 12.5)
    with pytest.raises(NotFound, match="There is no profile 'nope'"):
        world.catalog.users("nope")


# ---------------------------------------------------------------- dry runs


def test_a_dry_run_shows_the_difference_and_changes_nothing(world: Governance) -> None:
    before = len(world.audit.entries())
    found = world.catalog.check(FORM.write(document(longest_hours=24)), None, "cpu-small.yaml")
    assert found.checked.errors == ()
    assert found.checked.fits == ("this machine",)
    assert found.base_version == 1
    assert "+longest_hours: 24" in found.diff
    assert len(world.audit.entries()) == before


def test_a_form_is_checked_as_its_yaml_is(world: Governance) -> None:
    by_form = world.catalog.check(None, document(longest_hours=24), "cpu-small.yaml")
    by_text = world.catalog.check(by_form.checked.text, None, "cpu-small.yaml")
    assert by_form == by_text


def test_exactly_one_of_text_and_form_is_needed(world: Governance) -> None:
    for text, form in ((None, None), ("id: x", {"id": "x"})):
        with pytest.raises(Invalid, match="exactly one of both is needed"):
            world.catalog.check(text, form, "x.yaml")


def test_changes_are_listed_newest_first_and_by_profile_and_state(world: Governance) -> None:
    world.publish(longest_hours=24)
    world.publish(id="cpu-xl", title="Extra large")
    waiting = world.propose(longest_hours=12)
    assert [one.profile for one in world.changes.changes()] == [
        "cpu-small",
        "cpu-xl",
        "cpu-small",
    ]
    assert [one.id for one in world.changes.changes("cpu-small", waiting.state)] == [waiting.id]
    assert world.changes.changes(limit=1, offset=1)[0].profile == "cpu-xl"
    assert waiting.author == ADA.name
