"""`octavo features`: plan a change of a project's features, offer it for review, follow it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from octavo.cli.feature_text import lines_of_change, lines_of_plan, summary
from octavo.cli.feature_values import materialize, push
from octavo.cli.notebooks import LOOK_EVERY_S, project_option
from octavo.client import Client, ClientError
from octavo.records.feature_changes import (
    CurrentDeclaration,
    FeatureChange,
    FeatureChangeDetail,
    FeatureChangePage,
    FeatureChangeRequest,
    FeaturePlan,
    FeaturePlanRequest,
)
from octavo.records.feature_declarations import FeatureDeclaration

FAULTY = 1
"""Exit status for a declaration with errors, and for a change that did not become current."""
DIFFERENT = 3
"""Exit status of `plan --exit-code` when there is something to apply."""
PLAN_S = 300.0
"""Seconds that a plan may take: it looks at the lake's tables."""
OPEN = frozenset({"planned", "approved", "applying"})


def _place_argument() -> Callable[[Callable[..., None]], Callable[..., None]]:
    kind = click.Path(exists=True, path_type=Path)
    return click.argument("repository", type=kind, default=".")


def _lake_option() -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--lake",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="The project's data lake, which a repository's sources lie in. "
        "Default: the workspace's own.",
    )


@click.group()
def features() -> None:
    """Change a project's features: plan, offer for review, follow.

    REPOSITORY is a Feast repository, a folder with features.yaml, or such a file. A Feast
    repository is code: it is read here, in your own process; the platform gets what it declares,
    as data. Exit status: 0 all is well, 1 it has errors or was refused, 2 wrong use.
    """


features.add_command(materialize)
features.add_command(push)


@features.command()
@_place_argument()
@project_option()
@_lake_option()
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there is something to apply.")
def plan(
    repository: Path, project: str, lake: Path | None, *, as_json: bool, exit_code: bool
) -> None:
    """Show what REPOSITORY would change, whom it reaches and what it costs.

    Nothing is kept. Exit status 1 for errors, 3 with --exit-code when something is to be applied.
    """
    declaration = _read(repository, lake)
    with Client.from_environment(timeout_s=PLAN_S) as client:
        found = _planned(client, project, declaration)
    click.echo(found.model_dump_json(indent=1) if as_json else "\n".join(lines_of_plan(found)))
    if any(one.severity == "error" for one in found.findings):
        sys.exit(FAULTY)
    sys.exit(DIFFERENT if exit_code and not found.same else 0)


@features.command()
@_place_argument()
@project_option()
@_lake_option()
@click.option("--reason", required=True, help="Why, as a sentence that the reviewer reads.")
@click.option("--wait/--no-wait", default=False, help="Follow it until it is current, or refused.")
def apply(repository: Path, project: str, lake: Path | None, reason: str, *, wait: bool) -> None:
    """Offer what REPOSITORY changes for review; once approved, it is applied.

    Another person decides, in the panel. Offering the same again while it waits does nothing. Exit
    status 1 for errors, a refusal, or with --wait a change that did not become current.
    """
    declaration = _read(repository, lake)
    with Client.from_environment(timeout_s=PLAN_S) as client:
        found = _planned(client, project, declaration)
        if found.same:
            click.echo("unchanged  The current snapshot says all of it already.")
            return
        change = _waiting(client, project, found.digest)
        if change is None:
            click.echo("\n".join(lines_of_plan(found)))
            request = FeatureChangeRequest(
                declaration=declaration, reason=reason, base_snapshot=found.base_snapshot
            )
            made = client.post(f"/projects/{project}/features/changes", request)
            change = FeatureChange.model_validate(made)
            click.echo(f"proposed   {change.id}  Another person can decide on it now.")
        else:
            click.echo(f"waits      {change.id}  {change.author} proposed the same.")
        if wait:
            _finish(_follow(client, project, change))


@features.command()
@click.argument("change", required=False)
@project_option()
@click.option("--wait/--no-wait", default=False, help="Follow CHANGE to its end.")
def status(change: str | None, project: str, *, wait: bool) -> None:
    """Show the current snapshot and the open changes, or all about one CHANGE."""
    with Client.from_environment() as client:
        if change is None:
            _list(client, project)
            return
        path = f"/projects/{project}/features/changes/{change}"
        found = client.fetch(FeatureChangeDetail, path)
        click.echo("\n".join([*lines_of_change(found), *lines_of_plan(found.plan)]))
        if wait:
            _finish(_follow(client, project, found))


@features.command()
@project_option()
def show(project: str) -> None:
    """Print what the current snapshot declares as YAML: the start of a features.yaml."""
    import yaml

    with Client.from_environment() as client:
        path = f"/projects/{project}/features/declaration"
        found = client.fetch(CurrentDeclaration, path).declaration
    if found is None:
        raise ClientError(
            "not_found",
            f"No declaration is known in {project} yet.",
            "Publish features first: octavo features apply.",
        )
    document = found.model_dump(mode="json", exclude_defaults=True)
    click.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), nl=False)


def _read(place: Path, lake: Path | None) -> FeatureDeclaration:
    """Return what ``place`` declares, read in this process. Raises ClientError."""
    from octavo.feature_repository import DeclarationRefused, declaration_at

    given = (lake or _own_lake()).resolve()
    os.environ["OCTAVO_LAKE"] = str(given)  # where a repository's code looks for it
    try:
        return declaration_at(place, given)
    except DeclarationRefused as error:
        raise ClientError(
            "invalid", f"{place}: {error}.", "Correct that and plan again."
        ) from error
    except ImportError as error:
        raise ClientError(
            "not_installed",
            f"{place} can't be read here: {error}.",
            "Run this in a workspace, or install octavo[workspace].",
        ) from error


def _own_lake() -> Path:
    from octavo.features import lake

    try:
        return lake()
    except FileNotFoundError:
        return Path.cwd()


def _planned(client: Client, project: str, declaration: FeatureDeclaration) -> FeaturePlan:
    request = FeaturePlanRequest(declaration=declaration)
    return FeaturePlan.model_validate(client.post(f"/projects/{project}/features/plan", request))


def _waiting(client: Client, project: str, digest: str) -> FeatureChange | None:
    """Return an open change that says the same, or None."""
    for item in client.pages(f"/projects/{project}/features/changes", limit=200):
        one = FeatureChange.model_validate(item)
        if one.state in OPEN and one.digest == digest:
            return one
    return None


def _list(client: Client, project: str) -> None:
    base = f"/projects/{project}/features"
    current = client.fetch(CurrentDeclaration, f"{base}/declaration").snapshot
    click.echo(f"current    {current or 'nothing was published yet'}")
    page = client.fetch(FeatureChangePage, f"{base}/changes", limit=20)
    for one in page.items:
        click.echo(summary(one))


def _follow(client: Client, project: str, change: FeatureChange) -> FeatureChange:
    """Wait for a change's end and say each step; however long its review takes."""
    said = ""
    while True:
        step = f"{change.state}: {change.progress.step}" if change.progress else change.state
        if step != said:
            click.echo(f"{change.id}  {step}", err=True)
            said = step
        if change.state not in OPEN:
            return change
        time.sleep(LOOK_EVERY_S)
        path = f"/projects/{project}/features/changes/{change.id}"
        change = client.fetch(FeatureChange, path)


def _finish(change: FeatureChange) -> None:
    click.echo(summary(change))
    if change.message or change.review_reason:
        click.echo(change.message or str(change.review_reason))
    sys.exit(0 if change.state == "applied" else FAULTY)
