"""`octavo features materialize` and `push`: newest values into the online store."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from octavo.cli.notebooks import LOOK_EVERY_S, project_option
from octavo.client import Client, ClientError
from octavo.records.materialization import (
    Materialization,
    MaterializationPlan,
    MaterializationRequest,
    MaterializationState,
    TargetKind,
)

UNDER_WAY = (MaterializationState.QUEUED, MaterializationState.RUNNING)


@click.command()
@click.argument("name")
@project_option()
@click.option("--service", is_flag=True, help="NAME is a feature service: all of its views.")
@click.option("--since", help="Begin of the event times, ISO 8601. Default: the last one's end.")
@click.option("--until", help="End of the event times, ISO 8601. Default: now.")
@click.option("--window-hours", type=int, help="Split the span into windows of so many hours.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what it would do and cost, and stop.")
@click.option("--wait/--no-wait", default=True, help="Follow it to its end.")
def materialize(
    name: str,
    project: str,
    service: bool,
    since: str | None,
    until: str | None,
    window_hours: int | None,
    only_plan: bool,
    wait: bool,
) -> None:
    """Load newest values of the view NAME into the online store.

    Newer values are never replaced by older ones, so a span may be loaded again at any time.
    """
    kind: TargetKind = "service" if service else "view"
    request = MaterializationRequest(
        kind=kind,
        name=name,
        since=_moment("--since", since),
        until=_moment("--until", until),
        window_hours=window_hours,
    )
    base = f"/projects/{project}/features/materialization"
    with Client.from_environment() as client:
        _tell_plan(MaterializationPlan.model_validate(client.post(f"{base}/plans", request)))
        if only_plan:
            return
        made = Materialization.model_validate(client.post(f"{base}/jobs", request))
        click.echo(f"job        {made.id}")
        if wait:
            made = _follow(client, f"{base}/jobs/{made.id}")
    click.echo(f"state      {made.state.value}: {made.message}")
    sys.exit(0 if made.state in (MaterializationState.SUCCEEDED, *UNDER_WAY) else 1)


@click.command()
@click.argument("push_source")
@click.argument("rows", type=click.File(encoding="utf-8"), default="-")
@project_option()
def push(push_source: str, rows: TextIO, project: str) -> None:
    """Push ROWS into PUSH_SOURCE: a file with one JSON object a line, or standard input."""
    from octavo.feature_push import push as send

    found = [_row(number, line) for number, line in enumerate(rows, 1) if line.strip()]
    if not found:
        raise ClientError("invalid", "There is no row to push.", "Give one JSON object a line.")
    for one in send(push_source, found, project=project or None):
        click.echo(
            f"pushed     {one.rows} rows to {', '.join(one.views)}: online {one.online}, "
            f"{one.outdated} outdated"
        )


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no time such as 2026-03-01 or 2026-03-01T12:00:00Z", param_hint=option
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _row(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ClientError(
            "invalid", f"Line {number} is no JSON: {error}.", "Write one JSON object a line."
        ) from error
    if not isinstance(found, dict):
        raise ClientError("invalid", f"Line {number} is no JSON object.", "Write {...} a line.")
    return found


def _tell_plan(plan: MaterializationPlan) -> None:
    rows = "unknown rows" if plan.rows is None else f"at most {plan.rows:,} rows"
    click.echo(f"views      {', '.join(plan.views)}")
    click.echo(f"events     {plan.since:%Y-%m-%d %H:%MZ} to {plan.until:%Y-%m-%d %H:%MZ}")
    click.echo(f"work       {plan.windows} windows, {rows}, about {plan.seconds:.0f} s")
    click.echo(
        f"cost       about {plan.cost_eur:.4f} EUR "
        f"({plan.profile}, {plan.price_eur_per_hour:.2f} EUR an hour)"
    )
    if plan.refusal:
        click.echo(f"refused    {plan.refusal}")


def _follow(client: Client, path: str) -> Materialization:
    shown = ""
    while True:
        made = client.fetch(Materialization, path)
        if made.state not in UNDER_WAY:
            return made
        text = f"{made.state.value}, window {made.windows_done} of {made.windows}"
        if text != shown:
            click.echo(text)
            shown = text
        time.sleep(LOOK_EVERY_S)
