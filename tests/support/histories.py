"""A stand-in for the tracking process's metric histories.

- `FakeHistories`: holds points of (run, metric) as (step, milliseconds, value); `asked` lists the
  questions, `away = True` makes it unreachable.
"""

from __future__ import annotations

import numpy as np

from octavo_server.errors import Unavailable
from octavo_server.experiments.comparison.domain import History

Points = list[tuple[int, float, float]]


class FakeHistories:
    """MLflow as `octavo_server.experiments.comparison.ports.Histories` sees it."""

    def __init__(self, held: dict[tuple[str, str], Points] | None = None) -> None:
        self.held = held or {}
        self.asked: list[tuple[str, str, int | None]] = []
        self.away = False

    def history(self, run_id: str, metric: str, since: int | None = None) -> History:
        """What is held, from `since` on."""
        if self.away:
            raise Unavailable("MLflow does not answer: ConnectError.", "Try again in a moment.")
        self.asked.append((run_id, metric, since))
        found = self.held.get((run_id, metric), [])
        points = [one for one in found if since is None or one[1] >= since]
        columns = list(zip(*points, strict=True)) or [(), (), ()]
        step, at, value = (np.array(one, dtype=np.float64) for one in columns)
        return History(step=step, at=at, value=value)
