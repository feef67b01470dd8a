"""Measure the panels in a real browser over 100,000 runs: ``python -m benchmarks.panels.browser``.

The last line is one JSON object:

- ``scroll_fps``: frames per second while the table of runs scrolls, the least of two ways: at the
  pace of a reader, and over all runs within 20 seconds
- ``scroll_cpu_ms``: processor time of the page's main thread a frame, the most of the two ways; a
  frame has 16.7 ms, and this one says so on a busy machine too
- ``scroll_worst_ms``: the longest time between two frames at a reader's pace
- ``scroll_seen_pct``: lines in sight that were loaded, of those that a reader passed
- ``first_paint_ms``: from the end of the first answer with runs to the first picture of them
- ``script_mib``: all scripts of the extension, as it is installed
- ``workspace_rss_mib``: memory of a Jupyter Server that has served the panels, less that of one
  without Octavo's server half that has served the same JupyterLab
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.panels.lab_server import MIB, LabServer, await_answer, free_port, lab_server
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, expect
from tests.acceptance.browser import PATIENCE_MS, opened

SCRIPTS = Path(__file__).with_name("browser.js")
EXTENSION = Path(__file__).resolve().parents[2] / "extension" / "octavo_lab" / "labextension"
RUNS = 100_000
READER_PX = 40
"""Pixels a frame at a reader's pace: 85 lines a second."""
READER_FRAMES = 400
ALL_FRAMES = 1200
NEWEST = "/api/v1/projects/flights/experiments/runs?limit=1"
SIZE = ViewportSize(width=1440, height=900)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the panels in a browser.")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs in the read model")
    parser.add_argument("--live", action="store_true", help="let runs train meanwhile")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octavo-panels-") as name, opened() as chromium:
        folder = Path(name)
        with platform(folder / "platform", given.runs, live=given.live) as address:
            figures = measured(folder, address, chromium)
    print(json.dumps(figures))


def measured(folder: Path, address: str, chromium: Browser) -> dict[str, float]:
    """Return all figures."""
    say("a JupyterLab with the panels")
    with server(folder / "with", address, octavo=True) as lab:
        figures = panels(lab, chromium)
        heavy = lab.rss_mib()
    say("a JupyterLab without them")
    with server(folder / "without", address, octavo=False) as lab:
        open_lab(lab, chromium).close()
        light = lab.rss_mib()
    return figures | {
        "script_mib": round(script_bytes() / MIB, 3),
        "workspace_rss_mib": round(heavy - light, 1),
    }


def panels(lab: LabServer, chromium: Browser) -> dict[str, float]:
    """Open the table of runs and scroll it."""
    page = open_lab(lab, chromium)
    page.get_by_role("tab", name="Octavo", exact=True).click()
    page.evaluate("octavoPanels.awaitRuns()")
    page.get_by_role("button", name="All runs", exact=True).click()
    grid = page.get_by_role("grid", name="Runs")
    expect(grid).to_be_visible()
    painted = page.evaluate("octavoPanels.firstPaint")
    say("scrolling at a reader's pace")
    reader = scroll(page, READER_PX, READER_FRAMES)
    say("scrolling over all runs")
    height = page.evaluate("octavoPanels.height()")
    whole = scroll(page, height / ALL_FRAMES, ALL_FRAMES)
    page.close()
    return {
        "scroll_fps": round(min(reader["fps"], whole["fps"]), 1),
        "scroll_reader_fps": round(reader["fps"], 1),
        "scroll_all_fps": round(whole["fps"], 1),
        "scroll_cpu_ms": round(max(reader["cpu"], whole["cpu"]), 1),
        "scroll_worst_ms": round(reader["worst"], 1),
        "scroll_seen_pct": round(reader["seen"], 1),
        "first_paint_ms": round(painted, 1),
    }


def scroll(page: Page, pixels: float, frames: int) -> dict[str, float]:
    """Scroll the table from its top by so many pixels a frame."""
    probe = page.context.new_cdp_session(page)
    probe.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = task_seconds(probe)
    found: dict[str, float] = page.evaluate(f"octavoPanels.scroll({pixels}, {frames})")
    return found | {"cpu": (task_seconds(probe) - before) * 1000 / frames}


def task_seconds(probe: CDPSession) -> float:
    """Return how long the page's main thread has been at work."""
    metrics = probe.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


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
    port = free_port()
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
            await_answer(f"{address}/health", child, log)
            await_answer(f"{address}{NEWEST}", child, log)
            yield address
        finally:
            child.terminate()
            child.wait()


def script_bytes() -> int:
    """Return the size of all scripts that the installed extension brings."""
    return sum(file.stat().st_size for file in EXTENSION.rglob("*.js"))


def say(text: str) -> None:
    """Tell what is being done, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
