"""`octavo submit`: a notebook on its way to a release."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from octavo.client import Client, ClientError
from octavo.records.notebooks import (
    Severity,
    Submission,
    SubmissionRequest,
    SubmissionState,
)

LOOK_EVERY_S = 1.0
LARGEST = 10 * 2**20
"""A notebook's most bytes."""


def project_option() -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option that names the project, by default the workspace's own."""
    return click.option(
        "--project",
        default=lambda: os.environ.get("OCTAVO_PROJECT", ""),
        show_default="the workspace's project",
        help="Project to work in.",
    )


def parameter_values(given: tuple[str, ...]) -> dict[str, Any]:
    """Return ``name=value`` pairs; a value that is JSON is read as such, else it is text."""
    found: dict[str, Any] = {}
    for one in given:
        name, separator, text = one.partition("=")
        if not separator:
            raise click.BadParameter(f"{one!r} is no name=value", param_hint="--parameter")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        found[name] = value if isinstance(value, bool | int | float | str) else text
    return found


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@project_option()
@click.option("--name", help="Name of the release line; by default the file's name.")
@click.option("--profile", default="cpu-small", show_default=True, help="Profile it runs under.")
@click.option("--note", default="", help="Note to the reviewer.")
@click.option("--parameter", "-p", "given", multiple=True, help="name=value for the replay.")
@click.option("--idempotent", is_flag=True, help="Running it twice does no harm.")
@click.option("--wait/--no-wait", default=True, help="Follow the replay to its end.")
def submit(
    path: Path,
    project: str,
    name: str | None,
    profile: str,
    note: str,
    given: tuple[str, ...],
    idempotent: bool,
    wait: bool,
) -> None:
    """Offer the notebook at PATH for review."""
    request = SubmissionRequest(
        name=name or path.stem.lower().replace("_", "-"),
        path=str(path),
        notebook=read_notebook(path),
        profile=profile,
        note=note,
        parameters=parameter_values(given),
        idempotent=idempotent,
    )
    with Client.from_environment() as client:
        base = f"/projects/{project}/notebooks/submissions"
        made = Submission.model_validate(client.post(base, request))
        click.echo(f"submitted  {made.name} as {made.id}")
        for finding in made.lint.findings:
            place = "" if finding.cell is None else f" cell {finding.cell + 1}:"
            weight = "blocks" if finding.severity is Severity.ERROR else "warns"
            click.echo(f"{weight:<9} {place} {finding.message} {finding.fix}")
        if wait:
            made = _follow(client, f"{base}/{made.id}")
    _tell(made)
    sys.exit(1 if made.state is SubmissionState.FAILED else 0)


def read_notebook(path: Path) -> Any:
    """Return a notebook's JSON.

    Raises ClientError naming the fault: no JSON, a key that stands twice in one object, too large.
    """
    remedy = "Open and save it with JupyterLab."
    size = path.stat().st_size
    if size > LARGEST:
        raise ClientError(
            "invalid",
            f"{path} has {size:,} bytes; at most {LARGEST:,} are allowed.",
            "Clear its outputs, or move data to the lake.",
        )
    try:
        made = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_each_key_once)
    except RecursionError:
        raise ClientError("invalid", f"{path} is nested too deep.", remedy) from None
    except ValueError as error:
        raise ClientError("invalid", f"{path} is no notebook: {error}.", remedy) from error
    if not isinstance(made, dict):
        raise ClientError("invalid", f"{path} is no notebook: it holds no object.", remedy)
    return made


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says the same key twice: readers differ in which one they take."""
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return made


def _follow(client: Client, path: str) -> Submission:
    shown = ""
    while True:
        made = client.fetch(Submission, path)
        if made.state not in (SubmissionState.QUEUED, SubmissionState.REPLAYING):
            return made
        progress = made.replay.progress
        text = "waits for a free place"
        if progress is not None:
            text = f"replay {progress.pass_number} of {progress.passes}: {progress.step}"
        if text != shown:
            click.echo(text)
            shown = text
        time.sleep(LOOK_EVERY_S)


def _tell(made: Submission) -> None:
    click.echo(f"state      {made.state.value}")
    if made.replay.verdict is not None:
        found = made.replay.verdict
        click.echo(
            f"verdict    {found.outcome} ({found.identical} identical, {found.equivalent} "
            f"equivalent, {found.volatile} volatile, {found.different} different)"
        )
    if made.replay.error is not None:
        click.echo(f"{made.replay.error.ename}: {made.replay.error.evalue}")
        click.echo(made.replay.error.traceback)
    if made.state is SubmissionState.REVIEWABLE:
        click.echo("Another person with the role reviewer can decide on it now.")
