"""Pure decisions about bundles for devices, and what they report; time is an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from octavo.edge.claims import Place
from octavo_server.deployments.edge.domain import Device, Report
from octavo_server.errors import Conflict, Invalid
from octavo_server.registry.versions.service import Derived, ModelVersion

MOST_DEVICES = 1_000
"""Devices of one deployment."""
SILENT = timedelta(hours=1)
"""Without a report for so long, a device is called silent."""
LARGEST_EXAMPLE = 64 * 1024
"""Characters of an example that travels in the signed statement."""
ONNX = "onnx"


def form_of(version: ModelVersion) -> Derived:
    """Return the form that devices run. Raises Conflict for a version without one."""
    found = next((one for one in version.derived if one.kind == ONNX), None)
    if found is None:
        why = why_no_form(version)
        raise Conflict(
            why, "Use a version with one; a deployment serves this one over the network."
        )
    return found


def why_no_form(version: ModelVersion) -> str:
    """Say why a version has no form for devices."""
    told = version.conversion.detail or (
        "it was registered without conversion; register its run again with conversion on."
    )
    return f"Version {version.version} of {version.name} has no ONNX form for devices: {told}"


def predicate(
    place: Place, version: ModelVersion, generation: int, key_id: str, example: str | None
) -> dict[str, Any]:
    """Return what is signed; equal for equal states, so that a bundle keeps its name."""
    return {
        "place": {"project": place.project, "kind": place.kind, "name": place.name},
        "model": version.name,
        "version": version.version,
        "generation": generation,
        "source": version.digest,
        "run_id": version.run_id,
        "key_id": key_id,
        "example": example,
    }


def known_tag(header: str | None, digest: str) -> bool:
    """Tell whether an If-None-Match header names a bundle."""
    if header is None:
        return False
    named = {part.strip().removeprefix("W/").strip('"') for part in header.split(",")}
    return digest in named or "*" in named


def choice(version: int | None, alias: str | None) -> None:
    """Raise Invalid unless at most one of both is named."""
    if version is not None and alias is not None:
        raise Invalid(
            f"Both version={version} and alias={alias[:63]!r} are named.", "Name one of them."
        )


def check_device(kept: Device, consumer: str) -> None:
    """Raise Conflict for a device that reports with another consumer's token."""
    if kept.consumer != consumer:
        raise Conflict(
            f"The device {kept.device!r} reports with the token of {kept.consumer}, "
            f"not of {consumer}.",
            "Give this device another name, or remove the other one on the deployment's page.",
        )


def check_room(devices: int, deployment: str) -> None:
    """Raise Conflict when a deployment has as many devices as it may."""
    if devices >= MOST_DEVICES:
        raise Conflict(
            f"{deployment} has {devices:,} devices; {MOST_DEVICES:,} are allowed.",
            "Remove devices that are gone on the deployment's page.",
        )


def told(
    kept: Device, installation: str, client: str, reports: Sequence[Report], now: datetime
) -> tuple[Device, int]:
    """Return a device after its reports, and how many of them were new.

    Reports are numbered within an installation, so that one that is sent again counts once.
    """
    same = kept.installation == installation
    device = kept if same else replace(kept, installation=installation, sequence=0)
    counted = 0
    for one in sorted(reports, key=lambda report: report.sequence):
        if one.sequence > device.sequence:
            device, counted = _after(device, one, now), counted + 1
    return replace(device, client=client, last_seen_at=now), counted


def _after(device: Device, report: Report, now: datetime) -> Device:
    measured: Mapping[str, Any] = {
        name: getattr(report, name)
        for name in ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms")
        if report.requests > 0
    }
    return replace(
        device,
        **measured,
        sequence=report.sequence,
        version=report.version,
        digest=report.digest,
        generation=report.generation,
        requests=device.requests + report.requests,
        errors=device.errors + report.errors,
        dropped=device.dropped + report.dropped,
        last_error=report.last_error or device.last_error,
        refusal=report.refusal,
        told_until=min(report.until, now),
    )


def standing(device: Device, live: int | None) -> str:
    """Return how what a device holds stands to the live version."""
    if device.version is None:
        return "empty"
    if live is None or device.version == live:
        return "current"
    return "behind" if device.version < live else "ahead"


def silent(device: Device, now: datetime) -> bool:
    """Tell whether a device has told nothing for long."""
    return now - device.last_seen_at > SILENT


def needing_a_look(device: Device, live: int | None, now: datetime) -> tuple[bool, bool, str]:
    """Return a key that sorts devices: refusing and outdated ones first, then silent ones."""
    wrong = device.refusal is not None or standing(device, live) != "current"
    return not wrong, not silent(device, now), device.device
