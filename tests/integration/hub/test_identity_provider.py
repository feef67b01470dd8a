"""An installation with an identity provider: its people sign in there, its groups carry roles."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.support.hub import RunningHub, answers, await_until, running_hub
from tests.support.tracking import free_port

CONFIG = """
c.GenericOAuthenticator.client_id = "octavo"
c.GenericOAuthenticator.client_secret = "secret"
c.GenericOAuthenticator.authorize_url = "{provider}/oauth2/authorize"
c.GenericOAuthenticator.token_url = "{provider}/oauth2/token"
c.GenericOAuthenticator.userdata_url = "{provider}/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.login_service = "the company's sign-in"
c.GenericOAuthenticator.allow_all = True
"""
PEOPLE = (
    {"sub": "1", "preferred_username": "ann", "groups": ["scientists"]},
    {"sub": "2", "preferred_username": "bob", "groups": ["guests"]},
)


@contextmanager
def _provider() -> Iterator[str]:
    """Give the address of an OpenID provider that knows the people."""
    port = free_port()
    claims = [part for one in PEOPLE for part in ("--user-claims", json.dumps(one))]
    argv = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *claims]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    file: Path = tmp_path_factory.mktemp("hub") / "oauth.py"
    with _provider() as address:
        file.write_text(CONFIG.format(provider=address))
        settings = {"OCTAVO_AUTHENTICATOR": "generic-oauth", "OCTAVO_HUB_CONFIG": str(file)}
        with running_hub(**settings) as running:
            await_until(lambda: answers(f"{address}/.well-known/openid-configuration"), running)
            yield running


@contextmanager
def _signed_in(hub: RunningHub, subject: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.url, follow_redirects=True, timeout=30) as client:
        asked = client.get("/hub/oauth_login", params={"next": "/hub/spawn"})
        client.post(str(asked.url), data={"sub": subject})
        yield client


def test_the_sign_in_page_leads_to_the_provider(hub: RunningHub) -> None:
    page = httpx.get(f"{hub.url}/hub/login", follow_redirects=True).text
    assert "Sign in with the company&#39;s sign-in" in page
    assert 'name="password"' not in page


def test_the_providers_groups_decide_what_a_person_sees(hub: RunningHub) -> None:
    with _signed_in(hub, "1") as ann:
        page = ann.get("/hub/spawn").text
        assert "Late flights" in page
        assert "your role: scientist" in page
    with _signed_in(hub, "2") as bob:
        assert "You belong to no project yet" in bob.get("/hub/spawn").text


def test_demo_passwords_open_nothing_there(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        assert client.get("/hub/spawn").url.path.endswith(("/login", "/oauth_login", "/authorize"))
