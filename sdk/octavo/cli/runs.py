"""`octavo runs`: list, start, watch and cancel runs of pipelines."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from octavo.cli.notebooks import LOOK_EVERY_S, parameter_values, project_option
from octavo.client import Client
from octavo.records.pipelines import (
    PipelineRun,
    PipelineRunList,
    RunRequest,
    RunState,
)

UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)


@click.group()
def runs() -> None:
    """Look at runs, start and cancel them."""


@runs.command(name="list")
@project_option()
@click.option("--pipeline", help="Only this pipeline's.")
def list_runs(project: str, pipeline: str | None) -> None:
    """List the newest runs."""
    query = {"pipeline": pipeline} if pipeline else {}
    with Client.from_environment() as client:
        found = client.fetch(PipelineRunList, f"/projects/{project}/runs", **query)
    for one in found.items:
        click.echo(
            f"{one.id}  {one.created_at:%Y-%m-%d %H:%M:%SZ}  {one.pipeline:<20} "
            f"{one.state.value:<10} {one.verdict or '-'}"
        )


@runs.command()
@click.argument("pipeline")
@project_option()
@click.option("--parameter", "-p", "given", multiple=True, help="name=value.")
@click.option("--wait/--no-wait", default=True, help="Follow it to its end.")
def start(pipeline: str, project: str, given: tuple[str, ...], wait: bool) -> None:
    """Start a run of PIPELINE."""
    request = RunRequest(parameters=parameter_values(given))
    with Client.from_environment() as client:
        path = f"/projects/{project}/pipelines/{pipeline}/runs"
        made = PipelineRun.model_validate(client.post(path, request))
        click.echo(f"run        {made.id}")
        if wait:
            made = _follow(client, f"/projects/{project}/runs/{made.id}")
    _finish(made)


@runs.command()
@click.argument("run")
@project_option()
def show(run: str, project: str) -> None:
    """Show a RUN with its verdict or its error."""
    with Client.from_environment() as client:
        _finish(client.fetch(PipelineRun, f"/projects/{project}/runs/{run}"))


@runs.command()
@click.argument("run")
@project_option()
def cancel(run: str, project: str) -> None:
    """Cancel a RUN."""
    with Client.from_environment() as client:
        made = PipelineRun.model_validate(client.post(f"/projects/{project}/runs/{run}/cancel", {}))
        made = _follow(client, f"/projects/{project}/runs/{made.id}")
    click.echo(f"state      {made.state.value}")


@runs.command()
@click.argument("run")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@project_option()
def output(run: str, path: Path, project: str) -> None:
    """Write the output notebook of RUN to PATH."""
    with Client.from_environment() as client:
        content = client.get(f"/projects/{project}/runs/{run}/output")
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    click.echo(f"wrote      {path}")


def _follow(client: Client, path: str) -> PipelineRun:
    shown = ""
    while True:
        made = client.fetch(PipelineRun, path)
        if made.state not in UNDER_WAY:
            return made
        text = made.state.value
        if made.progress.cells:
            text = f"cell {made.progress.cell} of {made.progress.cells}"
        if text != shown:
            click.echo(text)
            shown = text
        time.sleep(LOOK_EVERY_S)


def _finish(made: PipelineRun) -> None:
    click.echo(f"state      {made.state.value}: {made.message}")
    if made.comparison is not None:
        click.echo(f"verdict    {made.comparison.outcome}: {made.comparison.reason}")
    for one in made.artifacts:
        click.echo(f"artifact   {one.path} ({one.size} bytes, {one.digest[:12]})")
    if made.error is not None:
        place = "" if made.error.cell is None else f" in cell {made.error.cell + 1}"
        click.echo(f"error{place}:\n{made.error.source}\n{made.error.traceback}")
    sys.exit(0 if made.state in (RunState.SUCCEEDED, *UNDER_WAY) else 1)
