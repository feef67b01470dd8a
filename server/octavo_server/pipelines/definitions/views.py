"""Pipelines as the wire shows them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from octavo.records.graphs import Graph
from octavo.records.notebooks import Parameter
from octavo.records.notebooks import Release as ReleaseRecord
from octavo.records.pipelines import Pipeline, PipelineRunSummary, Schedule, UsedRelease
from octavo_server.pipelines.definitions import domain


def pipeline(
    one: domain.Pipeline,
    used: Sequence[ReleaseRecord],
    parameters: Sequence[Parameter],
    schedules: Sequence[Schedule],
    last: PipelineRunSummary | None,
) -> Pipeline:
    """Return a pipeline with what it runs, when, and how that went last."""
    graph = None if one.graph is None else Graph.model_validate(one.graph)
    steps = [""] if graph is None else [step.name for step in graph.steps]
    only = used[0] if graph is None else None
    return Pipeline(
        name=one.name,
        project=one.project,
        title=one.title,
        release=one.release or None,
        release_name=only.name if only else "",
        release_number=only.number if only else 0,
        profile=only.profile if only else "",
        graph=graph,
        releases=[
            UsedRelease(
                digest=each.digest,
                name=each.name,
                number=each.number,
                step=step,
                profile=each.profile,
            )
            for each, step in zip(used, steps, strict=True)
        ],
        priority=one.priority,
        concurrency=one.concurrency,
        when_full="skip" if one.when_full == "skip" else "queue",
        parameters=list(parameters),
        created_by=one.created_by,
        created_at=one.created_at,
        schedules=list(schedules),
        last_run=last,
    )
