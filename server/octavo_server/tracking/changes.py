"""Remembers which runs were written to, so that Octavo's read model need not search for them."""

import json
import re
import secrets
import threading
from collections import deque
from typing import Any, Final

#: What the platform service asks: `?boot=<id>&since=<number>`.
CHANGES_PATH: Final = "/octavo/changes"
#: Writes that are remembered; who asks later than that compares everything once.
KEPT: Final = 20_000
#: A body over this size is not looked into: the asker then compares everything.
LARGEST_READ: Final = 4_194_304

_WATCHED: Final = re.compile(
    r"/(?:ajax-)?api/[23]\.0/mlflow/(runs|experiments|logged-models)(?:/.*)?"
)
_EVERYTHING: Final = "*"


def watched(method: str, path: str) -> bool:
    """Whether a successful request of this kind may change what the read model shows."""
    if method not in ("POST", "PATCH", "DELETE") or path.endswith("/search"):
        return False
    return _WATCHED.fullmatch(path) is not None


def touched(path: str, request: bytes, answer: bytes) -> set[str]:
    """The ids of the runs that a successful request changed.

    An empty text stands for the list of experiments, `*` for "cannot tell".
    """
    match = _WATCHED.fullmatch(path)
    section = match.group(1) if match else ""
    if section == "experiments":
        return {""}
    asked, answered = _object(request), _object(answer)
    if asked is None or answered is None:
        return {_EVERYTHING}
    info = answered.get("run", {}).get("info", {}) if section == "runs" else {}
    model = answered.get("model", {}).get("info", {}) if section == "logged-models" else {}
    found = {
        asked.get("run_id", asked.get("runId")),
        asked.get("run_uuid", asked.get("runUuid")),
        info.get("run_id"),
        model.get("source_run_id"),
    }
    return {str(one) for one in found if one}


class Changes:
    """A short memory of writes, numbered; `boot` tells one process's numbers from the next's."""

    def __init__(self, kept: int = KEPT) -> None:
        self._boot = secrets.token_hex(8)
        self._seq = 0
        self._recent: deque[tuple[int, str]] = deque(maxlen=kept)
        self._lock = threading.Lock()

    def note(self, keys: set[str]) -> None:
        """Remembers a write."""
        with self._lock:
            for key in keys:
                self._seq += 1
                self._recent.append((self._seq, key))

    def since(self, boot: str, seq: int) -> dict[str, Any]:
        """What changed after `seq`; `complete` is false when that can't be told any more."""
        with self._lock:
            oldest = self._recent[0][0] if self._recent else self._seq + 1
            keys = {key for number, key in self._recent if number > seq}
            complete = boot == self._boot and oldest - 1 <= seq <= self._seq
            return {
                "boot": self._boot,
                "seq": self._seq,
                "complete": complete and _EVERYTHING not in keys,
                "experiments": "" in keys,
                "runs": sorted(keys - {"", _EVERYTHING}),
            }


def _object(raw: bytes) -> dict[str, Any] | None:
    if len(raw) > LARGEST_READ:
        return None
    try:
        found = json.loads(raw or b"{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
