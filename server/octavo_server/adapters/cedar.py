"""Cedar as the policy engine: parses policies once, decides in microseconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import cedarpy

from octavo_server.policy.domain import Verdict


@lru_cache(maxsize=1)
def schema_text() -> str:
    """Return the schema: every gate with its facts and their types."""
    return files("octavo_server.policy").joinpath("schema.cedarschema").read_text()


def default_policies() -> str:
    """Return the policies that a new installation starts with."""
    return files("octavo_server.policy").joinpath("default.cedar").read_text()


class CedarEngine:
    """Decides by Cedar policies."""

    def faults(self, text: str) -> list[str]:
        """Return what is wrong with the policies, as sentences; none when they hold."""
        try:
            result = cedarpy.validate_policies(text, schema_text())
        except ValueError as error:
            return [str(error)]
        return [str(error) for error in result.errors]

    def decide(
        self,
        text: str,
        action: str,
        principal: str,
        groups: frozenset[str],
        resource: str,
        facts: Mapping[str, Any],
    ) -> Verdict:
        """Decide by policies ``text``; whatever goes wrong is a deny with its reason."""
        policies, schema, reasons = _parsed(text)
        request = {
            "principal": {"type": "Person", "id": principal},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Project", "id": resource},
            "context": dict(facts),
        }
        entities: list[dict[str, Any]] = [
            {
                "uid": {"type": "Person", "id": principal},
                "attrs": {"groups": sorted(groups)},
                "parents": [],
            },
            {"uid": {"type": "Project", "id": resource}, "attrs": {}, "parents": []},
        ]
        result = cedarpy.is_authorized(request, policies, entities, schema)
        found = [reasons.get(name, name) for name in result.diagnostics.reasons]
        errors = [f"The policy could not be evaluated: {one}" for one in result.diagnostics.errors]
        allowed = result.allowed and not errors
        if not allowed and not found and not errors:
            found = [f"No policy permits {action}."]
        return Verdict(allowed=allowed, reasons=(*found, *errors))


@lru_cache(maxsize=8)
def _parsed(text: str) -> tuple[Any, Any, dict[str, str]]:
    document = json.loads(cedarpy.policies_to_json_str(text))
    reasons = {
        name: policy.get("annotations", {}).get("reason", name)
        for name, policy in document["staticPolicies"].items()
    }
    return cedarpy.PolicySet.from_str(text), cedarpy.Schema.from_str(schema_text()), reasons
