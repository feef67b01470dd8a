"""Domain records as the wire shows them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from octavo.records.notebooks import Parameter, Progress
from octavo.records.notebooks import Release as ReleaseRecord
from octavo.records.pipelines import (
    Attempt,
    Pipeline,
    PipelineRun,
    PipelineRunEvent,
    PipelineRunSummary,
    RunState,
    Schedule,
)
from octavo_server.pipelines import domain, rules


def schedule(one: domain.Schedule, now: datetime) -> Schedule:
    """Return a schedule with its next five ticks."""
    return Schedule(
        id=one.id,
        pipeline=one.pipeline,
        cron=one.cron,
        time_zone=one.time_zone,
        parameters=dict(one.parameters),
        created_by=one.created_by,
        created_at=one.created_at,
        next_at=one.next_at,
        upcoming=rules.ticks_after(one.cron, one.time_zone, now, 5),
        last_run=one.last_run,
    )


def pipeline(
    one: domain.Pipeline,
    release: ReleaseRecord,
    parameters: Sequence[Parameter],
    schedules: Sequence[domain.Schedule],
    last: domain.Run | None,
    now: datetime,
) -> Pipeline:
    """Return a pipeline with what it runs, when, and how that went last."""
    return Pipeline(
        name=one.name,
        project=one.project,
        title=one.title,
        release=one.release,
        release_name=release.name,
        release_number=release.number,
        profile=release.profile,
        parameters=list(parameters),
        created_by=one.created_by,
        created_at=one.created_at,
        schedules=[schedule(each, now) for each in schedules],
        last_run=None if last is None else summary(last, now),
    )


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
        progress=_progress(one, now),
    )


def _progress(one: domain.Run, now: datetime) -> Progress:
    until = one.ended_at or now
    elapsed = (until - one.started_at).total_seconds() if one.started_at else 0.0
    return Progress(
        cell=one.cell, cells=one.cells, elapsed_s=round(elapsed, 1), step=one.state.value
    )


def run(one: domain.Run, attempts: Sequence[domain.Attempt], now: datetime) -> PipelineRun:
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
            "state": None if one.state is None else RunState(one.state),
            "message": one.message,
        }
    )
