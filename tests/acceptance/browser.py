"""A real browser, signed in as one person at a time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.acceptance.person import Place

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 30_000
"""How long a page may take to show what it must show."""
SPAWN_MS = 90_000


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One person in front of a browser of their own: own cookies, one page."""

    person: str
    """Who sits there."""
    installation: Place
    """The Octavo they use."""
    context: BrowserContext
    """Their cookies."""
    page: Page
    """What they look at."""
    complaints: list[str] = field(default_factory=list)
    """Errors that the page's scripts threw, in order."""

    def open(self, path: str) -> Page:
        """Open an address of the installation, e.g. ``/hub/home``."""
        self.page.goto(self.installation.url + path, wait_until="domcontentloaded")
        return self.page

    def sign_in(self) -> None:
        """Type name and password on the sign-in page."""
        page = self.open("/hub/login")
        page.get_by_label("Name").fill(self.person)
        page.get_by_label("Password").fill(self.installation.password(self.person))
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(re.compile(r"/hub/(home|spawn)|/user/"))

    def start_workspace(self, project: str = "flights", profile: str = "cpu-small") -> None:
        """Open the workspace that runs, or choose project and card and press Start."""
        page = self.open("/hub/home")
        page.get_by_role("link", name=re.compile("^(Open JupyterLab|Choose a workspace)$")).click()
        choice = page.get_by_role("radio", name=re.compile(rf"\b{project}\b"))
        expect(choice.or_(page.get_by_role("menubar")).first).to_be_visible(timeout=SPAWN_MS)
        if choice.is_visible():
            choice.check()
            self.card(profile).get_by_role("button", name=re.compile("^Start")).click()
        self.await_lab()

    def stop_workspace(self) -> None:
        """Stop the workspace from the home page, if one runs."""
        page = self.open("/hub/home")
        stop = page.get_by_role("button", name="Stop the workspace")
        if stop.is_visible():
            stop.click()
            expect(page.get_by_role("link", name="Choose a workspace")).to_be_visible()

    def cards(self) -> Locator:
        """Find the profile cards of the chosen project."""
        shown = self.page.get_by_role("list", name=re.compile("Machine$")).filter(visible=True)
        return shown.get_by_role("listitem")

    def card(self, profile: str) -> Locator:
        """Find a profile's card."""
        return self.cards().filter(has=self.page.get_by_text(profile, exact=True))

    def await_lab(self) -> None:
        """Wait until JupyterLab can be used."""
        page = self.page
        page.wait_for_url(re.compile(rf"/user/{self.person}/lab"), timeout=SPAWN_MS)
        expect(page.get_by_role("menubar").first).to_be_visible(timeout=SPAWN_MS)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0, timeout=PATIENCE_MS)

    def token(self, note: str) -> str:
        """Ask the Hub for a token on its token page, as one does for a script."""
        page = self.open("/hub/token")
        page.wait_for_load_state("networkidle")  # its script takes the form over only then
        page.get_by_label("Note").fill(note)
        page.get_by_role("button", name="Request new API token").click()
        shown = page.locator("#token-result")
        expect(shown).to_have_text(re.compile(r"\S{20,}"))
        return shown.inner_text().strip()

    def photograph(self, folder: Path, name: str) -> Path:
        """Keep what the page shows, and return the picture's path."""
        picture = folder / f"{name}.png"
        self.page.screenshot(path=picture)
        return picture


@contextmanager
def opened() -> Iterator[Browser]:
    """Run the machine's Chromium for the block. Raises FileNotFoundError when there is none."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise FileNotFoundError(
            f"None of {', '.join(NAMES)} is installed: apt-get install chromium"
        )
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def desk(browser: Browser, installation: Place, person: str, **settings: Any) -> Desk:
    """Sit a person down at a fresh browser profile; ``settings`` are Playwright's."""
    chosen = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | settings
    context = browser.new_context(**chosen)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    made = Desk(person=person, installation=installation, context=context, page=page)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    return made
