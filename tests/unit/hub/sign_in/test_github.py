"""GitHub: named organisations and their teams are the groups, whoever founds others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.sign_in import Make, refresh, sign_in
from tests.support.web_answers import WebAnswers

from octavo_hub.sign_in.provider import ProviderSignIn

API = "/api/v3/user"
ORGS = f"{API}/memberships/orgs"
TEAMS = f"{API}/teams"


def _org(login: str) -> dict[str, Any]:
    return {"state": "active", "organization": {"login": login}}


def _team(login: str, slug: str) -> dict[str, Any]:
    return {"slug": slug, "organization": {"login": login}}


@pytest.fixture
def github(make: Make, web: WebAnswers) -> ProviderSignIn:
    web.answer("/login/oauth/access_token", {"access_token": "a1", "token_type": "bearer"})
    web.answer(API, {"id": 7, "login": "Ann", "email": None})
    web.answer(ORGS, [_org("Acme"), _org("admins")])
    web.answer(TEAMS, [_team("acme", "data"), _team("admins", "all"), _team("Acme", "ops")])
    return make("github", OCTAVO_GITHUB_URL=web.url, OCTAVO_GITHUB_ORGANISATIONS="acme, other")


def test_only_named_organisations_count(github: ProviderSignIn) -> None:
    model = sign_in(github)
    assert model["name"] == "ann"
    assert model["groups"] == ["acme", "acme:data", "acme:ops"]


def test_many_teams_come_on_several_pages(github: ProviderSignIn, web: WebAnswers) -> None:
    following = f"{TEAMS}?per_page=100&page=2"
    web.answer(following, [_team("acme", "late")])
    first = f"{TEAMS}?per_page=100"
    web.answer(first, [_team("acme", "data")], Link=f'<{web.url}{following}>; rel="next"')
    assert sign_in(github)["groups"] == ["acme", "acme:data", "acme:late"]


def test_who_is_in_none_of_them_isnt_let_in(github: ProviderSignIn, web: WebAnswers) -> None:
    web.answer(ORGS, [_org("admins")])
    assert sign_in(github) == {}
    assert "in none of the groups that may use Octavo: acme, other" in github.custom_403_message


def test_a_team_can_be_what_lets_in(make: Make, github: ProviderSignIn, web: WebAnswers) -> None:
    more = {"OCTAVO_GITHUB_ORGANISATIONS": "acme", "OCTAVO_SIGN_IN_GROUPS": "acme:Data"}
    by_team = make("github", OCTAVO_GITHUB_URL=web.url, **more)
    assert sign_in(by_team)["name"] == "ann"
    web.answer(TEAMS, [])
    assert sign_in(by_team) == {}


def test_leaving_the_organisation_signs_out(github: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(github)
    assert refresh(github, model)["groups"] == model["groups"]
    web.answer(ORGS, [])
    assert refresh(github, model | {"name": "ann"}) is False


def test_a_suspended_account_is_signed_out(github: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(github)
    web.answer(API, {"message": "Bad credentials"}, status=401)
    assert refresh(github, model) is False


def test_a_rate_limit_signs_nobody_out(github: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(github)
    web.answer(TEAMS, {"message": "rate limit"}, status=403, X_RateLimit_Remaining="0")
    assert refresh(github, model) is True


def test_a_refused_refresh_token_signs_out(github: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(github)
    web.answer(API, {"message": "Bad credentials"}, status=401)
    refused = {"error": "bad_refresh_token", "error_description": "It is incorrect or expired."}
    web.answer("/login/oauth/access_token", refused)
    assert refresh(github, model, refresh_token="r1") is False
