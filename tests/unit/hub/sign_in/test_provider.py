"""What all providers have in common: discovery, sharing one question, and what answers mean."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.sign_in import Make, Request, Someone, refresh, sign_in
from tests.support.web_answers import WebAnswers
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError

from octavo_hub.sign_in.answers import NoLongerVouched, ProviderAway, meaning
from octavo_hub.sign_in.discovery import discover, endpoints_in
from octavo_hub.sign_in.provider import ProviderSignIn
from octavo_hub.sign_in.sharing import Sharing

PATH = "/.well-known/openid-configuration"


def _document(web: WebAnswers, **changed: Any) -> dict[str, Any]:
    return {
        "issuer": web.url,
        "authorization_endpoint": f"{web.url}/authorize",
        "token_endpoint": f"{web.url}/token",
        "userinfo_endpoint": f"{web.url}/userinfo",
    } | changed


@pytest.fixture
def oidc(make: Make, web: WebAnswers) -> ProviderSignIn:
    web.answer(PATH, _document(web))
    web.answer("/token", {"access_token": "a1", "token_type": "Bearer", "refresh_token": "r1"})
    web.answer("/userinfo", {"sub": "1", "preferred_username": "ann", "groups": ["g"]})
    return make("oidc", OCTAVO_OIDC_ISSUER=web.url)


def test_the_issuer_is_asked_once_for_its_addresses(oidc: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(oidc)
    assert sign_in(oidc)["groups"] == model["groups"] == ["g"]
    assert len(web.of(PATH)) == 1
    assert oidc.oauth_callback_url == "https://octavo.example.org/hub/oauth_callback"


def test_the_secret_goes_where_the_provider_wants_it(
    oidc: ProviderSignIn, make: Make, web: WebAnswers
) -> None:
    sign_in(oidc)
    assert web.of("/token")[0].headers["Authorization"].startswith("Basic ")
    assert "client_secret" not in web.of("/token")[0].form
    methods = ["client_secret_post"]
    web.answer(PATH, _document(web, token_endpoint_auth_methods_supported=methods))
    sign_in(make("oidc", OCTAVO_OIDC_ISSUER=web.url))
    assert "client_secret" in web.of("/token")[1].form


def test_okta_is_its_authorization_server(make: Make, web: WebAnswers) -> None:
    okta = make("okta", OCTAVO_OKTA_URL=f"{web.url}/", OCTAVO_OKTA_SERVER="aus1")
    assert okta.issuer == f"{web.url}/oauth2/aus1"
    assert okta.login_service == "Okta"
    assert okta.scope == ["openid", "profile", "email", "offline_access", "groups"]
    own = make("okta", OCTAVO_OKTA_URL=web.url, OCTAVO_OKTA_SERVER="")
    assert own.issuer == web.url


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "https://evil.example"}, "OCTAVO_OIDC_ISSUER must be exactly that"),
        ({"token_endpoint": "http://evil.example/token"}, "token_endpoint is 'http://evil"),
        ({"userinfo_endpoint": None}, "no https address"),
    ],
)
def test_a_discovery_document_that_doesnt_fit_is_refused(
    web: WebAnswers, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ProviderAway, match=said):
        endpoints_in(_document(web, **changed), web.url)
    with pytest.raises(ProviderAway, match="issuer is None"):
        endpoints_in([], web.url)


def test_an_issuer_that_isnt_there_is_away() -> None:
    with pytest.raises(ProviderAway, match="Connection refused"):
        asyncio.run(discover("http://127.0.0.1:1"))


def test_the_first_sign_in_while_it_is_away_gets_a_page(make: Make) -> None:
    with pytest.raises(HTTPError) as away:
        sign_in(make("oidc", OCTAVO_OIDC_ISSUER="http://127.0.0.1:1"))
    assert away.value.status_code == 503
    assert "nobody can be signed in right now" in away.value.get_message()


def test_after_a_restart_an_away_provider_signs_nobody_out(
    oidc: ProviderSignIn, make: Make, web: WebAnswers
) -> None:
    model = sign_in(oidc)
    web.answer(PATH, {}, status=503)
    web.answer("/userinfo", {}, status=401)
    assert refresh(make("oidc", OCTAVO_OIDC_ISSUER=web.url), model) is True


def test_who_isnt_kept_must_sign_in(oidc: ProviderSignIn) -> None:
    assert asyncio.run(oidc.refresh_user(Someone("ann", None))) is False


def test_a_workspaces_own_token_outlives_the_sign_in(oidc: ProviderSignIn, web: WebAnswers) -> None:
    model = sign_in(oidc)
    web.answer("/userinfo", {}, status=401)
    web.answer("/token", {"error": "invalid_grant"}, status=400)
    running = SimpleNamespace(api_token="w1")
    ann = Someone("ann", model["auth_state"], {"": running, "x": SimpleNamespace(api_token="")})

    async def asked_with(token: str | None) -> tuple[object, float | None]:
        answer = await oidc.refresh_user(ann, Request(token=token))
        ann._auth_refreshed = 1.0  # as JupyterHub does right after it
        await asyncio.sleep(0)
        return answer, ann._auth_refreshed

    assert asyncio.run(asked_with("w1")) == (True, None)
    questions = len(web.asked)
    assert asyncio.run(asked_with("w1")) == (True, None)
    assert len(web.asked) == questions
    for token in (None, "", "a token of ann's own"):
        assert asyncio.run(asked_with(token))[0] is False
    web.answer("/token", {"access_token": "a2", "token_type": "Bearer"})
    web.answer("/userinfo", {"sub": "1", "preferred_username": "ann", "groups": ["g"]})
    ann.state = sign_in(oidc)["auth_state"]
    assert asyncio.run(asked_with("w1"))[0]["groups"] == ["g"]  # type: ignore[index]


def test_claims_that_make_no_sense_are_said(oidc: ProviderSignIn, web: WebAnswers) -> None:
    web.answer("/userinfo", {"sub": "1", "preferred_username": "ann", "groups": {"a": 1}})
    with pytest.raises(HTTPError, match="instead of a list of group names"):
        sign_in(oidc)
    web.answer("/userinfo", ["not", "claims"])
    with pytest.raises(HTTPError) as away:
        sign_in(oidc)
    assert away.value.status_code == 503


@pytest.mark.parametrize(
    ("code", "of_refresh", "kind"),
    [
        (401, False, NoLongerVouched),
        (403, False, NoLongerVouched),
        (400, False, NoLongerVouched),
        (404, False, ProviderAway),
        (500, False, ProviderAway),
        (599, False, ProviderAway),
        (400, True, ProviderAway),
        (401, True, ProviderAway),
    ],
)
def test_what_a_status_says_of_a_person(code: int, of_refresh: bool, kind: type) -> None:
    assert isinstance(meaning(HTTPClientError(code), of_refresh=of_refresh), kind)


def test_many_requests_share_one_question() -> None:
    async def play() -> tuple[list[int], int]:
        asked = 0
        go = asyncio.Event()

        async def ask() -> int:
            nonlocal asked
            asked += 1
            await go.wait()
            return asked

        sharing: Sharing[int] = Sharing()
        waiting = [asyncio.ensure_future(sharing.of("ann", ask)) for _one in range(5)]
        other = asyncio.ensure_future(sharing.of("bob", ask))
        await asyncio.sleep(0)
        waiting[0].cancel()
        go.set()
        await other
        return await asyncio.gather(*waiting[1:]), asked

    answers, asked = asyncio.run(play())
    assert asked == 2
    assert len(set(answers)) == 1


def test_a_question_that_failed_is_asked_again() -> None:
    async def play() -> str:
        sharing: Sharing[str] = Sharing()

        async def fail() -> str:
            raise OSError("no")

        async def answer() -> str:
            return "yes"

        with pytest.raises(OSError, match="no"):
            await sharing.of("ann", fail)
        return await sharing.of("ann", answer)

    assert asyncio.run(play()) == "yes"
