"""Names and groups made from what a provider says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.local.accounts import PERSON
from octavo_hub.host_names import host_of
from octavo_hub.sign_in.claims import ClaimsRefused, claim_at, groups_in
from octavo_hub.sign_in.names import MADE, account_name


@pytest.mark.parametrize("name", ["ann", "ann.smith@example.org", "a_b-c", "x" * 64, "007"])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert account_name(name) == name


@pytest.mark.parametrize(
    ("given_name", "stem"),
    [
        ("Ann Smith", "ann-smith--"),
        ("../../etc/passwd", "etc-passwd--"),
        ("DOMAIN\\ann", "domain-ann--"),
        ("Łukasz", "ukasz--"),
        ("李", "person--"),
        ("-rf", "rf--"),
        ("x" * 65, "x" * 40 + "--"),
        ("a/b?c=%2e", "a-b-c-2e--"),
    ],
)
def test_an_unsafe_name_is_made_over(given_name: str, stem: str) -> None:
    made = account_name(given_name)
    assert made.startswith(stem)
    assert MADE.fullmatch(made)


def test_nobody_can_take_a_made_name_at_the_provider() -> None:
    victim = account_name("Ann Smith")
    assert account_name(victim) != victim


def test_case_alone_makes_no_other_person() -> None:
    assert account_name("Ann@Example.org") == account_name(" ann@example.org ")


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_every_name_is_safe_and_only_the_same_person_gets_the_same(one: str, two: str) -> None:
    made = account_name(one)
    assert PERSON.fullmatch(made)
    assert "/" not in made
    if one.strip().lower() != two.strip().lower():
        assert made != account_name(two)


def test_a_workspaces_host_name_is_the_persons_own_and_services_stay() -> None:
    assert host_of("ann", "hub.example.org", "user") == "ann.hub.example.org"
    assert host_of("tracking", "hub.example.org", "service") == "hub.example.org"
    hosts = {host_of(name, "x.org", "user") for name in ("a.b", "a_b", "a@b", "a-b")}
    assert len(hosts) == 4
    assert all(host.count(".") == 2 for host in hosts)


@pytest.mark.parametrize(
    ("claims", "path"),
    [
        ({"groups": ["b", "a", "a", " "]}, "groups"),
        ({"realm_access": {"roles": ["a", "b"]}}, "realm_access.roles"),
        ({"https://example.org/groups": ["a", "b"]}, "https://example.org/groups"),
        ({"https://example.org/x": {"g": ["a", "b"]}}, "https://example.org/x.g"),
    ],
)
def test_groups_are_found_at_their_path(claims: dict[str, object], path: str) -> None:
    assert groups_in(claims, path) == ["a", "b"]


def test_a_single_name_is_one_group_and_a_missing_claim_is_none() -> None:
    assert groups_in({"groups": "staff"}, "groups") == ["staff"]
    assert groups_in({}, "groups") == []
    assert groups_in({"groups": None}, "groups") == []
    assert claim_at({"a": "text"}, "a.b") is None


@pytest.mark.parametrize("value", [{"a": 1}, 7, ["a", 7], [["a"]]])
def test_a_claim_that_is_no_list_of_names_is_refused(value: object) -> None:
    with pytest.raises(ClaimsRefused, match="instead of a list of group names") as refused:
        groups_in({"groups": value}, "groups")
    assert "OCTAVO_SIGN_IN_GROUPS_CLAIM" in str(refused.value)


@pytest.mark.parametrize(
    "claims",
    [
        {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}},
        {"hasgroups": True},
    ],
)
def test_too_many_groups_for_azures_token_are_no_groups_at_all(claims: dict[str, object]) -> None:
    with pytest.raises(ClaimsRefused, match="left your groups out because they are too many"):
        groups_in(claims, "groups")


def test_absurdly_many_or_long_groups_are_refused() -> None:
    with pytest.raises(ClaimsRefused, match="names 501 groups for you; at most 500"):
        groups_in({"groups": [f"g{n}" for n in range(501)]}, "groups")
    with pytest.raises(ClaimsRefused, match="has 256 characters; at most 255"):
        groups_in({"groups": ["g" * 256]}, "groups")
