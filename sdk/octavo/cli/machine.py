"""`octavo up`, `down` and `status`: Octavo on this machine."""

from __future__ import annotations

import json
import os
from dataclasses import asdict

import click

from octavo.local import background
from octavo.local import status as machine_status
from octavo.local import up as lifecycle
from octavo.local.enforcement import written_down
from octavo.local.launch import Launch
from octavo.local.progress import Steps


@click.command()
@click.option("--background", "detach", is_flag=True, help="Return once everything works.")
def up(*, detach: bool) -> None:
    """Start Octavo on this machine and keep it running until Ctrl-C."""
    launch = Launch.of(os.environ)
    if detach:
        background.start(launch, click.echo)
    else:
        lifecycle.up(launch, Steps())


@click.command()
def down() -> None:
    """Stop Octavo and everything it started."""
    lifecycle.down(Launch.of(os.environ), Steps())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Show what runs, since when, and how much memory it takes."""
    launch = Launch.of(os.environ)
    processes = machine_status.running(launch.home)
    total = round(sum(process.rss_mib for process in processes), 1)
    kept = written_down(launch.home.state) if processes else []
    address = _address(launch)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "ready": launch.home.ready_mark.exists() and bool(processes),
                    "url": f"{address}/",
                    "processes": [asdict(process) for process in processes],
                    "rss_total_mib": total,
                    "enforcement": kept,
                }
            )
        )
        return
    if not processes:
        click.echo(f"Octavo is not running from {launch.home.root}. Start it with `octavo up`.")
        return
    click.echo(f"{'process':<24}{'id':>8}{'MiB':>9}{'up':>10}")
    for process in processes:
        click.echo(
            f"{process.name:<24}{process.pid:>8}{process.rss_mib:>9.1f}{process.up_s:>8.0f} s"
        )
    click.echo(f"{'all':<24}{'':>8}{total:>9.1f}\n")
    for sentence in kept:
        click.echo(sentence)
    click.echo(f"\n{address}/")


def _address(launch: Launch) -> str:
    """Return where people open the Octavo that runs; where it would be when none does."""
    mark = launch.home.ready_mark
    return (mark.read_text("utf-8") if mark.exists() else "") or launch.public_url
