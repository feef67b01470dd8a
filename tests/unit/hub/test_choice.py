"""What may be chosen: a project and a profile, nothing else."""

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
        ({"image": ["x"]}, "Unknown option 'image'"),
        ({"profile_file": [{}]}, "Unknown option 'profile_file'"),
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
        (GOOD | {"cmd": "sh"}, "Unknown option 'cmd'"),
        (GOOD | {"person": "admin"}, "Unknown option 'person'"),
        (GOOD | {"groups": ["admins"]}, "Unknown option 'groups'"),
        (GOOD | {"profile": "a/../b"}, "profile 'a/../b'"),
        (GOOD | {"profile": ["cpu-small"]}, "profile"),
        (GOOD | {"digest": "abc"}, "digest 'abc'"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpawnException, match=sentence):
        choice_of(options, "ann", [])
