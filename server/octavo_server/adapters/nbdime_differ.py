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
from octavo_server.turns import Turns

CHILD = "octavo_server.adapters.nbdime_child"
LONGEST_S = 60.0
MOST_KEPT = 32
AT_ONCE, MOST_WAITING, WAIT_S = 2, 4, 20.0
"""Diffs that run at the same time, that wait, and how long they do."""


class NbdimeDiffer:
    """Diffs two notebooks; the newest answers are kept, since they can't change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[CellDiff]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = Turns(
            "diffs of notebooks", at_once=AT_ONCE, most_waiting=MOST_WAITING, wait_s=WAIT_S
        )

    def diff(self, old: bytes, new: bytes) -> Sequence[CellDiff]:
        """Return all cells of both, in order. Raises Unavailable for too long, or no turn."""
        key = hashlib.sha256(old + b"\0" + new).hexdigest()
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        with self._turns.turn():
            answer = _ask(old, new)
        found = [CellDiff.model_validate(one) for one in json.loads(answer)]
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
