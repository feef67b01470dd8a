"""Reads small files that runs left in MLflow, over its REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from octavo_server.errors import Invalid, Unavailable

MOST_BYTES = 8 << 20
"""Bytes of one file."""
TIMEOUT_S = 10.0


class TrackingArtifacts:
    """The artifacts behind the tracking service, read with a service's token."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        """``url`` is the tracking service's address from inside, ``token`` gives a Hub token."""
        self._url = url
        self._token = token

    def read_json(self, run_id: str, path: str) -> Any | None:
        """Return a JSON artifact, None when the run left none. Raises Unavailable, Invalid."""
        content = self._read(run_id, path)
        if content is None:
            return None
        try:
            return json.loads(content, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Invalid(f"The run's {path} is no JSON: {error}.", "Log it again.") from error

    def _read(self, run_id: str, path: str) -> bytes | None:
        query = {"run_uuid": run_id, "path": path}
        kept = bytearray()
        try:
            with httpx.stream(
                "GET",
                f"{self._url}/get-artifact",
                params=query,
                headers={"Authorization": f"Bearer {self._token()}"},
                timeout=TIMEOUT_S,
            ) as answer:
                if answer.status_code == 404:
                    return None
                if answer.status_code != 200:
                    raise Unavailable(
                        f"MLflow answered {answer.status_code} for {path} of run {run_id[:32]}.",
                        "See the tracking service's log.",
                    )
                for chunk in answer.iter_bytes():
                    kept += chunk
                    if len(kept) > MOST_BYTES:
                        raise Invalid(
                            f"The run's {path} is over {MOST_BYTES >> 20} MiB.",
                            "Log a smaller one.",
                        )
        except httpx.HTTPError as error:
            raise Unavailable(
                f"MLflow does not answer: {type(error).__name__}.", "Try again in a moment."
            ) from error
        return bytes(kept)


def _refuse(constant: str) -> None:
    raise ValueError(f"it holds {constant}")
