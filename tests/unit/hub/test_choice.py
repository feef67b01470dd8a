"""What may be chosen: a project, a profile and an image; the rest is the platform's to refuse."""

from __future__ import annotations

from typing import Any

import pytest
from jupyterhub.spawner import SpawnException

from octavo_hub.choice import choice_of, options_of

GOOD = {"project": "flights", "profile": "cpu-small"}


def test_a_form_becomes_options() -> None:
    form = {"_xsrf": ["t"], "project": ["flights"], "profile": ["cpu-small"], "digest": [""]}
    assert options_of(form) == GOOD


def test_what_a_form_sends_twice_is_no_choice() -> None:
    options = options_of({"project": ["a", "b"], "profile": ["cpu-small"], "cmd": ["x", "y"]})
    choice = choice_of(options, "ann", [])
    assert (choice.project, choice.profile) == ("['a', 'b']", "cpu-small")
    assert choice.further == {"cmd": "['x', 'y']"}


def test_options_become_a_choice() -> None:
    choice = choice_of(GOOD, "ann", ["b", "a"])
    assert (choice.person, choice.groups) == ("ann", ["a", "b"])
    assert (choice.project, choice.profile, choice.digest) == ("flights", "cpu-small", None)


@pytest.mark.parametrize(
    ("options", "field", "sent"),
    [
        ({}, "project", ""),
        ({"project": "flights", "profile": None}, "profile", ""),
        (GOOD | {"image": "evil.example/x:latest"}, "image", "evil.example/x:latest"),
        (GOOD | {"image": ""}, "image", None),
        (GOOD | {"image": False}, "image", "False"),
        (GOOD | {"profile": "a/../b"}, "profile", "a/../b"),
        (GOOD | {"profile": ["cpu-small"]}, "profile", "['cpu-small']"),
        (GOOD | {"profile": "\0" * 999}, "profile", r"\0" * 100),
        (GOOD | {"digest": "abc"}, "digest", "abc"),
    ],
)
def test_what_cant_be_chosen_goes_to_the_platform_to_be_refused(
    options: dict[str, Any], field: str, sent: str | None
) -> None:
    choice = choice_of(options | {"privileged": True}, "ann", [])
    assert getattr(choice, field) == sent
    assert choice.further == {"privileged": "True"}


@pytest.mark.parametrize(("person", "groups"), [("ann b", []), ("ann", ["g"] * 501)])
def test_an_account_that_the_platform_doesnt_take_is_refused_in_words(
    person: str, groups: list[str]
) -> None:
    with pytest.raises(SpawnException) as no:
        choice_of(GOOD, person, groups)
    assert str(no.value) == (
        f"{person} can't start a workspace: the name, or one of the {len(groups)} groups, is none "
        "that the platform takes. Tell your platform admin."
    )


def test_what_no_page_sends_goes_to_the_platform_to_be_refused_by_name() -> None:
    smuggled = {"cmd": "sh", "person": "admin", "groups": ["admins"], "further": {"a": "b"}}
    choice = choice_of(GOOD | smuggled, "ann", [])
    assert (choice.person, choice.groups) == ("ann", [])
    assert choice.further == {
        "cmd": "sh",
        "person": "admin",
        "groups": "['admins']",
        "further": "{'a': 'b'}",
    }
    many = choice_of(GOOD | {f"o{count}": "v" * 999 for count in range(99)}, "ann", [])
    assert len(many.further) == 50
    assert max(map(len, many.further.values())) == 200


def test_what_is_no_text_is_passed_on_legibly_and_is_no_fault_of_the_hub() -> None:
    choice = choice_of(GOOD | {"a\0": "\ud800", "\udfff": {"b": "\0"}}, "ann", [])
    assert choice.further == {r"a\0": r"\ud800", r"\udfff": r"{'b': '\x00'}"}
    assert r"\\ud800" in choice.model_dump_json()
