"""Orders point-in-time joins from a child process, so that the service reads no data itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from octavo_server.errors import Unavailable
from octavo_server.features.catalog.domain import View
from octavo_server.features.values.domain import EPOCH, JoinOrder, Met
from octavo_server.turns import Turns

LIMIT_S = 20.0
"""A join that takes longer is stopped: wall-clock seconds."""
AT_ONCE = 4
"""Joins that run at the same time; each takes a process and up to half a gigabyte."""
MOST_WAITING = 8
"""How many more wait for their turn."""
WAIT_S = 10.0
"""How long each of them waits."""


class ChildJoin:
    """Joins through ``feature_join_child``."""

    def __init__(
        self, limit_s: float = LIMIT_S, at_once: int = AT_ONCE, wait_s: float = WAIT_S
    ) -> None:
        self._limit_s = limit_s
        self._turns = Turns("previews", at_once=at_once, most_waiting=MOST_WAITING, wait_s=wait_s)

    def join(self, lake: Path, order: JoinOrder) -> dict[str, list[Met]]:
        """Return for each view what was met by each row. Raises Unavailable."""
        root = lake.resolve()
        times = [None if at is None else microseconds(at) for at in order.times]
        views = [_view(root, view, columns, order) for view, columns in order.views]
        with self._turns.turn():
            answer = self._ask({"lake": f"{root}{os.sep}", "times": times, "views": views})
        return {name: [_met(one) for one in rows] for name, rows in answer.items()}

    def _ask(self, order: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        argv = [sys.executable, "-m", "octavo_server.adapters.feature_join_child"]
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        try:
            done = subprocess.run(
                argv, input=json.dumps(order), capture_output=True, text=True,
                env=environment, timeout=self._limit_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"Joining took over {self._limit_s:g} s and was stopped.",
                "Pick fewer views or rows.",
            ) from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            names = ", ".join(view["name"] for view in order["views"])
            raise Unavailable(
                f"The data of {names} can't be joined: {last[:300]}",
                "Ask the view's owner whether its source changed; the service's log has more.",
            )
        found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
        return found


def _view(lake: Path, view: View, columns: Sequence[str], order: JoinOrder) -> dict[str, Any]:
    path = (lake / view.source.path).resolve()
    if not path.is_relative_to(lake) or not path.exists():
        raise Unavailable(
            f"The source of {view.name} is not in the project's lake.",
            "Publish the features again.",
        )
    return {
        "name": view.name,
        "path": str(path),
        "event": view.source.event_column,
        "created": view.source.created_column,
        "ttl_us": None if view.ttl_seconds is None else view.ttl_seconds * 1_000_000,
        "keys": [{"name": name, "values": list(order.keys[name])} for name in view.join_keys],
        "columns": list(columns),
    }


def microseconds(at: datetime) -> int:
    """Return a moment as whole microseconds since 1970, exactly."""
    return (at - EPOCH) // timedelta(microseconds=1)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def _met(row: Mapping[str, Any]) -> Met:
    return Met(
        met=row["met"],
        first_event=_moment(row["first_event"]),
        newest_event=_moment(row["newest_event"]),
        late_event=_moment(row["late_event"]),
        late_created=_moment(row["late_created"]),
        event=_moment(row["event"]),
        created=_moment(row["created"]),
        values=tuple(row[name] for name in row if name.startswith("v") and name[1:].isdigit()),
    )
