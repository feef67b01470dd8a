"""Measure the panels in a real browser over 100,000 runs: ``python -m benchmarks.panels.browser``.

The last line is one JSON object:

- ``scroll_fps``: frames per second while the table of runs scrolls, the least of two ways: at the
  pace of a reader, and over all runs within 20 seconds
- ``scroll_cpu_ms``: processor time of the page's main thread a frame, the most of the two ways; a
  frame has 16.7 ms, and this one says so on a busy machine too
- ``scroll_script_ms`` / ``scroll_layout_ms``: what of it are scripts, and styles with layout; the
  rest is painting
- ``scroll_median_fps``: as ``scroll_fps``, of the middle try
- ``scroll_worst_ms``: the longest time between two frames at a reader's pace
- ``scroll_seen_pct``: lines in sight that were loaded, of those that a reader passed
- ``first_paint_ms``: from the end of the first answer with runs to the first picture of them
- ``script_mib``: all scripts of the extension, as it is installed
- ``workspace_rss_mib``: memory of a Jupyter Server that has served the panels, less that of one
  without Octavo's server half that has served the same JupyterLab

How frames are counted: a script moves the scroll position once in each requestAnimationFrame and
notes the times of those calls. Chromium runs headless without a graphics card, so that pictures
are drawn by the processor, and beats at 60 frames a second: no flag lifts or lowers that, and 60 is
the most that can be measured. The whole page takes part: script, styles, layout and painting run on
its main thread within the frame, which a scroll by wheel needn't wait for. Whatever else the
machine does makes frames late, so each way is tried three times and the best try counts; the
processor times are those of the middle try.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.panels.lab_server import MIB, LabServer, await_answer, lab_server
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, expect
from playwright.sync_api import Error as BrowserError
from tests.acceptance.browser import PATIENCE_MS, opened
from tests.support.ports import free_ports

SCRIPTS = Path(__file__).with_name("browser.js")
EXTENSION = Path(__file__).resolve().parents[2] / "extension" / "octavo_lab" / "labextension"
RUNS = 100_000
READER_PX = 40
"""Pixels a frame at a reader's pace: 85 lines a second."""
READER_FRAMES = 400
TRIES = 3
ALL_FRAMES = 1200
FILLED_S = 900.0
"""How long the read model may take to be filled and read."""
NEWEST = "/api/v1/projects/flights/experiments/runs?limit=1"
SIZE = ViewportSize(width=1440, height=900)


Try = dict[str, float]
"""What one scroll of the table took."""


class Unmeasured(RuntimeError):
    """A figure that could not be taken, and why."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the panels in a browser.")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs in the read model")
    parser.add_argument("--live", action="store_true", help="let runs train meanwhile")
    given = parser.parse_args()
    try:
        print(json.dumps(figures(given.runs, live=given.live)))
    except (RuntimeError, BrowserError) as error:
        sys.exit(f"The panels were not measured in a browser. {error}")


def figures(runs: int, *, live: bool) -> dict[str, float]:
    """Return all figures. Raises RuntimeError with a sentence where one can't be taken."""
    scripts = script_bytes()
    with tempfile.TemporaryDirectory(prefix="octavo-panels-") as name, opened() as chromium:
        folder = Path(name)
        with platform(folder / "platform", runs, live=live) as address:
            found = measured(folder, address, chromium)
    return found | {"script_mib": round(scripts / MIB, 3)}


def measured(folder: Path, address: str, chromium: Browser) -> dict[str, float]:
    """Return what is measured in JupyterLab, with the panels and without."""
    say("a JupyterLab with the panels")
    with server(folder / "with", address, octavo=True) as lab:
        found = panels(lab, chromium)
        heavy = lab.rss_mib()
    say("a JupyterLab without them")
    with server(folder / "without", address, octavo=False) as lab:
        open_lab(lab, chromium).close()
        light = lab.rss_mib()
    return found | {"workspace_rss_mib": round(heavy - light, 1)}


def panels(lab: LabServer, chromium: Browser) -> dict[str, float]:
    """Open the table of runs and scroll it."""
    page = open_lab(lab, chromium)
    page.get_by_role("tab", name="Octavo", exact=True).click()
    page.evaluate(f"octavoPanels.awaitRuns({PATIENCE_MS})")
    page.get_by_role("button", name="All runs", exact=True).click()
    grid = page.get_by_role("grid", name="Runs")
    expect(grid).to_be_visible()
    painted = first_paint(page)
    say("scrolling at a reader's pace")
    reader = [scroll(page, READER_PX, READER_FRAMES) for _ in range(TRIES)]
    say("scrolling over all runs")
    height = page.evaluate("octavoPanels.height()")
    whole = [scroll(page, height / ALL_FRAMES, ALL_FRAMES) for _ in range(TRIES)]
    page.close()
    return scrolled(reader, whole) | {"first_paint_ms": round(painted, 1)}


def first_paint(page: Page) -> float:
    """Return the milliseconds from the answer to the picture. Raises Unmeasured."""
    found: dict[str, Any] = page.evaluate("octavoPanels.firstPaint()")
    if "missing" in found:
        raise Unmeasured(f"The first paint was not measured: {found['missing']}.")
    return float(found["took"])


def scrolled(reader: list[Try], whole: list[Try]) -> dict[str, float]:
    """Return the figures of the tries of both ways."""

    def best(tries: list[Try]) -> Try:
        return max(tries, key=lambda one: one["fps"])

    def middle(name: str, tries: list[Try]) -> float:
        return statistics.median(one[name] for one in tries)

    ways = (reader, whole)
    dear = max(ways, key=lambda tries: middle("cpu", tries))
    found = {
        "scroll_fps": min(best(tries)["fps"] for tries in ways),
        "scroll_reader_fps": best(reader)["fps"],
        "scroll_all_fps": best(whole)["fps"],
        "scroll_median_fps": min(middle("fps", tries) for tries in ways),
        "scroll_cpu_ms": middle("cpu", dear),
        "scroll_script_ms": middle("script", dear),
        "scroll_layout_ms": middle("layout", dear),
        "scroll_worst_ms": best(reader)["worst"],
        "scroll_seen_pct": best(reader)["seen"],
    }
    return {name: round(value, 1) for name, value in found.items()}


def scroll(page: Page, pixels: float, frames: int) -> Try:
    """Scroll the table from its top by so many pixels a frame."""
    probe = page.context.new_cdp_session(page)
    probe.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = seconds(probe)
    found: Try = page.evaluate(f"octavoPanels.scroll({pixels}, {frames})")
    after = seconds(probe)
    return found | {name: (after[name] - before[name]) * 1000 / frames for name in after}


def seconds(probe: CDPSession) -> dict[str, float]:
    """Return how long the page's main thread has been at work, and at what."""
    metrics = probe.send("Performance.getMetrics")["metrics"]
    found = {one["name"]: float(one["value"]) for one in metrics}
    return {
        "cpu": found["TaskDuration"],
        "script": found["ScriptDuration"],
        "layout": found["LayoutDuration"] + found["RecalcStyleDuration"],
    }


def open_lab(lab: LabServer, chromium: Browser) -> Page:
    """Open JupyterLab in a fresh browser profile."""
    context = chromium.new_context(viewport=SIZE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(path=SCRIPTS)
    page.goto(f"{lab.url}/lab?reset", wait_until="domcontentloaded")
    expect(page.get_by_role("menubar")).to_be_visible(timeout=PATIENCE_MS * 2)
    return page


@contextmanager
def server(folder: Path, address: str, *, octavo: bool) -> Iterator[LabServer]:
    """Run a Jupyter Server on a folder of its own."""
    folder.mkdir()
    with lab_server(folder, address, octavo=octavo) as lab:
        yield lab


@contextmanager
def platform(folder: Path, runs: int, *, live: bool) -> Iterator[str]:
    """Run a platform with many runs for the block; return its address."""
    say(f"a platform with {runs} runs")
    folder.mkdir()
    port = free_ports()
    log = folder / "served.log"
    command = [sys.executable, "-m", "benchmarks.panels.served", str(folder), str(port), str(runs)]
    with log.open("wb") as output:
        child = subprocess.Popen(
            [*command, "live"] if live else command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}/services/octavo"
            await_answer(f"{address}/health", child, log, FILLED_S)
            await_answer(f"{address}{NEWEST}", child, log, FILLED_S)
            yield address
        finally:
            child.terminate()
            child.wait()


def script_bytes() -> int:
    """Return the size of all scripts that the installed extension brings. Raises Unmeasured."""
    found = sum(file.stat().st_size for file in EXTENSION.rglob("*.js"))
    if not found:
        raise Unmeasured(f"{EXTENSION} holds no script: build the extension with make install.")
    return found


def say(text: str) -> None:
    """Tell what is being done, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
