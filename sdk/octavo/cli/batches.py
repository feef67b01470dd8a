"""`octavo batches`: score tables of the lake, follow, cancel and resume that."""

from __future__ import annotations

import sys

import click

from octavo.batches import UNDER_WAY, failures, follow, wanted
from octavo.cli.notebooks import project_option
from octavo.client import Client
from octavo.records.batches import (
    Batch,
    BatchList,
    BatchPlan,
    BatchState,
)


@click.group()
def batches() -> None:
    """Score tables of the lake, partition by partition."""


@batches.command()
@click.argument("source")
@click.argument("model")
@project_option()
@click.option("--version", type=click.IntRange(1, 1_000_000), help="Version that scores.")
@click.option("--alias", help="Alias whose version scores; moving it later changes nothing.")
@click.option("--keep", multiple=True, help="Column that the output holds too; may be repeated.")
@click.option("--max-failures", default=5, show_default=True, help="Partitions that may fail.")
@click.option(
    "--environment",
    type=click.Choice(["dev", "test", "prod"]),
    default="prod",
    show_default=True,
    help="Whose policy the version has to meet.",
)
@click.option("--profile", help="Spawner profile it runs with.")
@click.option("--plan", is_flag=True, help="Say what it would do, and do nothing.")
@click.option("--wait/--no-wait", default=True, help="Follow it to its end.")
def start(
    source: str,
    model: str,
    project: str,
    version: int | None,
    alias: str | None,
    keep: tuple[str, ...],
    max_failures: int,
    environment: str,
    profile: str | None,
    plan: bool,
    wait: bool,
) -> None:
    """Score SOURCE, a file or folder of the project's lake, with MODEL."""
    body = wanted(
        source=source,
        model=model,
        version=version,
        alias=alias,
        keep=list(keep),
        max_failures=max_failures,
        environment=environment,
        profile=profile,
    )
    with Client.from_environment() as client:
        path = f"/projects/{project}/batches"
        if plan:
            _show_plan(BatchPlan.model_validate(client.post(f"{path}/plan", body)))
            return
        made = Batch.model_validate(client.post(path, body))
        click.echo(f"batch      {made.id}")
        _finish(client, follow(client, made, _tell) if wait else made)


@batches.command(name="list")
@project_option()
@click.option("--model", help="Only this model's.")
def list_batches(project: str, model: str | None) -> None:
    """List the newest batches."""
    query = {"model": model} if model else {}
    with Client.from_environment() as client:
        found = client.fetch(BatchList, f"/projects/{project}/batches", **query)
    for one in found.items:
        click.echo(
            f"{one.id}  {one.created_at:%Y-%m-%d %H:%M:%SZ}  {one.model} v{one.version:<4} "
            f"{one.state.value:<10} {one.done}/{one.partitions}  {one.source}"
        )


@batches.command()
@click.argument("batch")
@project_option()
def show(batch: str, project: str) -> None:
    """Show a BATCH with its outputs, and why partitions failed."""
    with Client.from_environment() as client:
        _finish(client, client.fetch(Batch, f"/projects/{project}/batches/{batch}"))


@batches.command()
@click.argument("batch")
@project_option()
def cancel(batch: str, project: str) -> None:
    """Cancel a BATCH; outputs that are committed stay."""
    with Client.from_environment() as client:
        path = f"/projects/{project}/batches/{batch}/cancel"
        made = follow(client, Batch.model_validate(client.post(path, {})))
    click.echo(f"state      {made.state.value}: {made.message}")


@batches.command()
@click.argument("batch")
@project_option()
@click.option("--wait/--no-wait", default=True, help="Follow it to its end.")
def resume(batch: str, project: str, wait: bool) -> None:
    """Let a BATCH go on: what is committed stays, what failed is tried again."""
    with Client.from_environment() as client:
        path = f"/projects/{project}/batches/{batch}/resume"
        made = Batch.model_validate(client.post(path, {}))
        _finish(client, follow(client, made, _tell) if wait else made)


def _tell(batch: Batch) -> None:
    if batch.state is BatchState.RUNNING:
        click.echo(f"{batch.done} of {batch.partitions} partitions, {batch.rows:,} rows")


def _show_plan(plan: BatchPlan) -> None:
    click.echo(f"model      {plan.model} v{plan.version} ({plan.digest[:12]})")
    click.echo(f"data       {plan.source}: {plan.partitions} partitions, {plan.bytes:,} bytes")
    click.echo(f"profile    {plan.profile}, {plan.price_eur_per_hour:.2f} EUR/h")
    if plan.refusal:
        click.echo(f"refused    {plan.refusal}")
        sys.exit(1)


def _finish(client: Client, made: Batch) -> None:
    click.echo(f"state      {made.state.value}: {made.message}")
    click.echo(f"model      {made.model} v{made.version} ({made.digest[:12]})")
    click.echo(f"output     {made.output}")
    if made.cost_eur is not None:
        click.echo(f"cost       {made.cost_eur:.4f} EUR")
    if made.manifest_digest is not None:
        click.echo(f"manifest   {made.manifest_digest[:12]}, signed")
    for one in failures(client, made) if made.failed else ():
        click.echo(f"failed     {one.name}: {one.message} {one.remedy}".rstrip())
    sys.exit(0 if made.state in {BatchState.SUCCEEDED, *UNDER_WAY} else 1)
