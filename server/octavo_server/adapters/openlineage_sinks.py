"""Where OpenLineage events go: a file, or an address that takes them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from octavo_server.errors import Unavailable
from octavo_server.lineage.emitter import Sink


class LineageFile:
    """Appends events to a file, one JSON object a line."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, told: Sequence[dict[str, Any]]) -> None:
        """Append events; they are on the disk when this returns. Raises Unavailable."""
        lines = "".join(json.dumps(one, sort_keys=True) + "\n" for one in told)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unavailable(
                f"The file {self._path} can't be written: {error.strerror}.",
                "Correct OCTAVO_OPENLINEAGE_FILE or the folder's rights.",
            ) from error


class LineageAddress:
    """Posts events, one a request, as OpenLineage's own clients do."""

    name = "http"

    def __init__(
        self, url: str, token_file: Path | None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._url = url
        self._token_file = token_file
        self._client = httpx.Client(timeout=10.0, trust_env=False, transport=transport)

    def send(self, told: Sequence[dict[str, Any]]) -> None:
        """Post events in their order. Raises Unavailable at the first that isn't taken."""
        headers = {"Authorization": f"Bearer {self._token()}"} if self._token_file else {}
        for one in told:
            try:
                answer = self._client.post(self._url, json=one, headers=headers)
            except httpx.HTTPError as error:
                raise Unavailable(
                    f"{self._url} does not answer: {type(error).__name__}.",
                    "Correct OCTAVO_OPENLINEAGE_URL, or start what listens there.",
                ) from error
            if not answer.is_success:
                raise Unavailable(
                    f"{self._url} answered {answer.status_code}: {answer.text[:200]}",
                    "Correct OCTAVO_OPENLINEAGE_URL or the token.",
                )

    def _token(self) -> str:
        try:
            return self._token_file.read_text().strip() if self._token_file else ""
        except OSError as error:
            raise Unavailable(
                f"The token file {self._token_file} can't be read: {error.strerror}.",
                "Correct OCTAVO_OPENLINEAGE_TOKEN_FILE.",
            ) from error


def build_sinks(file: Path | None, url: str, token_file: Path | None) -> list[Sink]:
    """Return the places that the settings name."""
    found: list[Sink] = [LineageFile(file)] if file else []
    return [*found, LineageAddress(url, token_file)] if url else found
