"""Registered versions and profiles, as batches need them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from octavo_server.deployments.batches.domain import Model
from octavo_server.deployments.rollouts.ports import ModelCatalog
from octavo_server.errors import Invalid
from octavo_server.execution import Profiles
from octavo_server.identity import Caller


class BatchModels:
    """The catalog of deployments, asked for what a batch wants to know."""

    def __init__(self, catalog: ModelCatalog) -> None:
        self._catalog = catalog

    def model(self, project: str, name: str, version: int) -> Model:
        """Return a version with its signature checked. Raises NotFound."""
        found = self._catalog.describe(project, name, version)
        return Model(
            version=found.version,
            digest=found.digest,
            signed=found.signed,
            takes_columns=_takes_columns(found.signature),
        )

    def alias(self, project: str, name: str, alias: str) -> int | None:
        """Return the version that an alias names now."""
        return self._catalog.alias(project, name, alias)

    def unusable(
        self, caller: Caller, project: str, name: str, version: int, environment: str
    ) -> tuple[str, ...]:
        """Say why an environment doesn't take a version; nothing when it does."""
        return self._catalog.unusable(caller, project, name, version, environment)


class BatchPrices:
    """What profiles cost where batches run with them."""

    def __init__(self, profiles: Profiles, default: str) -> None:
        self._profiles = profiles
        self._default = default

    @property
    def default(self) -> str:
        """The profile of batches that name none."""
        return self._default

    def eur_per_hour(self, profile: str) -> float:
        """Return a profile's price now. Raises NotFound, or Invalid where batches may not run."""
        found = self._profiles.run_profile(profile)
        if not found.pipelines:
            raise Invalid(
                f"profile: {profile} is not offered to work that runs by itself.",
                f"Choose one that is offered to pipelines, such as {self._default}.",
            )
        return found.price_eur_per_hour


def _takes_columns(signature: Mapping[str, Any] | None) -> bool:
    """Tell whether a signature names its inputs."""
    raw = (signature or {}).get("inputs")
    try:
        inputs = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError:
        return False
    if not isinstance(inputs, list) or not inputs:
        return False
    return all(isinstance(one, dict) and "name" in one for one in inputs)
