"""Spawner profiles for tests.

- ``document(**more)``: a valid profile document, changed at its top level
- ``profile(**more)``: the profile of it, with fields replaced
- ``version(**more)``: a published version of it
- ``FORM``: the real format of documents, under the shipped schema
- ``checker(...)``: a checker with given groups, pools and images; by default a roomy machine
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from octavo.local import resources
from octavo_server.adapters.profile_files import ProfileFormat
from octavo_server.workspaces.profiles import rules
from octavo_server.workspaces.profiles.checking import DocumentChecker
from octavo_server.workspaces.profiles.domain import Profile, ProfileVersion
from octavo_server.workspaces.profiles.findings import NodePool

CPU = {"guarantee": 0.5, "limit": 2}
MEMORY = {"guarantee": 1, "limit": 8}
GPU_RESOURCES = {
    "cpu": {"guarantee": 1, "limit": 8},
    "memory_gib": {"guarantee": 4, "limit": 64},
    "processes": 1024,
    "gpu": {"count": 1, "type": "A100"},
}


FORM = ProfileFormat(resources.path("spawner_profiles"))


class KnownGroups:
    """The groups of a Hub; ``None``: a Hub that is away."""

    def __init__(self, *names: str) -> None:
        self.known: frozenset[str] | None = frozenset(names)
        self.roles: set[str] = set()

    def declared(self) -> frozenset[str]:
        """Return those that the test gave a role."""
        return frozenset(self.roles)

    def names(self) -> frozenset[str] | None:
        """Return them."""
        return self.known


class KnownPools:
    """Node pools that a test may change."""

    def __init__(self, *pools: NodePool) -> None:
        self.known = pools

    def pools(self) -> tuple[NodePool, ...]:
        """Return them."""
        return self.known


def machine(**more: Any) -> NodePool:
    """Return a roomy machine without a GPU, with fields replaced."""
    roomy = NodePool(
        name="this machine",
        cpu=16,
        memory_gib=64,
        gpu=0,
        gpu_type=None,
        labels={},
        machine=True,
    )
    return replace(roomy, **more)


def checker(
    groups: KnownGroups | None = None,
    pools: KnownPools | None = None,
    images: tuple[str, ...] = (),
) -> DocumentChecker:
    """Return a checker; by default the groups are those of the demo."""
    known = groups or KnownGroups("scientists", "reviewers", "oncall", "admins")
    return DocumentChecker(FORM, known, pools or KnownPools(machine()), images)


def price(eur_per_hour: float) -> list[dict[str, Any]]:
    """Return a rate card with one price."""
    return [{"from": "2026-01-01", "per_hour": eur_per_hour, "currency": "EUR"}]


def document(**more: Any) -> dict[str, Any]:
    """Return a valid profile document, changed at its top level."""
    return {
        "id": "cpu-small",
        "title": "Small CPU",
        "description": "For tables.",
        "resources": {"cpu": CPU, "memory_gib": MEMORY, "processes": 1024},
        "prices": price(0.12),
        "idle": {"minutes": 60, "extension_minutes": 60},
        "longest_hours": 72,
        "ready_seconds": 8,
        "audiences": [],
        "environments": ["dev"],
        "pipelines": True,
    } | more


def profile(**more: Any) -> Profile:
    """Return a profile with fields replaced."""
    return replace(rules.profile_of(document()), **more)


def version(**more: Any) -> ProfileVersion:
    """Return a published version of a profile with fields replaced."""
    content = profile(**more)
    return ProfileVersion(
        profile=content,
        version=1,
        digest=rules.digest_of(content),
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
