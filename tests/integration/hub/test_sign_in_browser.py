"""Signing in with an identity provider, in a real browser: the code flow from end to end.

The provider refuses a sign-in without PKCE (`tests.support.provider_program`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.acceptance.browser import opened
from tests.support.hub import RunningHub, running_hub
from tests.support.identity_provider import IdentityProvider, running_provider


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with running_provider(tmp_path_factory.mktemp("provider")) as running:
        running.know("ann", preferred_username="Ann@Example.org", groups=["scientists"])
        running.know("mallory", preferred_username="mallory", groups=["sales"])
        yield running


@pytest.fixture(scope="module")
def hub(provider: IdentityProvider) -> Iterator[RunningHub]:
    more = {"OCTAVO_SIGN_IN_GROUPS": "scientists,guests", "OCTAVO_SIGN_IN_REFRESH_SECONDS": "1"}
    with running_hub(**provider.settings(**more)) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def _at_the_provider(page: Page, hub: RunningHub, provider: IdentityProvider) -> None:
    page.goto(f"{hub.url}/hub/spawn")
    page.get_by_role("link", name="Sign in with the company's sign-in").click()
    page.wait_for_url(re.compile(re.escape(provider.url)))


def _sign_in(page: Page, hub: RunningHub, provider: IdentityProvider, subject: str) -> None:
    _at_the_provider(page, hub, provider)
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(re.compile(re.escape(hub.url)))


def test_a_person_signs_in_and_their_groups_arrive(
    page: Page, hub: RunningHub, provider: IdentityProvider
) -> None:
    _sign_in(page, hub, provider, "ann")
    expect(page.locator(".oc-me")).to_have_text("ann@example.org")
    expect(page.get_by_text("your role: scientist").first).to_be_visible()
    cookies = {one["name"]: one for one in page.context.cookies()}
    assert all(
        one["httpOnly"] for name, one in cookies.items() if name.startswith("jupyterhub-hub")
    )


def test_a_change_of_groups_reaches_the_page_that_is_open(
    page: Page, hub: RunningHub, provider: IdentityProvider
) -> None:
    _sign_in(page, hub, provider, "ann")
    expect(page.get_by_text("your role: scientist").first).to_be_visible()
    provider.know("ann", preferred_username="Ann@Example.org", groups=["guests"])
    try:
        expect(page.get_by_text("your role: scientist").first).to_be_visible()
        _reload_until(page, "You belong to no project yet")
    finally:
        provider.know("ann", preferred_username="Ann@Example.org", groups=["scientists"])
    _reload_until(page, "your role: scientist")


def test_who_is_denied_reads_why_and_whom_to_ask(
    page: Page, hub: RunningHub, provider: IdentityProvider
) -> None:
    _sign_in(page, hub, provider, "mallory")
    expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("in none of the groups that may use Octavo")
    page.get_by_role("link", name="Home", exact=True).last.click()
    expect(page.get_by_role("link", name=re.compile("^Sign in with"))).to_be_visible()


def test_an_error_of_the_providers_is_a_page_that_helps(
    page: Page, hub: RunningHub, provider: IdentityProvider
) -> None:
    _at_the_provider(page, hub, provider)
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(re.compile(re.escape(hub.url)))
    expect(page.get_by_role("alert")).to_contain_text("was cancelled or refused at the company's")


def _reload_until(page: Page, text: str) -> None:
    """Reload, as a person does, until the page says it."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        page.reload()
        if page.get_by_text(text).first.is_visible():
            return
    raise AssertionError(f"{text!r} never came: {page.inner_text('main')}")
