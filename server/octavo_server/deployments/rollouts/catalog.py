"""The model registry and the profiles, as deployments need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from octavo_server.deployments.rollouts.domain import DeployableModel
from octavo_server.deployments.rollouts.ports import Placement, ScorerResources
from octavo_server.errors import NotFound
from octavo_server.identity import Caller
from octavo_server.registry.registration.service import RegistrationService
from octavo_server.registry.versions.service import VersionsService
from octavo_server.workspaces.profiles.service import Profile, ProfilesService
from octavo_server.workspaces.usage.service import UsageService


class RegistryCatalog:
    """Registered versions, their signatures checked when asked."""

    def __init__(self, versions: VersionsService, registration: RegistrationService) -> None:
        self._versions = versions
        self._registration = registration

    def describe(self, project: str, name: str, version: int) -> DeployableModel:
        """Return a registered version with its signature checked. Raises NotFound."""
        found, holds = self._versions.signed(project, name, version)
        return DeployableModel(
            name=name,
            version=version,
            digest=found.digest,
            run_id=found.run_id,
            signed=holds,
            scan_findings=found.scan_report.alarms,
            signature=found.packaging.signature,
            example=first_row(found.packaging.example),
        )

    def alias(self, project: str, name: str, alias: str) -> int | None:
        """Return the version that an alias names now, None where it names none."""
        found = self._versions.pointed_to(project, name, alias)
        return None if found is None else found.version

    def unusable(
        self, caller: Caller, project: str, name: str, version: int, environment: str
    ) -> tuple[str, ...]:
        """Say why an environment doesn't take a version; nothing when it does. Raises NotFound."""
        decision = self._registration.usable(caller, project, name, version, environment)
        return () if decision.allowed else tuple(decision.reasons)

    def fetch(self, project: str, name: str, version: int, folder: Path) -> Mapping[str, str]:
        """Write the version's files into ``folder``; return path -> SHA-256 as signed."""
        return self._versions.fetch(project, name, version, folder)


class OfferedProfiles:
    """The spawner profiles that are offered now, or where retired ones lead."""

    def __init__(self, profiles: ProfilesService, usage: UsageService) -> None:
        self._profiles = profiles
        self._usage = usage

    def resources(self, profile: str) -> ScorerResources | None:
        """Return what the profile grants; None when there is no such profile."""
        try:
            granted = self._profiles.resolve(profile).version.profile
        except NotFound:
            return None
        return ScorerResources(
            cpus=granted.cpu,
            memory_mib=int(granted.memory_gib * 1_024),
            gpus=granted.gpu,
            placement=placement_of(granted),
        )

    def price(self, profile: str) -> int | None:
        """Return what an hour costs today, in millionths of a euro; None: no such profile."""
        try:
            granted = self._profiles.resolve(profile).version.profile
        except NotFound:
            return None
        return granted.price_on(datetime.now(UTC).date())

    def refusal(self, project: str) -> str | None:
        """Say why nothing new may run in a project now, as a sentence; None: it may."""
        budget = self._usage.budget(project)
        if budget.startable_micro_eur:
            return None
        spent, stop = budget.percent, budget.steps.soft_stop_percent
        return (
            f"{spent} % of {project}'s budget this month are spent; from {stop} % nothing new runs."
        )


def placement_of(profile: Profile) -> Placement:
    """Return where a profile's scorers may run on a cluster."""
    tolerations = tuple(
        {name: str(value) for name, value in asdict(one).items() if value is not None}
        for one in profile.tolerations
        if one.key  # without one it would tolerate every taint: lost and full machines too
    )
    return Placement(
        node_selector=dict(profile.node_selector),
        tolerations=tolerations,
        gpu_type=profile.gpu_type,
        spot=profile.capacity == "spot",
    )


def first_row(example: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the first row of a split-oriented input example by column, None for a tensor's."""
    if not example or not example.get("columns") or not example.get("data"):
        return None
    return dict(zip(example["columns"], example["data"][0], strict=False))
