"""`octavo lint`: what keeps notebooks from being released, before they are offered."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from octavo.cli.notebooks import project_option, read_notebook
from octavo.client import Client
from octavo.records.linting import LintAnswer, LintFinding, LintRequest


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@project_option()
@click.option(
    "--environment",
    type=click.Choice(["dev", "test", "prod"]),
    default="prod",
    show_default=True,
    help="Whose rules decide what blocks.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON, one a line.")
def lint(paths: tuple[Path, ...], project: str, environment: str, as_json: bool) -> None:
    """Look at the notebooks at PATHS by the project's rules; nothing is kept.

    Ends with status 1 when something would block them in the environment.
    """
    blocked = False
    with Client.from_environment() as client:
        for path in paths:
            request = LintRequest.model_validate(
                {"notebook": read_notebook(path), "environment": environment}
            )
            found = client.post(f"/projects/{project}/notebooks/lint", request)
            answer = LintAnswer.model_validate(found)
            blocked = blocked or answer.lint.errors > 0
            click.echo(json.dumps(found) if as_json else told(path, answer))
    sys.exit(1 if blocked else 0)


def told(path: Path, answer: LintAnswer) -> str:
    """Return the findings as lines that editors can jump along: ``path:cell:line``."""
    lines = [_line(path, one) for one in answer.lint.findings]
    if answer.lint.left_off:
        lines.append(f"{path}: {answer.lint.left_off} more findings")
    lines.append(
        f"{path}: {answer.lint.errors} block in {answer.lint.environment}, "
        f"{answer.lint.warnings} warn"
    )
    return "\n".join(lines)


def _line(path: Path, one: LintFinding) -> str:
    place = str(path)
    if one.cell is not None:
        place += f":cell {one.cell + 1}"
    if one.line is not None:
        place += f":{one.line}"
    weight = "blocks" if one.severity.value == "error" else "warns"
    return f"{place}: {weight} {one.rule}: {one.message} {one.fix}"
