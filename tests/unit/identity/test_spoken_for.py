"""The hub alone speaks for a person, and only in the right shape."""

from __future__ import annotations

import pytest
from tests.support.people import ADMIN

from octavo_server.errors import Forbidden, Invalid
from octavo_server.guard import spoken_for
from octavo_server.identity import CallerKind, service_caller

HUB = service_caller("spawner")


def test_without_headers_a_caller_is_themselves() -> None:
    assert spoken_for(ADMIN, None, None) is ADMIN


def test_the_hub_speaks_for_a_person_with_their_groups_and_nothing_else() -> None:
    person = spoken_for(HUB, "ada", '["scientists"]')
    assert (person.name, person.kind, person.groups) == ("ada", CallerKind.PERSON, {"scientists"})
    assert person.roles == frozenset()


@pytest.mark.parametrize("other", [ADMIN, service_caller("octavo"), service_caller("worker")])
def test_nobody_else_does(other: object) -> None:
    with pytest.raises(Forbidden, match="Only the hub may speak for a person"):
        spoken_for(other, "ada", "[]")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("person", "groups"),
    [
        ("", "[]"),
        (None, "[]"),
        ("service:worker", "[]"),
        ("run:4f", "[]"),
        ("ada", "no"),
        ("ada", "{}"),
        ("ada", "[1]"),
        ("ada", "[" * 20_000),
        ("ada", r'["\ud800"]'),
    ],
)
def test_headers_out_of_shape_are_refused_with_both_values(person: str | None, groups: str) -> None:
    with pytest.raises(Invalid, match=r"octavo-person is .* and octavo-groups is"):
        spoken_for(HUB, person, groups)
