"""Google: people of named domains, with the groups that a service account reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.sign_in import Make, refresh, sign_in
from tests.support.web_answers import WebAnswers
from tornado.web import HTTPError

from octavo_hub.sign_in import google as directory
from octavo_hub.sign_in.provider import ProviderSignIn

USERINFO = "/oauth2/v1/userinfo"
GROUPS = "/admin/directory/v1/groups"
ANN = {
    "id": "100",
    "email": "Ann@Example.org",
    "verified_email": True,
    "hd": "example.org",
}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def google(
    make: Make,
    web: WebAnswers,
    key: rsa.RSAPrivateKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ProviderSignIn:
    monkeypatch.setattr(directory, "GROUPS", web.url + GROUPS)
    web.answer("/oauth2/v4/token", {"access_token": "a1", "token_type": "Bearer"})
    web.answer(USERINFO, ANN)
    web.answer("/sa-token", {"access_token": "sa1"})
    web.answer(GROUPS, {"groups": [{"email": "Data@example.org"}], "nextPageToken": "2"})
    second = f"{GROUPS}?userKey=Ann%40Example.org&maxResults=200&pageToken=2"
    web.answer(second, {"groups": [{"email": "all@example.org"}]})
    file = tmp_path / "account.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(_account(key, f"{web.url}/sa-token")))
    return make(
        "google",
        {"google_api_url": web.url},
        OCTAVO_GOOGLE_DOMAINS="example.org,example.com",
        OCTAVO_GOOGLE_SERVICE_ACCOUNT_FILE=str(file),
        OCTAVO_GOOGLE_ADMINISTRATOR="it@example.org",
    )


def _account(key: rsa.RSAPrivateKey, token_uri: str) -> dict[str, str]:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {"client_email": "sa@p.iam", "private_key": pem.decode(), "token_uri": token_uri}


def test_groups_are_read_in_the_administrators_name(
    google: ProviderSignIn, web: WebAnswers, key: rsa.RSAPrivateKey
) -> None:
    model = sign_in(google)
    assert model["name"] == "ann@example.org"
    assert model["groups"] == ["all@example.org", "data@example.org"]
    asserted = web.of("/sa-token")[0].form["assertion"]
    audience = f"{web.url}/sa-token"
    claims = jwt.decode(asserted, key.public_key(), algorithms=["RS256"], audience=audience)
    assert (claims["iss"], claims["sub"]) == ("sa@p.iam", "it@example.org")
    assert web.of(GROUPS)[0].headers["Authorization"] == "Bearer sa1"


def test_another_domains_account_isnt_let_in(google: ProviderSignIn, web: WebAnswers) -> None:
    web.answer(USERINFO, ANN | {"hd": "evil.example"})
    assert sign_in(google) == {}
    web.answer(USERINFO, {key: value for key, value in ANN.items() if key != "hd"})
    assert sign_in(google) == {}


def test_an_unverified_address_isnt_let_in(google: ProviderSignIn, web: WebAnswers) -> None:
    web.answer(USERINFO, ANN | {"verified_email": False})
    with pytest.raises(HTTPError, match="Google hasn't verified"):
        sign_in(google)


def test_groups_that_cant_be_read_are_nobodys_fault(
    google: ProviderSignIn, web: WebAnswers
) -> None:
    model = sign_in(google)
    web.answer(GROUPS, {"error": {"code": 403}}, status=403)
    assert refresh(google, model) is True
    with pytest.raises(HTTPError) as refused:
        sign_in(google)
    assert refused.value.status_code == 503


@pytest.mark.parametrize("answer", [{"error": "invalid_grant"}, {}])
def test_who_is_suspended_is_signed_out(
    google: ProviderSignIn, web: WebAnswers, answer: dict[str, Any]
) -> None:
    model = sign_in(google)
    web.answer(USERINFO, {}, status=401)
    web.answer("/oauth2/v4/token", answer, status=400)
    signed_out = refresh(google, model, refresh_token="r1") is False
    assert signed_out is bool(answer)
