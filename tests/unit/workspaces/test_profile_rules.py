"""Profiles: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.support.profiles import document, price, profile, version

from octavo_server.workspaces.profiles import change_rules, rules
from octavo_server.workspaces.profiles.domain import Image, Toleration, Volume

DAY = date(2026, 3, 31)


def test_a_price_is_exact_in_millionths() -> None:
    assert profile().price_on(DAY) == 120_000
    odd = rules.profile_of(document(prices=price(0.1999)))
    assert odd.price_on(DAY) == 199_900


def test_the_digest_names_the_content_and_nothing_else() -> None:
    same = rules.profile_of(dict(reversed(document().items())))
    assert rules.digest_of(same) == rules.digest_of(profile())
    assert rules.digest_of(profile(idle_minutes=61)) != rules.digest_of(profile())
    assert rules.digest_of(profile()).startswith("sha256:")


@pytest.mark.parametrize(
    ("audiences", "groups", "inside"),
    [((), (), True), (("a",), ("a", "b"), True), (("a",), ("b",), False), (("a",), (), False)],
)
def test_an_audience_is_any_of_its_groups(
    audiences: tuple[str, ...], groups: tuple[str, ...], inside: bool
) -> None:
    assert rules.in_audience(profile(audiences=audiences), groups) is inside


def test_an_outline_leaves_out_how_a_profile_is_set() -> None:
    found = version(
        images=(Image(name="usual", title="Usual", image="x"),),
        node_selector={"pool": "x"},
        tolerations=(Toleration(key="x"),),
        volumes=(Volume(name="x", mount="/data/x", claim="x"),),
        environment={"X": "x"},
        labels={"team": "x"},
    )
    assert rules.outline(replace(found, text="x: 1")) == replace(version(), digest=found.digest)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({}, {}, []),
        (
            {},
            {"pipelines": False},
            ["Pipelines may not use new: those that name old are refused."],
        ),
        ({"environments": ("dev", "prod")}, {"environments": ("dev",)}, ["new is not for prod."]),
        ({"audiences": ("a", "b")}, {"audiences": ("a",)}, ["b may not use new."]),
        ({"audiences": ("a",)}, {"audiences": ()}, []),
        ({"audiences": ()}, {"audiences": ("a",)}, ["new is only for a; old is for all."]),
        ({"gpu": 1, "gpu_type": "A100"}, {}, ["new has no GPU."]),
    ],
)
def test_a_retirement_says_what_people_lose(
    old: dict[str, Any], new: dict[str, Any], said: list[str]
) -> None:
    found = change_rules.retirement_remarks(profile(id="old", **old), profile(id="new", **new))
    assert [one.message for one in found] == said
    assert {one.severity for one in found} <= {"warning"}


def test_a_retirement_that_leads_nowhere_says_so() -> None:
    (found,) = change_rules.retirement_remarks(profile(), None)
    assert found.message == (
        "Nobody is led anywhere: workspaces and runs of cpu-small are refused then."
    )
