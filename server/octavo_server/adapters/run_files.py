"""Lists and reads what runs left in MLflow, over its REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from octavo_server.errors import Invalid, NotFound, OctavoError, Unavailable

TIMEOUT_S = 20.0


class RunFiles:
    """The artifacts behind the tracking service, read with the service's token."""

    def __init__(self, url: str, token: Callable[[], str], timeout_s: float = TIMEOUT_S) -> None:
        """``url`` is the tracking service's address from inside, ``token`` gives the Hub token."""
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=timeout_s, trust_env=False)
        self._token = token

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def listed(self, run_id: str, path: str) -> list[tuple[str, int | None]]:
        """Paths in a folder with their bytes, None for a folder; empty where there is none."""
        asked = {"run_id": run_id, **({"path": path} if path else {})}
        found: list[tuple[str, int | None]] = []
        token = ""
        while True:
            page = self._page({**asked, **({"page_token": token} if token else {})}, path)
            found += [_entry(one) for one in page.get("files", [])]
            token = str(page.get("next_page_token", ""))
            if not token:
                return found

    def read(self, run_id: str, path: str, most: int) -> tuple[bytes, bool]:
        """The first `most` bytes of a file, and whether that is all of it. Raises NotFound."""
        kept = bytearray()
        asked = {"run_uuid": run_id, "path": path}
        try:
            with self._client.stream(
                "GET", "/get-artifact", params=asked, headers=self._headers()
            ) as answer:
                if answer.status_code != 200:
                    raise _error(answer.status_code, path)
                for chunk in answer.iter_bytes():
                    kept += chunk
                    if len(kept) > most:
                        return bytes(kept[:most]), False
        except httpx.HTTPError as error:
            raise _silent(error) from error
        return bytes(kept), True

    def _page(self, asked: dict[str, str], path: str) -> dict[str, Any]:
        try:
            answer = self._client.get(
                "/api/2.0/mlflow/artifacts/list", params=asked, headers=self._headers()
            )
        except httpx.HTTPError as error:
            raise _silent(error) from error
        if answer.status_code != 200:
            raise _error(answer.status_code, path)
        found: dict[str, Any] = answer.json()
        return found

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}


def _entry(one: dict[str, Any]) -> tuple[str, int | None]:
    return str(one["path"]), None if one.get("is_dir") else int(one.get("file_size", 0))


def _silent(error: httpx.HTTPError) -> Unavailable:
    return Unavailable(f"MLflow does not answer: {type(error).__name__}.", "Try again in a moment.")


def _error(status: int, path: str) -> OctavoError:
    if status == 404:
        return NotFound(f"The run has no artifact {path[-100:]!r}.", "Reload the list.")
    if status == 400:
        return Invalid(
            f"path: MLflow takes {path[-100:]!r} for no path of an artifact.",
            "Give a path as the list of artifacts has it.",
        )
    return Unavailable(
        f"MLflow answered {status} for the artifact {path[-100:]!r}.",
        "See the tracking service's log.",
    )
