"""Routes of comparisons: what differs, curves, artifacts."""

import base64
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query

from octavo.records import comparisons as wire
from octavo_server.experiments.comparison import rules
from octavo_server.experiments.comparison.artifacts import MOST_RUNS, ArtifactsService
from octavo_server.experiments.comparison.curves import MOST_CURVES, CurvesService
from octavo_server.experiments.comparison.domain import Axis, Curve, Floats
from octavo_server.experiments.comparison.service import ComparisonService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

PREFIX = "/projects/{project}/experiments"
Bound = Annotated[
    float | None, Query(allow_inf_nan=False, description="On the axis; all values without it.")
]


def routes(
    comparison: ComparisonService,
    curves: CurvesService,
    artifacts: ArtifactsService,
    guard: Guard,
) -> APIRouter:
    """Return the room's routes."""
    router = area_router("experiments")

    @router.get(f"{PREFIX}/compare")
    def compare_runs(
        project: str,
        run: Annotated[list[str], Query(max_length=rules.MOST_COMPARED, description="Run ids.")],
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.Comparison:
        """Compare runs; what differs comes first."""
        return wire.Comparison.model_validate(comparison.compare(project, run))

    @router.get(f"{PREFIX}/curves")
    def read_curves(
        project: str,
        run: Annotated[list[str], Query(max_length=MOST_CURVES, description="Run ids.")],
        metric: Annotated[str, Query(min_length=1, max_length=250)],
        x: Axis = Axis.STEP,
        start: Annotated[Bound, Query(alias="from")] = None,
        end: Annotated[Bound, Query(alias="to")] = None,
        points: Annotated[int, Query(ge=2, le=2_000, description="Pieces of each curve.")] = 500,
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.Curves:
        """Read a metric of some runs from `from` to `to`; every peak shows, NaN is a gap."""
        found = curves.curves(project, run, metric, axis=x, start=start, end=end, points=points)
        return wire.Curves(
            metric=found.metric,
            axis=found.axis.value,
            extent=found.extent,
            window=found.window,
            curves=[_curve(one) for one in found.curves],
        )

    _artifacts(router, artifacts, guard)
    return router


def _artifacts(router: APIRouter, artifacts: ArtifactsService, guard: Guard) -> None:
    @router.get(f"{PREFIX}/artifacts")
    def list_artifacts(
        project: str,
        run: Annotated[list[str], Query(max_length=MOST_RUNS, description="Run ids.")],
        path: Annotated[str, Query(max_length=1_000, description="A folder.")] = "",
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.ArtifactListing:
        """List a folder of the runs' artifacts, which of the runs have what."""
        ids, found = artifacts.listing(project, run, path)
        entries = [wire.ArtifactEntry.model_validate(one) for one in found.entries]
        return wire.ArtifactListing(
            path=found.path, runs=ids, entries=entries, left_out=found.left_out
        )

    @router.get(f"{PREFIX}/runs/{{run_id}}/artifact-image")
    def read_image(
        project: str,
        run_id: str,
        path: Annotated[str, Query(max_length=1_000)],
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.RunImage:
        """Read an image that the run left: PNG, JPEG, GIF or WebP of at most 4 MiB."""
        found = artifacts.image(project, run_id, path)
        return wire.RunImage(
            media_type=found.media_type.value,
            width=found.width,
            height=found.height,
            content=base64.b64encode(found.content).decode(),
        )

    @router.get(f"{PREFIX}/runs/{{run_id}}/artifact-table")
    def read_table(
        project: str,
        run_id: str,
        path: Annotated[str, Query(max_length=1_000)],
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.RunSheet:
        """Read the head of a table (CSV, TSV, JSON, Parquet) or of a text that the run left."""
        return wire.RunSheet.model_validate(artifacts.sheet(project, run_id, path))


def _curve(found: Curve) -> wire.Curve:
    buckets = found.buckets
    exact = buckets.exact
    return wire.Curve(
        run_id=found.run_id,
        points=found.points,
        missing=found.missing,
        truncated=found.truncated,
        stale=found.stale,
        exact=exact,
        x=buckets.x.tolist(),
        mean=_numbers(buckets.mean),
        low=[] if exact else _numbers(buckets.low),
        high=[] if exact else _numbers(buckets.high),
        count=[] if exact else buckets.count.tolist(),
        gaps=[] if exact else buckets.missing.tolist(),
    )


def _numbers(values: Floats) -> list[float | None]:
    """The values for JSON, which has no NaN."""
    found: list[float | None] = values.astype(object).tolist()
    for at in np.flatnonzero(np.isnan(values)):
        found[at] = None
    return found
