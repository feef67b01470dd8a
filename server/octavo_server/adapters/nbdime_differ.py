"""Semantic diffs by nbdime, in a child process: its imports would stay in the service's memory."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence

from octavo.records.notebooks import CellDiff
from octavo_server.errors import Unavailable

CHILD = "octavo_server.adapters.nbdime_child"
LONGEST_S = 60.0
MOST_KEPT = 32


class NbdimeDiffer:
    """Diffs two notebooks; the newest answers are kept, since they can't change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[CellDiff]] = OrderedDict()
        self._lock = threading.Lock()

    def diff(self, old: bytes, new: bytes) -> Sequence[CellDiff]:
        """Return all cells of both, in order. Raises Unavailable when it takes too long."""
        key = hashlib.sha256(old + b"\0" + new).hexdigest()
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        found = [CellDiff.model_validate(one) for one in json.loads(_ask(old, new))]
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def _ask(old: bytes, new: bytes) -> bytes:
    question = b'{"old": ' + old + b', "new": ' + new + b"}"
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD],
            input=question,
            capture_output=True,
            timeout=LONGEST_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"The diff took longer than {LONGEST_S:g} s.", "Split the notebook into smaller ones."
        ) from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(f"nbdime gave no diff: {' '.join(last)[:300]}") from error
    return done.stdout
