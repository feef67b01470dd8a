"""`octavo audit`: read-only commands on the audit trail."""

from __future__ import annotations

import sys

import click

from octavo.audit import verify_trail
from octavo.client import Client


@click.group()
def audit() -> None:
    """Check the audit trail."""


@audit.command()
@click.option("--key", help="Verifier key you trust; without it, the one the service names.")
def verify(key: str | None) -> None:
    """Read the whole trail, compute its Merkle root here and check the signed checkpoint."""
    with Client.from_environment() as client:
        verdict = verify_trail(client, key)
    for fault in verdict.faults:
        click.echo(f"FAULT  {fault}")
    click.echo(f"entries  {verdict.entries}")
    click.echo(f"signed   {verdict.signed_size}")
    click.echo(f"root     {verdict.root}")
    click.echo("The trail does not verify." if verdict.faults else "The trail verifies.")
    sys.exit(1 if verdict.faults else 0)
