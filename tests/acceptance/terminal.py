"""JupyterLab's own terminal, typed into as a person does; what it says is read from files."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from uuid import uuid4

from playwright.sync_api import Locator

from tests.acceptance.lab import Lab, eventually

SHELL_S = 60.0
COMMAND_S = 180.0

_COMMANDS = count()


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """A terminal in front, whose shell answers."""

    lab: Lab
    """Whose it is."""
    keyboard: Locator
    """Where its keys go."""
    mark: str
    """Part of the names of its files, which no earlier terminal wrote."""

    def type(self, line: str) -> None:
        """Type a line, and go on at once."""
        self.keyboard.focus()
        self.lab.page.keyboard.type(f"{line}\n")

    def run(self, command: str) -> str:
        """Type a command, wait for its end, and return what it printed."""
        said, ended = _files(self.mark)
        self.type(f"({command}) > {said} 2>&1; echo $? > {ended}")
        eventually(lambda: self.read(ended), bool, COMMAND_S, f"{command!r} has ended")
        return self.read(said)

    def read(self, path: str) -> str:
        """Return the text of a file in the person's home; empty while there is none."""
        desk = self.lab.desk
        url = f"{desk.installation.url}/user/{desk.person}/files/{path}"
        answer = self.lab.page.request.get(url)
        return answer.text() if answer.ok else ""


def _files(mark: str) -> tuple[str, str]:
    """Return where a command's words and its exit status go: no other command writes there."""
    number = next(_COMMANDS)
    return f"said-{mark}-{number}.txt", f"ended-{mark}-{number}.txt"


def open_terminal(lab: Lab) -> Terminal:
    """Open a terminal by the menu, and return it once its shell answers."""
    page = lab.page
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menu").get_by_text("New", exact=True).hover()
    page.get_by_role("menu").get_by_text("Terminal", exact=True).click()
    keyboard = page.get_by_role("textbox", name="Terminal input").filter(visible=True)
    made = Terminal(lab=lab, keyboard=keyboard, mark=uuid4().hex[:8])

    def answer() -> str:
        made.type(f"echo here > answer-{made.mark}.txt")
        return made.read(f"answer-{made.mark}.txt")

    eventually(answer, bool, SHELL_S, "the terminal's shell answers", pause_s=1.0)
    return made
