"""What a page owes to those who don't see it or don't use a mouse.

- `faults`: unnamed controls, doubled ids, skipped headings, missing landmarks, sideways scrolling
- `walk`: where the Tab key leads
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

FAULTS = (Path(__file__).parent / "accessible.js").read_text(encoding="utf-8")
FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels && one.labels.length ? one.labels[0].textContent : "";
  const name = one.getAttribute("aria-label") || label || one.textContent || one.id || "";
  return name.trim().slice(0, 60);
}"""


def faults(page: Page) -> list[str]:
    """Return what is wrong with what the page shows now."""
    found: list[str] = page.evaluate(FAULTS)
    return found


def walk(page: Page, steps: int) -> list[str]:
    """Press Tab so many times; return the name of what had the focus each time."""
    names = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        names.append(str(page.evaluate(FOCUSED)))
    return names
