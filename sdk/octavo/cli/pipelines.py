"""`octavo pipelines`: define pipelines in a text, see what it changes, apply it; run past days."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from octavo.cli.notebooks import parameter_values, project_option
from octavo.client import Client
from octavo.records.pipelines import (
    ApplyRequest,
    BackfillList,
    BackfillRequest,
    DefinitionText,
    Pipeline,
    PipelineBackfill,
    PipelineList,
    PipelineText,
    Plan,
)

SIGNS = {"add": "+", "change": "~", "remove": "-"}
TEXT = click.Path(exists=True, dir_okay=False, path_type=Path)
LARGEST = 65_536


@click.group()
def pipelines() -> None:
    """Define pipelines, and run them for past days."""


@pipelines.command(name="list")
@project_option()
def list_pipelines(project: str) -> None:
    """List the pipelines with what they run and when."""
    with Client.from_environment() as client:
        cursor: str | None = None
        while True:
            query = {"cursor": cursor} if cursor else {}
            page = client.fetch(PipelineList, f"/projects/{project}/pipelines", **query)
            for one in page.items:
                runs = ", ".join(f"{used.name}@{used.number}" for used in one.releases)
                when = "; ".join(f"{each.cron} {each.time_zone}" for each in one.schedules)
                click.echo(f"{one.name:<24} {runs:<40} {when}")
            cursor = page.next_cursor
            if cursor is None:
                return


@pipelines.command()
@click.argument("file", type=TEXT)
@project_option()
def plan(file: Path, project: str) -> None:
    """Say what applying FILE, a pipeline.yaml, would change. Nothing is changed."""
    with Client.from_environment() as client:
        _show(_planned(client, project, _read(file)))


@pipelines.command()
@click.argument("file", type=TEXT)
@project_option()
@click.option("--plan", "digest", help="Digest of the plan that was read; another one is refused.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def apply(file: Path, project: str, digest: str | None, yes: bool) -> None:
    """Put FILE, a pipeline.yaml, into force after its plan was read."""
    text = _read(file)
    with Client.from_environment() as client:
        planned = _planned(client, project, text)
        if digest is None:
            _show(planned)
            if not planned.changes:
                return
            if not yes:
                click.confirm("Apply this?", abort=True)
        request = ApplyRequest(yaml=text, digest=digest or planned.digest)
        made = client.post(f"/projects/{project}/pipelines/apply", request)
    click.echo(f"applied    {Pipeline.model_validate(made).name}")


@pipelines.command()
@click.argument("name")
@project_option()
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file.")
def export(name: str, project: str, output: Path | None) -> None:
    """Write the pipeline NAME as pipeline.yaml, to the screen or a file."""
    with Client.from_environment() as client:
        found = client.fetch(PipelineText, f"/projects/{project}/pipelines/{name}/definition")
    if output is None:
        click.echo(found.yaml, nl=False)
    else:
        output.write_text(found.yaml, encoding="utf-8")
        click.echo(f"wrote      {output}")


@pipelines.command()
@click.argument("name")
@click.argument("first", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("last", type=click.DateTime(["%Y-%m-%d"]))
@project_option()
@click.option("--day", "parameter", default="day", show_default=True, help="The date parameter.")
@click.option("--at-a-time", default=2, show_default=True, type=click.IntRange(1, 50))
@click.option("--newest-first", is_flag=True, help="Begin with LAST.")
@click.option("--parameter", "-p", "given", multiple=True, help="name=value.")
def backfill(
    name: str,
    first: date,
    last: date,
    project: str,
    parameter: str,
    at_a_time: int,
    newest_first: bool,
    given: tuple[str, ...],
) -> None:
    """Run the pipeline NAME once for each day from FIRST to LAST."""
    request = BackfillRequest.model_validate(
        {
            "parameter": parameter,
            "first": f"{first:%Y-%m-%d}",
            "last": f"{last:%Y-%m-%d}",
            "newest_first": newest_first,
            "at_a_time": at_a_time,
            "parameters": parameter_values(given),
        }
    )
    with Client.from_environment() as client:
        path = f"/projects/{project}/pipelines/{name}/backfills"
        made = PipelineBackfill.model_validate(client.post(path, request))
    click.echo(f"backfill   {made.id}: {made.days} days, {made.at_a_time} at a time")


@pipelines.command()
@click.argument("name")
@project_option()
def backfills(name: str, project: str) -> None:
    """List the backfills of the pipeline NAME."""
    with Client.from_environment() as client:
        path = f"/projects/{project}/pipelines/{name}/backfills"
        found = client.fetch(BackfillList, path)
    for one in found.items:
        click.echo(
            f"{one.id}  {one.first} to {one.last}  {one.state:<10} "
            f"{one.succeeded} succeeded, {one.ended} of {one.days} ended"
        )


def _read(file: Path) -> str:
    if file.stat().st_size > LARGEST:
        click.echo(f"{file} has more than {LARGEST:,} bytes; no pipeline needs that.", err=True)
        sys.exit(2)
    return file.read_text(encoding="utf-8", errors="replace")


def _planned(client: Client, project: str, text: str) -> Plan:
    path = f"/projects/{project}/pipelines/plan"
    return Plan.model_validate(client.post(path, DefinitionText(yaml=text)))


def _show(planned: Plan) -> None:
    click.echo(f"pipeline   {planned.name}{' (new)' if planned.new else ''}")
    for used in planned.releases:
        click.echo(f"release    {used.step or '-'}: {used.name}@{used.number} {used.digest[:12]}")
    for one in planned.changes:
        arrow = f"{one.before} -> {one.after}" if one.op == "change" else one.before or one.after
        click.echo(f"{SIGNS[one.op]} {one.what}: {arrow}")
    if not planned.changes:
        click.echo("Nothing would change.")
    click.echo(f"plan       {planned.digest}")
