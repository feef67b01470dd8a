"""JupyterLab and Octavo's panels in it, worked by the names that a screen reader reads."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from playwright.sync_api import Locator, Page, expect

from tests.acceptance.browser import PATIENCE_MS, Desk

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One person's JupyterLab."""

    desk: Desk

    @property
    def page(self) -> Page:
        """The browser page that JupyterLab is open in."""
        return self.desk.page

    # ---- Octavo's sidebar and views

    def panels(self) -> Locator:
        """Show Octavo's sidebar and return it."""
        region = self.page.get_by_role("region", name="Octavo panels")
        if not region.is_visible():
            self.page.get_by_role("tab", name="Octavo", exact=True).click()
        expect(region).to_be_visible()
        return region

    def section(self, title: str) -> Locator:
        """Return an open section of the sidebar, refreshed as a person would."""
        panels = self.panels()
        head = panels.get_by_role(
            "button", name=re.compile(rf"^{re.escape(title)}\b"), expanded=False
        )
        if head.count():
            head.click()
        return panels.get_by_role("region", name=re.compile(rf"^{re.escape(title)}\b"))

    def row(self, section: str, title: str | re.Pattern[str], rows: str = "") -> Locator:
        """Find a row of a section by what it says."""
        place = self.section(section)
        within = place.get_by_role("list", name=rows, exact=True) if rows else place
        return within.get_by_role("listitem").filter(has_text=title).first

    def open_row(self, section: str, title: str | re.Pattern[str], rows: str = "") -> Locator:
        """Click a row of a section and return the view that it opens."""
        self.row(section, title, rows).get_by_role("button").first.click()
        return self.view()

    def view(self) -> Locator:
        """Return the view in front of the main area."""
        article = self.page.get_by_role("article").filter(visible=True)
        expect(article).to_have_count(1)
        return article

    def dialog(self) -> Locator:
        """Return the open dialog."""
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        return dialog

    def card(self, title: str) -> Locator:
        """Return a titled part of the view in front."""
        return self.view().get_by_role("region", name=re.compile(rf"^{re.escape(title)}"))

    def close_views(self) -> None:
        """Close all tabs of the main area, as the menu does; changes that nobody saved are lost."""
        self.menu("File", "Close All Tabs")
        discard = self.page.get_by_role("dialog").get_by_role("button", name="Discard")
        launcher = self.page.get_by_role("tab", name="Launcher")
        expect(discard.or_(launcher).first).to_be_visible()
        while discard.count():
            discard.first.click()
            self.page.wait_for_timeout(200)

    # ---- notebooks

    def menu(self, menu: str, item: str) -> None:
        """Choose an item of a menu."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        entries = self.page.get_by_role("menu").get_by_role("menuitem")
        entries.filter(has_text=re.compile(rf"^{re.escape(item)}")).first.click()

    def open_notebook(self, path: str) -> None:
        """Open a notebook from the file browser and wait for its kernel."""
        name = path.rsplit("/", 1)[-1]
        self._browse(path.rsplit("/", 1)[0] if "/" in path else "")
        self.page.get_by_role("listitem", name=re.compile(rf"^Name: {re.escape(name)}")).dblclick()
        eventually(lambda: self._kernel(path), "idle".__eq__, 60, f"the kernel of {path} is idle")
        self.await_kernel("idle")

    def run_all(self) -> None:
        """Run all cells of the notebook in front; returns at once."""
        self.menu("Run", "Run All Cells")

    def await_kernel(self, status: str, limit_s: float = 60.0) -> None:
        """Wait until the notebook's kernel says that it is ``idle`` or ``busy``."""
        indicator = self.page.locator(".jp-Notebook-ExecutionIndicator").filter(visible=True)
        expect(indicator).to_have_attribute("data-status", status, timeout=limit_s * 1000)

    def await_run(self, path: str, limit_s: float) -> list[dict[str, Any]]:
        """Wait until every code cell of the notebook in front has run, or one failed; save it.

        Returns its code cells. The kernel says "idle" between two cells too, and before the
        browser has taken in what the last one answered: only the notebook itself tells.
        """
        eventually(lambda: self._kernel(path), "idle".__eq__, limit_s, f"{path} is idle")
        return eventually(lambda: self._saved(path), ended, limit_s, f"{path} has run", pause_s=2.0)

    def _saved(self, path: str) -> list[dict[str, Any]]:
        self.save()
        return self.cells(path)

    def save(self) -> None:
        """Save the notebook in front."""
        self.page.keyboard.press("Control+s")
        expect(self.page.locator("#jp-main-dock-panel .lm-mod-current.jp-mod-dirty")).to_have_count(
            0
        )

    def file(self, path: str) -> bytes:
        """Return a file's bytes, through the person's own Jupyter Server."""
        answer = self.page.request.get(f"{self._base()}/files/{path}")
        if not answer.ok:
            raise AssertionError(f"{path} answered {answer.status}")
        return answer.body()

    def cells(self, path: str) -> list[dict[str, Any]]:
        """Return the code cells of a saved notebook."""
        notebook = json.loads(self.file(path))
        return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    def digest(self, path: str) -> str:
        """Return the SHA-256 of a file, in hex."""
        return hashlib.sha256(self.file(path)).hexdigest()

    def _browse(self, folder: str) -> None:
        """Show a folder in the file browser."""
        browser = self.page.get_by_role("region", name="File Browser Section")
        if not browser.is_visible():
            self.page.get_by_role("tab", name=re.compile("^File Browser")).click()
        expect(browser).to_be_visible()
        here = browser.locator(".jp-BreadCrumbs-item").filter(has_text=folder or "/")
        entry = browser.get_by_role("listitem", name=re.compile(rf"^Name: {folder}"))
        expect(here.or_(entry).first).to_be_visible()
        if not here.count():
            entry.dblclick()
            expect(here).to_be_visible()

    def _kernel(self, path: str) -> str:
        """Return the state of the kernel behind a notebook, as the Jupyter Server knows it."""
        sessions = self.page.request.get(f"{self._base()}/api/sessions").json()
        states = [one["kernel"]["execution_state"] for one in sessions if one["path"] == path]
        return str(states[0]) if states else "none"

    def _base(self) -> str:
        return f"{self.desk.installation.url}/user/{self.desk.person}"


def failure(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the errors among a cell's outputs."""
    return [out for out in cell["outputs"] if out["output_type"] == "error"]


def ended(cells: list[dict[str, Any]]) -> bool:
    """Say whether all of a notebook's code cells have run, or one failed and ended the rest."""
    return any(map(failure, cells)) or all(cell["execution_count"] is not None for cell in cells)


def eventually(
    read: Callable[[], Value],
    holds: Callable[[Value], bool],
    limit_s: float,
    what: str,
    pause_s: float = 0.25,
) -> Value:
    """Read until it holds and return what was read. Raises TimeoutError with the last reading."""
    deadline = time.monotonic() + limit_s
    while True:
        value = read()
        if holds(value):
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} after {limit_s:.0f} s; last seen: {str(value)[:800]}")
        time.sleep(pause_s)


def seconds_ms(seconds: float) -> float:
    """Return a time limit as Playwright wants it, never below its own patience."""
    return max(seconds * 1000, PATIENCE_MS)
