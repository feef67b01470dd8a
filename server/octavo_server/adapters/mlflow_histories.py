"""Metric histories from the tracking process, as bytes; MLflow itself is never imported here."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import numpy as np

from octavo_server.errors import Unavailable
from octavo_server.experiments.comparison.domain import History
from octavo_server.tracking.histories import HISTORY_PATH, MOST_POINTS, POINT

TIMEOUT_S = 60.0
"""Longest silence of the tracking process while it reads a history, seconds."""


class MlflowHistories:
    """Asks the tracking process's own route, with the service's token."""

    def __init__(self, url: str, token: Callable[[], str], timeout_s: float = TIMEOUT_S) -> None:
        """``url`` is the tracking service's address from inside, ``token`` gives the Hub token."""
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=timeout_s, trust_env=False)
        self._token = token

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def history(self, run_id: str, metric: str, since: int | None = None) -> History:
        """All values, in any order; with `since` only those from then on. Raises Unavailable."""
        asked = {"run": run_id, "metric": metric}
        if since is not None:
            asked["since"] = str(since)
        content = self._ask(asked).content
        if len(content) % POINT.itemsize:
            raise Unavailable(
                f"The history of {metric[:80]!r} broke off after {len(content)} bytes.",
                "Try again; see the tracking service's log.",
            )
        points = np.frombuffer(content, dtype=POINT)[:MOST_POINTS]
        return History(
            step=points["step"].astype(np.float64),
            at=points["at"].astype(np.float64),
            value=points["value"].astype(np.float64),
            truncated=len(content) > MOST_POINTS * POINT.itemsize,
        )

    def _ask(self, asked: dict[str, str]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            answer = self._client.get(HISTORY_PATH, params=asked, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"MLflow does not answer: {type(error).__name__}.",
                "Try again in a moment; see the tracking service's log.",
            ) from error
        if answer.status_code != 200:
            raise Unavailable(
                f"MLflow answered {answer.status_code} for a metric's history.",
                "See the tracking service's log.",
            )
        return answer
