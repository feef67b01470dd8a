"""Pure decisions about profiles: what a document means, and what its content is called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import rfc8785
from pydantic import TypeAdapter

from octavo_server.workspaces.profiles.domain import (
    MICRO,
    Image,
    Profile,
    ProfileVersion,
    Rate,
    Toleration,
    Volume,
)

_PROFILE = TypeAdapter(Profile)
LONGEST_CHAIN = 20
"""Retirements that are followed one after another."""


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


def document_of(profile: Profile) -> dict[str, Any]:
    """Return the document of a profile, with nothing in it that may be left out."""
    gpu = {"gpu": {"count": profile.gpu, "type": profile.gpu_type}} if profile.gpu else {}
    placement = {
        "node_selector": dict(sorted(profile.node_selector.items())),
        "tolerations": [_given(one) for one in profile.tolerations],
    }
    return {
        "id": profile.id,
        "title": profile.title,
        "description": profile.description,
        "resources": {
            "cpu": _pair(profile.cpu_guarantee, profile.cpu),
            "memory_gib": _pair(profile.memory_guarantee_gib, profile.memory_gib),
            "processes": profile.processes,
            **gpu,
        },
        "prices": [_price(one) for one in profile.rates],
        "idle": without_empty(
            {
                "minutes": profile.idle_minutes,
                "gpu_minutes": profile.gpu_idle_minutes,
                "extension_minutes": profile.extension_minutes or None,
            }
        ),
        "longest_hours": _number(profile.longest_hours),
        "ready_seconds": profile.ready_seconds,
        **({"capacity": profile.capacity} if profile.capacity != "on-demand" else {}),
        **_filled(
            images=[_given(one) for one in profile.images],
            placement={name: value for name, value in placement.items() if value},
            volumes=[_given(one) for one in profile.volumes],
            environment=dict(sorted(profile.environment.items())),
            labels=dict(sorted(profile.labels.items())),
        ),
        "audiences": list(profile.audiences),
        "environments": list(profile.environments),
        "pipelines": profile.pipelines,
    }


def without_empty(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without its fields that are null, on every level that forms have."""
    return {name: _without_null(value) for name, value in document.items() if value is not None}


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_empty(value)
    return [_without_null(one) for one in value] if isinstance(value, list) else value


def _filled(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value}


def _given(record: Any) -> dict[str, Any]:
    """Return the fields of a record that differ from what they are when left out."""
    plain = {one.name: one.default for one in fields(record)}
    values = vars(record).items()
    return {name: _number(value) for name, value in values if value != plain[name]}


def _pair(guarantee: float, limit: float) -> dict[str, Any]:
    return {"guarantee": _number(guarantee), "limit": _number(limit)}


def _price(rate: Rate) -> dict[str, Any]:
    price = _number(float(Decimal(rate.micro_eur) / MICRO))
    return {"from": rate.since.isoformat(), "per_hour": price, "currency": "EUR"}


def _number(value: Any) -> Any:
    """Return a whole number without its decimal point, all else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


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


def outline(version: ProfileVersion) -> ProfileVersion:
    """Return a version as somebody sees it whom it isn't for: what it offers, not how it is set."""
    bare = replace(
        version.profile,
        images=(),
        node_selector={},
        tolerations=(),
        volumes=(),
        environment={},
        labels={},
    )
    return replace(version, profile=bare, text="")


def farewell(version: ProfileVersion) -> str:
    """Say that a profile was retired, in the words of who retired it."""
    return f"{version.profile.title} was retired. {version.message}".strip()


def led_on(version: ProfileVersion, moment: datetime) -> bool:
    """Whether the version was retired by then and leads to another profile."""
    return (
        version.redirect_to is not None
        and version.ended_at is not None
        and version.ended_at <= moment
    )
