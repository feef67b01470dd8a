"""What answering needs from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class ScorerAnswer:
    """What a scorer said."""

    status: int
    """HTTP status."""
    body: Mapping[str, Any]
    """The JSON object."""


class ScorerUnreachable(Exception):
    """A scorer doesn't answer: not there, too slow, or not one of ours."""


class ScorerCalls(Protocol):
    """Talks to scorers."""

    async def invoke(self, address: str, secret: str, body: bytes) -> ScorerAnswer:
        """Send rows in MLflow's format. Raises :class:`ScorerUnreachable`."""
