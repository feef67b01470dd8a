"""`make screenshots`: photograph every page and panel, and keep the README's pictures.

Plays the golden path first, so that there is something to see. All pictures, light and dark, at
1280 and 1920 pixels (the hub's pages at 360 too), go into a temporary folder whose path is printed;
a few of them, compressed, into docs/images.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, Page, ViewportSize, expect

from tests.acceptance import browser
from tests.acceptance.golden_path.__main__ import installation, show
from tests.acceptance.golden_path.play import play
from tests.acceptance.golden_path.steps import STEPS
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.installation import Installation
from tests.acceptance.lab import Lab
from tests.ui.shots import PAGES, SHOTS, Shot, close_dialog

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SIZES = {1280: 800, 1920: 1080}
PHONE = {360: 780}
"""The hub's pages are made for phones too; JupyterLab isn't."""
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
KEPT = {
    "spawn-light-1280": "spawn",
    "profile-editor-light-1280": "profile-editor",
    "statistics-light-1280": "feature",
    "publishing-light-1280": "publishing",
    "runs-light-1280": "runs",
    "compare-light-1280": "compare",
    "model-light-1280": "model",
    "model-proof-light-1280": "proof",
    "deployment-form-light-1280": "deployment-form",
    "review-light-1280": "review",
    "run-light-1280": "run",
    "deployment-light-1280": "deployment",
    "monitor-light-1280": "monitor",
    "audit-light-1280": "audit",
}
"""Picture -> its name in docs/images."""
MOST_BYTES = 300_000


def main() -> int:
    """Play, photograph, keep; exit status 1 when the play or a picture failed."""
    folder = Path(tempfile.mkdtemp(prefix="octavo-pictures-"))
    with (
        installation(fresh="OCTAVO_HOME" not in os.environ) as octavo,
        browser.opened() as chromium,
    ):
        photograph_pages(octavo, chromium, folder)
        story = Story(octavo, chromium)
        for report in play(story, STEPS, folder):
            show(report)
            if not report.ok:
                return 1
        failed = photograph(story, folder)
    sys.stdout.write(f"{len(list(folder.iterdir()))} pictures are in {folder}\n")
    return 1 if failed else 0


def photograph_pages(octavo: Installation, chromium: Browser, folder: Path) -> None:
    """Photograph the hub's pages as somebody sees them who has no workspace running."""
    for theme in THEMES:
        for width, height in {**SIZES, **PHONE}.items():
            for person, pages in PAGES.items():
                desk = browser.desk(
                    chromium, octavo, person,
                    viewport={"width": width, "height": height}, color_scheme=theme,
                )  # fmt: skip
                desk.open("/hub/login")
                save(desk.page, folder, f"sign-in-{theme}-{width}")
                desk.sign_in()
                desk.stop_workspace()
                for name, path in pages.items():
                    desk.open(path).wait_for_load_state("networkidle")
                    settle(desk.page)
                    save(desk.page, folder, f"{name}-{theme}-{width}")
                desk.context.close()


def photograph(story: Story, folder: Path) -> list[str]:
    """Photograph every panel and view; return the names of those that failed."""
    failed = []
    for theme, title in THEMES.items():
        for person, desk in story.desks.items():
            desk.open(f"/user/{person}/lab/tree/{PROJECT}?reset")
            desk.await_lab()
            choose_theme(Lab(desk=desk), title)
        for width in SIZES:
            for shot in SHOTS:
                name = f"{shot.name}-{theme}-{width}"
                try:
                    take(shot, story.lab(shot.person), folder, name)
                except (Error, AssertionError) as error:
                    failed.append(name)
                    sys.stderr.write(f"{name}: {str(error)[:300]}\n")
    return failed


def choose_theme(lab: Lab, title: str) -> None:
    """Choose JupyterLab's theme in its menu."""
    page = lab.page
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_role("menu").get_by_text("Theme", exact=True).click()
    page.get_by_role("menu").get_by_text(title, exact=True).click()
    light = "true" if "Light" in title else "false"
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)


def take(shot: Shot, lab: Lab, folder: Path, name: str) -> None:
    """Bring the subject to the front and save its picture."""
    width = int(name.rsplit("-", 1)[-1])
    size = ViewportSize(width=width, height=SIZES[width])
    lab.page.set_viewport_size(size)
    page = shot.go(lab)
    page.set_viewport_size(size)
    settle(page)
    save(page, folder, name)
    if page is not lab.page:
        page.close()
    close_dialog(lab)
    lab.close_views()


def save(page: Page, folder: Path, name: str) -> None:
    """Save what a page shows; one of the chosen few also goes into docs/images."""
    picture = page.screenshot()
    (folder / f"{name}.png").write_bytes(picture)
    keep(name, picture)


def settle(page: Page) -> None:
    """Wait until nothing is loading and no notification is in the way."""
    expect(page.get_by_role("status", name="Loading").filter(visible=True)).to_have_count(0)
    expect(page.locator(".Toastify__toast")).to_have_count(0)
    page.wait_for_function("document.fonts.ready.then(() => true)")


def keep(name: str, picture: bytes) -> None:
    """Put a picture of the chosen few into docs/images, with few colours so that it is small."""
    if name not in KEPT:
        return
    small = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(small, "PNG", optimize=True)
    if small.tell() > MOST_BYTES:
        raise ValueError(f"{name} takes {small.tell()} bytes; at most {MOST_BYTES} are kept")
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / f"{KEPT[name]}.png").write_bytes(small.getvalue())


if __name__ == "__main__":
    sys.exit(main())
