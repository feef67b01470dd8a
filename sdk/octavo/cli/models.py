"""`octavo models`: the store of registered models."""

from __future__ import annotations

import click

from octavo.client import Client, ClientError
from octavo.records.registration import LeftoverList, LeftoversRemoved

PATH = "/models-store/leftovers"
WORK_S = 600.0
"""How long listing or removing may take: a bucket is listed page by page, seconds."""


@click.group()
def models() -> None:
    """Look after the store of registered models."""


@models.command()
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(1, 3_650),
    default=30,
    show_default=True,
    help="Days since somebody kept it last.",
)
@click.option("--remove", is_flag=True, help="Remove it, after a question.")
@click.option("--yes", is_flag=True, help="Remove it without a question.")
@click.option("--reason", help="Why it is removed; it stays in the audit trail.")
def leftovers(days: int, reason: str | None, *, remove: bool, yes: bool) -> None:
    """List what no model version refers to, and remove it if you say so.

    A registration that was cancelled or cut off leaves such files behind. Files of a version are
    never removed.
    """
    if (remove or yes) and not reason:
        raise ClientError("no_reason", "Nothing is removed without a reason.", "Add --reason TEXT.")
    with Client.from_environment(timeout_s=WORK_S) as client:
        found = client.fetch(LeftoverList, PATH, older_than_days=days)
        _tell(found)
        if not found.count or not (remove or yes):
            return
        if not yes:
            click.confirm(f"Remove {_things(found.count)}, {found.size:,} bytes?", abort=True)
        body = {"listing": found.listing, "older_than_days": days, "reason": reason}
        done = LeftoversRemoved.model_validate(client.post(f"{PATH}/remove", body))
    spared = f"; {done.spared} were kept again meanwhile and stay" if done.spared else ""
    click.echo(f"Removed {_things(done.count)}, {done.size:,} bytes{spared}.")


def _tell(found: LeftoverList) -> None:
    for one in found.items:
        click.echo(f"{one.kept_at:%Y-%m-%d}  {one.kind:<8}  {one.size:>15,}  {one.digest}")
    if found.count > len(found.items):
        click.echo(f"... and {found.count - len(found.items):,} more")
    click.echo(
        f"{_things(found.count)}, {found.size:,} bytes: no version refers to them, and nobody kept "
        f"them for {found.older_than_days} days."
    )


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count:,} things"
