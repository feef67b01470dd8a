"""Swaps a scorer's model while clients ask, and counts what failed."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import httpx
from benchmarks.serving.scoring import make
from benchmarks.serving.servers import SECRET, ours

CLIENTS = 8
SECONDS = 15.0
SWAPS = 5


def swap(port: int, folder: str, version: str) -> None:
    """Give the scorer another version; returns when that one answers."""
    parameters = {
        "folder": folder,
        "manifest": f"{folder}.manifest.json",
        "version": version,
        "digest": "0" * 64,
    }
    answer = httpx.post(
        f"http://127.0.0.1:{port}/v2/repository/models/late/load",
        json={"parameters": parameters},
        headers={"x-octavo-scorer-secret": SECRET},
        timeout=60,
    )
    held = answer.raise_for_status().json()
    if held["versions"] != [version]:
        raise SystemExit(f"version {version} was to answer, {held['versions']} does")


def main() -> None:
    """Measure, and print one line."""
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as place:
        folder = Path(place)
        make(folder)
        shutil.copytree(folder / "converted", folder / "other")
        shutil.copy(folder / "converted.manifest.json", folder / "other.manifest.json")
        with ours(folder / "converted", "--models", place) as server:
            asking = server.start_load(CLIENTS, SECONDS, folder / "body1.json")
            for number in range(SWAPS):
                swap(server.port, ("other", "converted")[number % 2], str(number + 2))
            still = asking.poll() is None
            figures = json.loads(asking.communicate()[0])
    if not still:
        raise SystemExit("the clients ended before the last swap: nothing was measured")
    print(
        json.dumps(
            {
                "swap_failed": int(figures["failed"]),
                "swap_requests": int(figures["requests"]),
                "swaps": SWAPS,
                "swap_p99_ms": round(figures["p99_ms"], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
