"""Talks to scorers over their Unix sockets, or over HTTP where they are pods."""

from __future__ import annotations

import httpx

from octavo_scorer.wire import SECRET_HEADER
from octavo_server.deployments.serving.ports import ScorerAnswer, ScorerUnreachable

TIMEOUT_S = 10.0
"""Seconds for a whole answer."""
CONNECT_S = 1.0
"""Seconds to reach the scorer."""
LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=8)


class ScorerClient:
    """Keeps one connection pool a scorer."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout = httpx.Timeout(timeout_s, connect=CONNECT_S)
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def invoke(self, address: str, secret: str, body: bytes) -> ScorerAnswer:
        """Send rows in MLflow's format. Raises :class:`ScorerUnreachable`."""
        headers = {SECRET_HEADER: secret, "content-type": "application/json"}
        try:
            answer = await self._client(address).post("/invocations", content=body, headers=headers)
            document = answer.json()
        except httpx.TimeoutException as error:
            raise ScorerUnreachable(
                f"No answer within {self._timeout.read:g} s ({type(error).__name__})"
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            await self.forget(address)
            raise ScorerUnreachable(f"No answer ({type(error).__name__})") from error
        if not isinstance(document, dict):
            raise ScorerUnreachable("The answer is no JSON object")
        return ScorerAnswer(status=answer.status_code, body=document)

    async def forget(self, address: str) -> None:
        """Close what is open to a scorer that is gone."""
        client = self._clients.pop(address, None)
        if client is not None:
            await client.aclose()

    async def close(self) -> None:
        """Close all connections."""
        for address in list(self._clients):
            await self.forget(address)

    def _client(self, address: str) -> httpx.AsyncClient:
        if address not in self._clients:
            over_socket = address.startswith("/")
            transport = httpx.AsyncHTTPTransport(
                uds=address if over_socket else None, limits=LIMITS, verify=not over_socket
            )
            self._clients[address] = httpx.AsyncClient(
                transport=transport,
                base_url="http://scorer" if over_socket else address,
                timeout=self._timeout,
            )
        return self._clients[address]
