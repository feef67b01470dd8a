"""Talks to scorers: over their Unix sockets, or over TCP where they are pods."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import msgspec

from octavo_scorer.wire import ELSEWHERE_HEADER, REQUEST_ID_HEADER, SECRET_HEADER
from octavo_server.adapters.scorer_lines import LineBroken, Lines
from octavo_server.deployments.serving.ports import ScorerAnswer, ScorerSlow, ScorerUnreachable

TIMEOUT_S = 10.0
"""Seconds for a whole answer."""
CONNECT_S = 1.0
"""Seconds to reach the scorer."""


class ScorerClient:
    """Keeps connections to each scorer open."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._lines: dict[str, Lines] = {}

    async def invoke(
        self,
        address: str,
        secret: str,
        body: bytes,
        *,
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> ScorerAnswer:
        """Send rows in MLflow's format. Raises :class:`ScorerUnreachable`."""
        elsewhere = timeout_s is not None  # who is impatient has another version to ask
        timeout_s = min(timeout_s or self._timeout_s, self._timeout_s)
        headers = {SECRET_HEADER: secret, "content-type": "application/json"}
        if request_id:
            headers[REQUEST_ID_HEADER] = request_id
        if elsewhere:
            headers[ELSEWHERE_HEADER] = "1"
        try:
            written = _written(address, headers, body)
            status, content = await self._to(address).ask(written, timeout_s)
            document = msgspec.json.decode(content)
        except TimeoutError as error:
            raise ScorerSlow(f"No answer within {timeout_s:g} s") from error
        except LineBroken as error:
            raise ScorerUnreachable(f"No answer ({error})") from error
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            # The answer holds what a model's code made: any bytes, nested however deep.
            await self.forget(address)
            raise ScorerUnreachable(f"No answer ({type(error).__name__})") from error
        if not isinstance(document, dict):
            raise ScorerUnreachable("The answer is no JSON object")
        return ScorerAnswer(status=status, body=document)

    async def forget(self, address: str) -> None:
        """Close what is open to a scorer that is gone."""
        if (lines := self._lines.pop(address, None)) is not None:
            lines.close()
            await asyncio.sleep(0)  # the loop closes what was given up in its next turn

    async def close(self) -> None:
        """Close all connections."""
        for address in list(self._lines):
            await self.forget(address)

    def _to(self, address: str) -> Lines:
        if address not in self._lines:
            self._lines[address] = Lines(address, CONNECT_S)
        return self._lines[address]


def _written(address: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return the request as it goes over the line; no header holds what others wrote."""
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    host = urlsplit(address).netloc or "scorer"
    head = f"POST /invocations HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n"
    return (head + "".join(lines) + "\r\n").encode() + body
