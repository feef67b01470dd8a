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


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"project": ["a", "b"]}, "sent 2 times"),
    ],
)
def test_a_form_with_more_is_refused(form: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpawnException, match=sentence):
        options_of(form)


def test_options_become_a_choice() -> None:
    choice = choice_of(GOOD, "ann", ["b", "a"])
    assert (choice.person, choice.groups) == ("ann", ["a", "b"])
    assert (choice.project, choice.profile, choice.digest) == ("flights", "cpu-small", None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "No project was chosen"),
        ({"project": "flights"}, "No profile was chosen"),
        (GOOD | {"image": "../x"}, "image '../x'"),
        (GOOD | {"profile": "a/../b"}, "profile 'a/../b'"),
        (GOOD | {"profile": ["cpu-small"]}, "profile"),
        (GOOD | {"digest": "abc"}, "digest 'abc'"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpawnException, match=sentence):
        choice_of(options, "ann", [])


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
