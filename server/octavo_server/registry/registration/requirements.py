"""What registering, and each environment, wants of a model; the policies in force say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from octavo_server.identity import Caller
from octavo_server.policy.service import PolicyService
from octavo_server.registry.registration.rules import ITEMS, SETTLED_LATER, Wanted

ENVIRONMENTS: Final = ("dev", "test", "prod")
REGISTER: Final = "RegisterModel"
USE: Final = "UseModel"

__all__ = ["ENVIRONMENTS", "USE", "Requirements", "usable_facts"]


def usable_facts(environment: str, missing: Iterable[str], scan_findings: int) -> dict[str, object]:
    """Return what policy decides on before an environment takes a version."""
    return {
        "environment": environment,
        "missing": sorted(missing),
        "scan_findings": scan_findings,
    }


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """Asks the policies about one missing line of the checklist at a time."""

    policy: PolicyService = field(kw_only=False)
    """The policies."""

    def of(self, caller: Caller, project: str) -> Wanted:
        """Return which lines are required, to register and in each environment."""
        return Wanted(
            to_register=frozenset(
                key
                for key in ITEMS
                if key not in SETTLED_LATER
                and not self._allowed(
                    REGISTER, caller, project, {"missing": [key], "scan_findings": 0}
                )
            ),
            by_environment={
                one: frozenset(
                    key
                    for key in ITEMS
                    if not self._allowed(USE, caller, project, usable_facts(one, [key], 0))
                )
                for one in ENVIRONMENTS
            },
        )

    def _allowed(
        self, action: str, caller: Caller, project: str, facts: Mapping[str, object]
    ) -> bool:
        return self.policy.decide(action, caller, project=project, facts=facts).allowed
