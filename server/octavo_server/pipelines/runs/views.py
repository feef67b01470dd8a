"""Domain records as the wire shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from octavo.records.graphs import GraphStep
from octavo.records.notebooks import Progress
from octavo.records.pipelines import (
    Attempt,
    HandedFile,
    PipelineRun,
    PipelineRunEvent,
    PipelineRunSummary,
    RunState,
)
from octavo_server.pipelines.runs import domain

SEVERITY = (
    RunState.UNKNOWN, RunState.FAILED, RunState.REFUSED, RunState.CANCELLED, RunState.RUNNING,
    RunState.QUEUED, RunState.SKIPPED, RunState.SUCCEEDED,
)  # fmt: skip
"""States of a fan-out's runs; the first one that occurs is what the step is shown as."""


def summary(one: domain.Run, now: datetime) -> PipelineRunSummary:
    """Return a run as a list shows it."""
    return PipelineRunSummary(
        id=one.id,
        project=one.project,
        pipeline=one.pipeline,
        release=one.release or None,
        notebook=one.notebook,
        environment=one.environment,
        approved=one.approved,
        state=one.state,
        trigger=one.trigger.value,
        requested_by=one.requested_by,
        tick=one.tick,
        created_at=one.created_at,
        started_at=one.started_at,
        ended_at=one.ended_at,
        verdict=one.comparison.outcome if one.comparison else None,
        cost=one.cost,
        kind=one.kind,
        parent=one.parent,
        step=one.step,
        item=one.item,
        reuses=one.reuses,
        priority=one.priority,
        progress=_progress(one, now),
    )


def _progress(one: domain.Run, now: datetime) -> Progress:
    until = one.ended_at or now
    elapsed = (until - one.started_at).total_seconds() if one.started_at else 0.0
    return Progress(
        cell=one.cell, cells=one.cells, elapsed_s=round(elapsed, 1), step=one.state.value
    )


def run(
    one: domain.Run,
    attempts: Sequence[domain.Attempt],
    now: datetime,
    steps: Sequence[GraphStep] = (),
) -> PipelineRun:
    """Return a run with its evidence."""
    return PipelineRun(
        **summary(one, now).model_dump(),
        parameters=dict(one.parameters),
        profile=one.profile,
        schedule=one.schedule,
        expected_s=one.expected_s,
        message=one.message,
        error=one.error,
        attempts=[attempt(each) for each in attempts],
        comparison=one.comparison,
        inputs=list(one.inputs),
        inputs_changed=list(one.inputs_changed),
        artifacts=list(one.artifacts),
        output_digest=one.output_digest,
        cancel_requested_by=one.cancel_requested_by,
        steps=list(steps),
        handed=[HandedFile.model_validate(each) for each in one.handed],
        resumes=one.resumes,
        not_before=one.not_before,
    )


def attempt(one: domain.Attempt) -> Attempt:
    """Return an attempt."""
    return Attempt(
        number=one.number,
        state=one.state,
        started_at=one.started_at,
        ended_at=one.ended_at,
        message=one.message,
        account=one.account,
        peak_memory_mib=one.peak_memory_mib,
    )


def event(one: domain.Event) -> PipelineRunEvent:
    """Return an event."""
    return PipelineRunEvent.model_validate(
        {
            "seq": one.seq,
            "kind": one.kind,
            "at": one.at,
            "attempt": one.attempt,
            "cell": one.cell,
            "cells": one.cells,
            "seconds": one.seconds,
            "memory_mib": one.memory_mib,
            "state": None if one.state is None else RunState(one.state),
            "message": one.message,
        }
    )


def graph_steps(one: domain.Run, children: Sequence[domain.Run]) -> list[GraphStep]:
    """Return a graph's steps in order, as its runs stand."""
    if one.graph is None:
        return []
    of: dict[str, list[domain.Run]] = {}
    for child in children:
        of.setdefault(child.step, []).append(child)
    return [
        _graph_step(step, one.graph["after"][step["name"]], of.get(step["name"], []))
        for step in one.graph["definition"]["steps"]
    ]


def _graph_step(
    step: Mapping[str, Any], after: Sequence[str], made: Sequence[domain.Run]
) -> GraphStep:
    worst = min(made, key=lambda run: SEVERITY.index(run.state), default=None)
    fan_out = step.get("fan_out")
    return GraphStep(
        name=step["name"],
        needs=list(after),
        release=step["release"],
        state="waiting" if worst is None else worst.state.value,
        runs=[run.id for run in sorted(made, key=lambda run: run.item)],
        done=sum(1 for run in made if run.state in domain.ENDED),
        items=len(fan_out["values"]) if fan_out else 1,
        message="" if worst is None else worst.message,
    )
