"""`octavo edge`: models for devices that predict where no platform is."""

from __future__ import annotations

import re
from pathlib import Path

import click

from octavo.cli.notebooks import project_option
from octavo.client import Client, ClientError
from octavo.records.edge import EdgeDeviceList

EXPORT_S = 120.0
"""How long an export may take, seconds."""
_MODEL = re.compile(r"(?P<model>[^@/]+)(?:/(?P<version>[1-9][0-9]{0,6})|@(?P<alias>[^@/]+))?")


@click.group()
def edge() -> None:
    """Take models to devices, and see what devices hold."""


@edge.command()
@click.argument("model")
@click.option(
    "-o",
    "--output",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the bundle, a zip.",
)
@project_option()
def export(model: str, file: Path, project: str) -> None:
    """Write a signed bundle of MODEL for devices: its ONNX form, contract and proof.

    MODEL is late/3 for version 3, late@challenger for where an alias points, or late alone for
    where champion points.
    """
    found = _MODEL.fullmatch(model)
    if found is None:
        raise ClientError(
            "invalid",
            f"{model[:100]!r} names no model, version or alias.",
            "Write late/3, late@champion or late.",
        )
    query = "".join(f"?{part}={found[part]}" for part in ("version", "alias") if found[part])
    with Client.from_environment(timeout_s=EXPORT_S) as client:
        size = client.download(f"/projects/{project}/models/{found['model']}/edge{query}", file)
    click.echo(f"{file}  {size:,} bytes")
    click.echo(f"Check it anywhere: octavo verify {file} --key KEYS")
    click.echo(f"Give it to a device: octavo-edge --key KEYS install {file}")


@edge.command()
@click.argument("deployment")
@project_option()
def devices(deployment: str, project: str) -> None:
    """List the devices that follow DEPLOYMENT, those that need a look first."""
    with Client.from_environment() as client:
        found = client.fetch(
            EdgeDeviceList, f"/projects/{project}/deployments/{deployment}/edge/devices"
        )
    live = "nothing" if found.live_version is None else f"v{found.live_version}"
    count = len(found.items)
    follow = "1 device follows" if count == 1 else f"{count} devices follow"
    click.echo(f"{live} is live; {follow} it.")
    if found.why_not:
        click.echo(found.why_not)
    for one in found.items:
        held = "-" if one.version is None else f"v{one.version}"
        state = "silent" if one.silent else one.standing
        click.echo(
            f"{one.device:<24} {held:<6} {state:<8} {one.last_seen_at:%Y-%m-%d %H:%M}"
            f"  {one.requests:,} requests, {one.errors:,} errors"
            + (f"  refused: {one.refusal}" if one.refusal else "")
        )
