"""Rows of bundles and devices to records and back."""

from __future__ import annotations

from octavo_server.database.rows import Rows
from octavo_server.database.tables.edge import edge_bundles, edge_devices
from octavo_server.deployments.edge.domain import Device, Offer


def offered(rows: Rows, project: str, digest: str) -> bool:
    """Tell whether a bundle was signed before."""
    return rows.get(edge_bundles, project=project, digest=digest) is not None


def put_offer(rows: Rows, offer: Offer) -> None:
    """Write a bundle that was signed."""
    rows.upsert(edge_bundles, [{**vars(offer), "envelope": dict(offer.envelope)}])


def device(rows: Rows, project: str, deployment: str, name: str) -> Device | None:
    """Return one device."""
    row = rows.get(edge_devices, project=project, deployment=deployment, device=name)
    return Device(**row) if row else None


def put_device(rows: Rows, one: Device) -> None:
    """Write a device over what was kept of it."""
    rows.upsert(edge_devices, [vars(one)])


def devices(rows: Rows, project: str, deployment: str) -> list[Device]:
    """Return a deployment's devices by name."""
    found = rows.find(
        edge_devices,
        ("project", "=", project),
        ("deployment", "=", deployment),
        order_by=("device",),
    )
    return [Device(**row) for row in found]


def count(rows: Rows, project: str, deployment: str) -> int:
    """Return how many devices a deployment has."""
    return rows.count(edge_devices, ("project", "=", project), ("deployment", "=", deployment))


def remove(rows: Rows, project: str, deployment: str, name: str) -> int:
    """Remove a device; return how many that were."""
    return rows.delete(
        edge_devices,
        ("project", "=", project),
        ("deployment", "=", deployment),
        ("device", "=", name),
    )
