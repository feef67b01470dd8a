"""An installation with an identity provider: its people sign in there, its groups carry roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest
from tests.support.hub import RunningHub, await_until, running_hub
from tests.support.identity_provider import IdentityProvider, running_provider

REFRESH_S = 1


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with running_provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture(scope="module")
def hub(provider: IdentityProvider) -> Iterator[RunningHub]:
    more = {
        "OCTAVO_SIGN_IN_GROUPS_CLAIM": "realm_access.roles",
        "OCTAVO_SIGN_IN_GROUPS": "scientists, guests",
        "OCTAVO_SIGN_IN_REFRESH_SECONDS": str(REFRESH_S),
        "OCTAVO_SIGN_IN_SCOPES": "openid profile",
    }
    with running_hub(**provider.settings(**more)) as running:
        yield running


def _know(provider: IdentityProvider, name: str, *groups: str) -> None:
    provider.know(name, preferred_username=name, realm_access={"roles": list(groups)})


@contextmanager
def _signed_in(hub: RunningHub, subject: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.url, follow_redirects=True, timeout=30) as client:
        sign_in(client, subject)
        yield client


def sign_in(client: httpx.Client, subject: str) -> httpx.Response:
    """Go through the whole code flow, and return the page it ends on."""
    asked = client.get("/hub/oauth_login", params={"next": "/hub/spawn"})
    return client.post(str(asked.url), data={"sub": subject})


def test_the_sign_in_page_leads_to_the_provider(hub: RunningHub) -> None:
    page = httpx.get(f"{hub.url}/hub/login", follow_redirects=True).text
    assert "Sign in with the company&#39;s sign-in" in page
    assert 'name="password"' not in page


def test_the_providers_groups_decide_what_a_person_sees(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "ann", "scientists")
    _know(provider, "bob", "guests")
    with _signed_in(hub, "ann") as ann:
        page = ann.get("/hub/spawn").text
        assert "Late flights" in page
        assert "your role: scientist" in page
    with _signed_in(hub, "bob") as bob:
        assert "You belong to no project yet" in bob.get("/hub/spawn").text


def test_demo_passwords_open_nothing_there(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        assert client.get("/hub/spawn").url.path.endswith(("/login", "/oauth_login", "/authorize"))


def test_a_lost_group_is_lost_while_signed_in_and_at_the_next_start(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "carol", "scientists")
    with _signed_in(hub, "carol") as carol:
        assert "Late flights" in carol.get("/hub/spawn").text
        _know(provider, "carol", "guests")
        options = {"project": "flights", "profile": "cpu-small"}
        refused = hub.post(carol, "/hub/spawn", options)
        assert "flights" in refused.text
        # On a busy machine the refusal comes after the page that waits for the start.
        assert refused.url.path in {"/hub/spawn", "/hub/spawn-pending/carol"}
        await_until(lambda: "no project yet" in carol.get("/hub/spawn").text, hub)
        assert hub.running_sessions() == []


def test_who_is_in_none_of_the_groups_is_told_which(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "mallory", "sales")
    with httpx.Client(base_url=hub.url, follow_redirects=True, timeout=30) as client:
        page = sign_in(client, "mallory")
        assert page.status_code == 403
        assert "in none of the groups that may use Octavo: guests, scientists" in page.text
        assert client.get("/hub/home").url.path.endswith("/login")


def test_who_is_disabled_there_is_signed_out_with_all_tokens(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "dave", "scientists")
    with _signed_in(hub, "dave") as dave:
        token = _token(dave, "dave")
        me = f"{hub.url}/services/octavo/api/v1/me"
        bearer = {"Authorization": f"Bearer {token}"}
        assert httpx.get(me, headers=bearer).json()["name"] == "dave"
        provider.disable("dave")
        await_until(lambda: dave.get("/hub/home").url.path.endswith("/login"), hub)
        hub_user = f"{hub.url}/hub/api/user"
        await_until(lambda: httpx.get(hub_user, headers=bearer).status_code == 403, hub)


def test_what_runs_in_a_workspace_goes_on_when_its_person_is_signed_out(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "jane", "scientists")
    with _signed_in(hub, "jane") as jane:
        hub.post(jane, "/hub/spawn", {"project": "flights", "profile": "cpu-small"})
        await_until(lambda: _workspace_token("jane") is not None, hub)
        bearer = {"Authorization": f"Bearer {_workspace_token('jane')}"}
        await_until(lambda: jane.get("/user/jane/lab").url.path == "/user/jane/lab", hub)
        provider.disable("jane")
        await_until(lambda: jane.get("/hub/home").url.path.endswith("/login"), hub)
        me = f"{hub.url}/services/octavo/api/v1/me"
        assert httpx.get(me, headers=bearer).json()["groups"] == ["scientists"]
        assert jane.get("/hub/home").url.path.endswith("/login")
        stop = f"{hub.url}/hub/api/users/jane/server"
        assert httpx.delete(stop, headers=bearer).status_code == 403
    _know(provider, "boss", "admins", "guests")
    with _signed_in(hub, "boss") as boss:
        path = "/hub/api/users/jane/server"
        assert boss.delete(path, headers=_xsrf(boss)).status_code in (202, 204)
        await_until(lambda: hub.running_sessions() == [], hub)


def test_the_group_that_lets_in_is_checked_again_too(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "frank", "guests")
    with _signed_in(hub, "frank") as frank:
        assert frank.get("/hub/home").url.path == "/hub/home"
        _know(provider, "frank", "sales")
        await_until(lambda: frank.get("/hub/home").url.path.endswith("/login"), hub)


def test_a_provider_that_is_away_takes_nothing_from_who_is_signed_in(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "erin", "scientists")
    with _signed_in(hub, "erin") as erin, provider.away():
        kept = "erin keeps the groups"
        await_until(lambda: "Late" in erin.get("/hub/spawn").text and kept in _log(hub), hub)


def test_nobody_new_comes_in_while_the_provider_is_away(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "henry", "scientists")
    with httpx.Client(base_url=hub.url, timeout=30) as henry:
        asked = henry.get("/hub/oauth_login").headers["location"]
        back = henry.post(asked, data={"sub": "henry"}).headers["location"]
        with provider.away():
            page = henry.get(back)
        assert page.status_code == 503
        assert "doesn&#39;t answer as it should, so nobody can be signed in right now" in page.text
        assert henry.get("/hub/home", follow_redirects=True).url.path.endswith("/login")


def test_a_code_is_good_for_the_browser_that_asked_alone(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "ivy", "scientists")
    with httpx.Client(base_url=hub.url, timeout=30) as ivy:
        asked = ivy.get("/hub/oauth_login").headers["location"]
        back = ivy.post(asked, data={"sub": "ivy"}).headers["location"]
    stolen = httpx.get(back)
    assert stolen.status_code == 400
    assert "This sign-in was begun in another browser" in stolen.text


def test_a_made_up_error_puts_no_words_on_the_page(hub: RunningHub) -> None:
    link = f"{hub.url}/hub/oauth_callback"
    page = httpx.get(link, params={"error": "server_error", "error_description": "Call 555-0100"})
    assert page.status_code == 403
    assert "the company&#39;s sign-in had an error of its own. Try again" in page.text
    assert "555-0100" not in page.text


def test_a_name_stays_with_the_account_that_had_it_first(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    _know(provider, "gina", "scientists")
    with _signed_in(hub, "gina"):
        pass
    provider.know("9", preferred_username="Gina", realm_access={"roles": ["scientists"]})
    with httpx.Client(base_url=hub.url, follow_redirects=True, timeout=30) as client:
        page = sign_in(client, "9")
        assert page.status_code == 403
        assert "The name gina belongs to another account at the company" in page.text
    _know(provider, "boss", "admins", "guests")
    with _signed_in(hub, "boss") as boss:
        removed = boss.delete("/hub/api/users/gina", headers=_xsrf(boss))
        assert removed.status_code == 204
    with _signed_in(hub, "9") as gina:
        assert "your role: scientist" in gina.get("/hub/spawn").text


def test_no_secret_is_logged_or_stored_readably(
    hub: RunningHub, provider: IdentityProvider
) -> None:
    with _signed_in(hub, "ann"):
        pass
    secret = (provider.folder / "client-secret").read_text().strip()
    assert secret not in hub.log.read_text()
    stored = (hub.home / "state" / "hub.sqlite").read_bytes()
    assert secret.encode() not in stored
    assert b"access_token" not in stored
    assert (hub.home / "state" / "hub.sign-in-key").stat().st_mode & 0o777 == 0o600


def _workspace_token(name: str) -> str | None:
    """Return the token that a person's workspace was started with."""
    for one in psutil.process_iter(["environ"]):
        variables = one.info["environ"] or {}
        if variables.get("JUPYTERHUB_USER") == name:
            return variables.get("JUPYTERHUB_API_TOKEN")
    return None


def _log(hub: RunningHub) -> str:
    return hub.log.read_text()


def _token(client: httpx.Client, name: str) -> str:
    client.get("/hub/token")
    path = f"/hub/api/users/{name}/tokens"
    answer = client.post(path, json={"note": "script"}, headers=_xsrf(client))
    return str(answer.json()["token"])


def _xsrf(client: httpx.Client) -> dict[str, str]:
    cookies = client.cookies.jar
    token = next(one.value for one in cookies if one.name == "_xsrf" and one.path == "/hub/")
    return {"X-XSRFToken": token or "", "Referer": str(client.base_url)}
