"""What registering a large model costs, beside copying and hashing the same files.

``python -m benchmarks.serving.registering`` prints one JSON object:

- ``register_ratio``: seconds until a model of 200 MiB is taken over and kept, to copying and
  hashing the same files; the median of 5 turns
- ``scan_s``: seconds of the scan besides, start of its process included

Both are on disk when they are done: the copy is synced, and so is the store. What registering does
besides with the bytes, scanning and loading them once, runs in processes of its own and is told
for itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from octavo_server.adapters.model_intake import ModelIntake
from octavo_server.adapters.model_store import ModelFolder

SIZE = 200 * 2**20
"""Bytes of the model."""
ROUNDS = 5
"""Times that each side is measured, in turns; the median counts."""


def measure() -> dict[str, float]:
    """Return register_ratio, and the seconds that it is made of."""
    with tempfile.TemporaryDirectory(prefix="octavo-registering-") as folder:
        home = Path(folder)
        source = _model(home / "source")
        both: tuple[list[float], list[float]] = ([], [])
        for turn in range(ROUNDS):
            both[0].append(_timed(partial(_copy_and_hash, source, home / f"c{turn}")))
            both[1].append(_timed(partial(_register, source, home / f"r{turn}")))
            shutil.rmtree(home / f"c{turn}")
            shutil.rmtree(home / f"r{turn}")
        plain, own = map(statistics.median, both)
        return {
            "register_ratio": round(own / plain, 2),
            "register_s": round(own, 3),
            "copy_and_hash_s": round(plain, 3),
            "scan_s": round(_timed(lambda: _scan(source)), 3),
        }


def _model(folder: Path) -> Path:
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {python_function: {}}\n")
    part = os.urandom(SIZE // 2 // 1_000)
    with (folder / "model.pkl").open("wb") as file:
        pickle.dump([part + bytes([n % 256]) for n in range(1_000)], file)
    (folder / "weights.bin").write_bytes(os.urandom(SIZE // 2))
    return folder


def _copy_and_hash(source: Path, target: Path) -> None:
    target.mkdir()
    for one in source.iterdir():
        shutil.copyfile(one, target / one.name)
        with (target / one.name).open("rb") as file:
            os.fsync(file.fileno())
            hashlib.file_digest(file, "sha256")


def _register(source: Path, home: Path) -> None:
    """Take a model over and keep it, as a registration does."""
    intake, store = ModelIntake(home / "incoming", 2**40), ModelFolder(home)
    with intake.take(source, lambda _done, _total: None) as staged:
        store.keep(staged)


def _scan(source: Path) -> None:
    argv = [sys.executable, "-m", "octavo_server.adapters.model_scan_child", str(source)]
    subprocess.run(argv, check=True, capture_output=True)


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(measure())}\n")
