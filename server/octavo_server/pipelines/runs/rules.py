"""Pure decisions about schedules and runs; time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from octavo.records.pipelines import RunState
from octavo_server.errors import Forbidden, IllegalMove, Invalid, NotFound
from octavo_server.execution import Limits
from octavo_server.pipelines.runs.domain import MOVES, HandOffTarget, Run

__all__ = [
    "after_loss", "check_session", "check_target", "hand_off_facts", "limits_of", "moved",
    "provenance", "retried", "retry_at",
]  # fmt: skip

MOST_ATTEMPTS: Final = 3
HAND_OFF_ENVIRONMENT: Final = "dev"
PROVENANCE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "https://octavo.dev/notebook-run/v1"


def moved(run: Run, to: RunState, **values: Any) -> Run:
    """Return the run in its new state. Raises IllegalMove."""
    if to not in MOVES[run.state]:
        raise IllegalMove(
            f"Run {run.id} is {run.state.value}; it can't become {to.value}.",
            "Reload the run to see what can be done with it.",
        )
    return replace(run, state=to, **values)


def limits_of(run: Run, granted: Limits) -> Limits:
    """Return what a run may use: its own limit of time where that is shorter."""
    if run.timeout_s is None:
        return granted
    return replace(granted, wall_s=min(granted.wall_s, run.timeout_s))


def retry_at(run: Run, now: datetime) -> datetime | None:
    """Return when a run that failed is tried again (UTC); None: the failure is final.

    Waits grow by a constant factor from attempt to attempt, up to a longest one.
    """
    if run.retry is None or run.cancel_requested_by or run.attempts >= run.retry["attempts"]:
        return None
    wait = run.retry["wait_s"] * run.retry["factor"] ** (run.attempts - 1)
    return now + timedelta(seconds=min(wait, run.retry["most_wait_s"]))


def retried(run: Run, why: str) -> str:
    """Return what a run's page says while it waits for its next attempt."""
    most = run.retry["attempts"] if run.retry else run.attempts
    return f"Attempt {run.attempts} of {most} failed, it is tried again. {why}"[:1000]


def after_loss(run: Run, *, idempotent: bool, why: str) -> tuple[RunState, str]:
    """Return what becomes of a run whose attempt was lost, and why, in a sentence."""
    if not run.approved:
        return RunState.FAILED, f"{why} Hand the notebook off again to repeat it."
    if not idempotent:
        return RunState.UNKNOWN, (
            f"{why} Nobody knows what attempt {run.attempts} has done, and its release isn't "
            "declared idempotent: a person has to decide."
        )
    if run.attempts >= MOST_ATTEMPTS:
        return RunState.UNKNOWN, f"{why} It was lost {run.attempts} times: a person has to decide."
    return RunState.QUEUED, f"{why} Its release is idempotent, so it is tried again."


def check_target(target: HandOffTarget) -> None:
    """Raise Invalid or Forbidden unless a notebook may be handed off to this profile."""
    choose = "Choose one of the profiles that the hand-off offers."
    if target.refusals:
        raise Forbidden(" ".join(target.refusals), choose)
    if target.gpus:
        raise Invalid(
            f"profile: {target.profile!r} has {target.gpus} GPU; a notebook is handed off to a "
            "profile without one.",
            choose,
        )
    if not target.pipelines:
        raise Invalid(f"profile: runs may not use {target.profile!r}.", choose)
    if HAND_OFF_ENVIRONMENT not in target.environments:
        raise Invalid(
            f"profile: {target.profile!r} is for {', '.join(target.environments)}; what nobody "
            "has approved runs in dev alone.",
            choose,
        )


def check_session(named: str | None, mine: str | None) -> None:
    """Raise NotFound when the session that a notebook comes from isn't the caller's open one."""
    if named is not None and named != mine:
        raise NotFound(
            f"session: {named[:64]!r} isn't your open workspace.",
            "Leave the session out, or hand the notebook off from your own workspace.",
        )


def hand_off_facts(target: HandOffTarget, budget_left_cents: int) -> dict[str, Any]:
    """Return the facts of a hand-off, for the policy."""
    return {
        "environment": HAND_OFF_ENVIRONMENT,
        "audience": not target.refusals,
        "profile_for_pipelines": target.pipelines,
        "gpus": target.gpus,
        "budget_left_cents": budget_left_cents,
    }


def provenance(run: Run, subjects: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the predicate that says what ran, on what, with which result (SLSA provenance v1).

    Source: https://slsa.dev/spec/v1.0/provenance
    """
    dependencies = [{"uri": f"release:{run.release}", "digest": {"sha256": run.release}}]
    dependencies += [
        {"uri": f"{one.kind}:{one.name}", "digest": {"sha256": one.digest}} for one in run.inputs
    ]
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "pipeline": f"{run.project}/{run.pipeline}",
                "parameters": dict(run.parameters),
                "trigger": run.trigger.value,
                "requested_by": run.requested_by,
                "tick": run.tick.isoformat() if run.tick else None,
            },
            "internalParameters": {"profile": run.profile, **facts},
            "resolvedDependencies": dependencies,
        },
        "runDetails": {
            "builder": {"id": "https://octavo.dev/runner/v1"},
            "metadata": {
                "invocationId": f"{run.id}/{run.attempts}",
                "startedOn": run.started_at.isoformat() if run.started_at else None,
                "finishedOn": run.ended_at.isoformat() if run.ended_at else None,
            },
            "byproducts": [{"name": name, "digest": {"sha256": digest}} for name, digest in
                           sorted(subjects.items())],
        },
    }  # fmt: skip
