"""Azure AD: claims come with each new token, and too many groups are no groups."""

from __future__ import annotations

import logging
import time
from typing import Any

import jwt
import pytest
from tests.support.sign_in import SECRET, Make, Request, Someone, refresh, sign_in
from tests.support.web_answers import WebAnswers
from tornado.web import HTTPError

from octavo_hub.sign_in.provider import ProviderSignIn

TENANT = "11111111-2222-3333-4444-555555555555"
TOKEN = f"/{TENANT}/oauth2/v2.0/token"
KEY = "a key that nobody checks, since the token came over TLS"


def _token(web: WebAnswers, refresh_token: str = "r1", **claims: Any) -> None:
    said = {
        "aud": "octavo",
        "exp": time.time() + 600,
        "oid": "o-1",
        "preferred_username": "Ann@Contoso.com",
        "groups": ["g-1"],
    }
    body = {
        "access_token": "a1",
        "token_type": "Bearer",
        "refresh_token": refresh_token,
        "id_token": jwt.encode(said | claims, KEY, algorithm="HS256"),
    }
    web.answer(TOKEN, body)


@pytest.fixture
def azure(make: Make, web: WebAnswers) -> ProviderSignIn:
    _token(web)
    return make("azure", OCTAVO_AZURE_TENANT=TENANT, OCTAVO_AZURE_LOGIN_URL=web.url)


def test_name_and_groups_come_from_the_identity_token(
    azure: ProviderSignIn, web: WebAnswers
) -> None:
    model = sign_in(azure)
    assert model["name"] == "ann@contoso.com"
    assert model["groups"] == ["g-1"]
    assert model["admin"] is False
    assert azure.authorize_url == f"{web.url}/{TENANT}/oauth2/v2.0/authorize"
    assert "offline_access" in azure.scope


def test_each_check_takes_a_new_token_and_keeps_the_newest_refresh_token(
    azure: ProviderSignIn, web: WebAnswers
) -> None:
    model = sign_in(azure)
    _token(web, refresh_token="r2", groups=["g-2"])
    now = refresh(azure, model)
    assert now["groups"] == ["g-2"]
    assert now["auth_state"]["refresh_token"] == "r2"
    assert web.of(TOKEN)[-1].form["refresh_token"] == "r1"
    assert web.of(TOKEN)[-1].form["grant_type"] == "refresh_token"


@pytest.mark.parametrize(
    "claims", [{"_claim_names": {"groups": "src1"}, "groups": None}, {"hasgroups": True}]
)
def test_the_group_overage_is_answered_with_a_way_out(
    azure: ProviderSignIn, web: WebAnswers, claims: dict[str, Any]
) -> None:
    _token(web, **({"groups": None} | claims))
    with pytest.raises(HTTPError) as refused:
        sign_in(azure)
    assert refused.value.status_code == 403
    said = refused.value.get_message()
    assert "left your groups out because they are too many" in said
    assert "OCTAVO_SIGN_IN_GROUPS_CLAIM=roles" in said


def test_an_overage_while_signed_in_signs_out(azure: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(azure)
    _token(web, groups=None, hasgroups=True)
    assert refresh(azure, model) is False


def test_who_is_disabled_is_signed_out(azure: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(azure)
    web.answer(TOKEN, {"error": "invalid_grant", "error_description": "AADSTS50057"}, status=400)
    assert refresh(azure, model) is False


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, {}), (429, {}), (401, {"error": "invalid_client"}), (400, {"error": "invalid_request"})],
)
def test_what_isnt_about_the_person_signs_nobody_out_before_the_time(
    azure: ProviderSignIn, web: WebAnswers, status: int, body: dict[str, str]
) -> None:
    model = sign_in(azure)
    web.answer(TOKEN, body, status=status)
    assert refresh(azure, model) is True
    assert refresh(azure, model, checked_at=time.time() - 3599) is True
    assert refresh(azure, model | {"name": "b"}, checked_at=time.time() - 3601) is False


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"exp": 1}])
def test_a_token_for_another_or_an_old_one_signs_nobody_in(
    azure: ProviderSignIn, web: WebAnswers, claims: dict[str, Any]
) -> None:
    _token(web, **claims)
    with pytest.raises(HTTPError) as refused:
        sign_in(azure)
    assert refused.value.status_code == 503


def test_who_is_renamed_or_replaced_there_is_signed_out(
    azure: ProviderSignIn, web: WebAnswers
) -> None:
    model = sign_in(azure)
    _token(web, preferred_username="bob@contoso.com")
    assert refresh(azure, model) is False
    _token(web, oid="o-2")
    assert refresh(azure, model | {"name": "ann@contoso.com"}) is False
    first = Someone("ann@contoso.com", model["auth_state"])
    with pytest.raises(HTTPError, match="belongs to another account at Microsoft"):
        sign_in(azure, Request(known={first.name: first}))


def test_a_missing_name_is_said_with_the_claims_there_are(
    azure: ProviderSignIn, web: WebAnswers
) -> None:
    _token(web, preferred_username="")
    with pytest.raises(HTTPError) as refused:
        sign_in(azure)
    said = refused.value.get_message()
    assert "Microsoft doesn't say 'preferred_username' of you" in said
    assert "OCTAVO_SIGN_IN_USERNAME_CLAIM; there are: aud, exp, groups, oid" in said


def test_nothing_secret_is_logged(
    azure: ProviderSignIn, web: WebAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model = sign_in(azure)
    web.answer(TOKEN, {"error": "invalid_grant"}, status=400)
    refresh(azure, model)
    assert SECRET not in caplog.text
    assert model["auth_state"]["id_token"] not in caplog.text
    assert all(SECRET not in str(one.query) for one in web.asked)
