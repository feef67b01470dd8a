"""What the steps hand on to each other: who sits where, and what came of it so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser

from octavo.client import Client
from tests.acceptance import browser
from tests.acceptance.browser import Desk
from tests.acceptance.installation import Installation
from tests.acceptance.lab import Lab

PROJECT = "flights"


@dataclass
class Story:
    """One play of the golden path."""

    installation: Installation
    chromium: Browser
    desks: dict[str, Desk] = field(default_factory=dict)
    """Person -> the desk they sit at, with JupyterLab open."""
    tokens: dict[str, str] = field(default_factory=dict)
    """Person -> a token of theirs from the Hub's token page."""
    runs: list[str] = field(default_factory=list)
    """Training runs, the better one first."""
    versions: list[int] = field(default_factory=list)
    """Versions of the model, in the order of their registration."""
    release: str = ""
    """Digest of the released notebook."""

    def newcomer(self, person: str) -> Desk:
        """Sit a person down, signed in, with a token, and no workspace running."""
        made = browser.desk(self.chromium, self.installation, person)
        self.desks[person] = made
        made.sign_in()
        self.tokens[person] = made.token("golden path")
        made.stop_workspace()
        return made

    def lab(self, person: str) -> Lab:
        """Return the person's JupyterLab; at first they sign in and start a workspace."""
        if person not in self.desks:
            self.newcomer(person).start_workspace(PROJECT)
        return Lab(desk=self.desks[person])

    def client(self, person: str) -> Client:
        """Return the platform's API with the person's own token."""
        self.lab(person)
        return Client(self.installation.platform, self.tokens[person])
