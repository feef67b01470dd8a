"""Pure decisions about profiles: what a document means, and what its content is called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import rfc8785
from pydantic import TypeAdapter

from octavo_server.workspaces.profiles.domain import (
    MICRO,
    Image,
    Profile,
    Rate,
    Toleration,
    Volume,
)

_PROFILE = TypeAdapter(Profile)


def profile_of(document: Mapping[str, Any]) -> Profile:
    """Return the profile that a valid profile document describes."""
    resources, idle = document["resources"], document["idle"]
    gpu, placement = resources.get("gpu") or {}, document.get("placement") or {}
    return Profile(
        id=document["id"],
        title=document["title"],
        description=document["description"],
        cpu=float(resources["cpu"]["limit"]),
        cpu_guarantee=float(resources["cpu"]["guarantee"]),
        memory_gib=float(resources["memory_gib"]["limit"]),
        memory_guarantee_gib=float(resources["memory_gib"]["guarantee"]),
        processes=resources["processes"],
        gpu=gpu.get("count", 0),
        gpu_type=gpu.get("type"),
        images=tuple(Image(**one) for one in document.get("images", ())),
        rates=tuple(_rate(one) for one in document["prices"]),
        idle_minutes=idle["minutes"],
        gpu_idle_minutes=idle.get("gpu_minutes"),
        extension_minutes=idle.get("extension_minutes", 0),
        longest_hours=float(document["longest_hours"]),
        ready_seconds=document["ready_seconds"],
        capacity=document.get("capacity", "on-demand"),
        node_selector=dict(placement.get("node_selector", {})),
        tolerations=tuple(Toleration(**one) for one in placement.get("tolerations", ())),
        volumes=tuple(Volume(**one) for one in document.get("volumes", ())),
        environment=dict(document.get("environment", {})),
        labels=dict(document.get("labels", {})),
        audiences=tuple(sorted(document["audiences"])),
        environments=tuple(sorted(document["environments"])),
        pipelines=document["pipelines"],
    )


def _rate(one: Mapping[str, Any]) -> Rate:
    since = one["from"]
    day = since if isinstance(since, date) else date.fromisoformat(since)
    return Rate(since=day, micro_eur=int(Decimal(str(one["per_hour"])) * MICRO))


def content_of(profile: Profile) -> dict[str, Any]:
    """Return the profile as a JSON document."""
    content: dict[str, Any] = _PROFILE.dump_python(profile, mode="json")
    return content


def profile_from(content: Mapping[str, Any]) -> Profile:
    """Return the profile of a document that :func:`content_of` made."""
    return _PROFILE.validate_python(dict(content))


def digest_of(profile: Profile) -> str:
    """Return the SHA-256 of the profile's canonical JSON (RFC 8785)."""
    return "sha256:" + hashlib.sha256(rfc8785.dumps(content_of(profile))).hexdigest()


def in_audience(profile: Profile, groups: Iterable[str]) -> bool:
    """Whether a person in ``groups`` may use the profile."""
    return not profile.audiences or bool(set(profile.audiences) & set(groups))


def outsider(profile: Profile) -> str:
    """Say for whom the profile is, to somebody who isn't one of them."""
    return f"{profile.title} is for {' and '.join(profile.audiences)}; ask an admin to join."
