"""Turns devices and their reports into what goes over the wire, and back."""

from __future__ import annotations

from datetime import datetime

from octavo.records import edge as wire
from octavo_server.deployments.edge import rules
from octavo_server.deployments.edge.domain import Device, Fleet, Report
from octavo_server.deployments.wire_fields import fields_of


def report(body: wire.EdgeReport) -> Report:
    """Return a report as the service takes it."""
    return Report(**body.model_dump(exclude={"since"}))


def fleet(found: Fleet, now: datetime) -> wire.EdgeDeviceList:
    """Return a deployment's devices."""
    return wire.EdgeDeviceList(
        items=[_device(one, found.live_version, now) for one in found.devices],
        next_cursor=None,
        live_version=found.live_version,
        pullable=found.why_not is None,
        why_not=found.why_not,
    )


def _device(one: Device, live: int | None, now: datetime) -> wire.EdgeDevice:
    return wire.EdgeDevice.model_validate(
        {
            **fields_of(one, wire.EdgeDevice),
            "standing": rules.standing(one, live),
            "silent": rules.silent(one, now),
        }
    )
