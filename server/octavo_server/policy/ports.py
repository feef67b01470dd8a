"""What policy needs from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from octavo_server.policy.domain import Verdict


class PolicyEngine(Protocol):
    """Evaluates policies; the adapter is Cedar."""

    def faults(self, text: str) -> list[str]:
        """Return what is wrong with the policies, as sentences; none when they hold."""

    def decide(
        self,
        text: str,
        action: str,
        principal: str,
        groups: frozenset[str],
        resource: str,
        facts: Mapping[str, Any],
    ) -> Verdict:
        """Decide; whatever goes wrong is a deny with its reason."""
