"""Domain records as the wire shows them. Pure."""

from __future__ import annotations

from datetime import datetime

from octavo.records.notebooks import (
    Environment,
    Input,
    Parameter,
    PolicyResult,
    Progress,
    Release,
    ReleaseFile,
    ReleaseSummary,
    Replay,
    Submission,
    SubmissionState,
    SubmissionSummary,
)
from octavo_server.notebooks import domain
from octavo_server.notebooks.replays import PASSES


def summary(one: domain.Submission) -> SubmissionSummary:
    """Return a submission as a list shows it."""
    return SubmissionSummary(
        id=one.id,
        project=one.project,
        name=one.name,
        path=one.path,
        state=one.state,
        submitted_by=one.submitted_by,
        submitted_at=one.submitted_at,
        lint_errors=one.lint.errors,
        lint_warnings=one.lint.warnings,
        verdict=one.verdict.outcome if one.verdict else None,
        release=one.release,
    )


def submission(
    one: domain.Submission,
    *,
    progress: domain.ReplayProgress | None,
    policy: PolicyResult | None,
    why_not: str,
    now: datetime,
) -> Submission:
    """Return a submission with all that a reviewer needs."""
    return Submission(
        **summary(one).model_dump(),
        note=one.note,
        notebook_digest=one.notebook_digest,
        bundle_digest=one.bundle_digest,
        lint=one.lint,
        parameters=list(one.parameters),
        replay_parameters=dict(one.replay_parameters),
        profile=one.profile,
        environment=one.environment,
        inputs=list(one.inputs),
        idempotent=one.idempotent,
        tolerance=one.tolerance,
        replay=replay(one, progress, now),
        policy=policy,
        review=one.review,
        previous_release=one.previous_release,
        may_review=not why_not,
        may_not_review_because=why_not,
    )


def replay(one: domain.Submission, progress: domain.ReplayProgress | None, now: datetime) -> Replay:
    """Return where a submission's replay stands."""
    if one.state is SubmissionState.QUEUED:
        return Replay(state="queued")
    if one.state is SubmissionState.REPLAYING:
        shown = None if progress is None else _progress(progress, now)
        return Replay(state="running", progress=shown)
    if one.state is SubmissionState.FAILED:
        return Replay(state="failed", error=one.replay_error)
    return Replay(state="done", verdict=one.verdict, seconds=one.replay_seconds)


def _progress(one: domain.ReplayProgress, now: datetime) -> Progress:
    return Progress(
        pass_number=one.pass_number,
        passes=PASSES,
        cell=one.cell,
        cells=one.cells,
        elapsed_s=round((now - one.started_at).total_seconds(), 1),
        step=one.step,
    )


def release_summary(one: domain.Release) -> ReleaseSummary:
    """Return a release as a list shows it."""
    manifest = one.manifest
    return ReleaseSummary(
        digest=one.digest,
        project=one.project,
        name=one.name,
        number=one.number,
        submitted_by=manifest["submitted_by"],
        approved_by=manifest["approval"]["reviewer"],
        created_at=one.created_at,
        profile=manifest["profile"],
        verdict=manifest["verdict"],
        idempotent=manifest["idempotent"],
        valid_until=one.valid_until,
        withdrawn_by=one.withdrawn_by,
        withdrawn_at=one.withdrawn_at,
        withdrawn_reason=one.withdrawn_reason,
    )


def release(one: domain.Release) -> Release:
    """Return a release with its manifest."""
    manifest = one.manifest
    return Release(
        **release_summary(one).model_dump(),
        submission=one.submission,
        parameters=[Parameter.model_validate(each) for each in manifest["parameters"]],
        environment=Environment.model_validate(manifest["environment"]),
        inputs=[Input.model_validate(each) for each in manifest["inputs"]],
        files=[
            ReleaseFile(name=name, digest=each["sha256"], size=each["size"])
            for name, each in manifest["files"].items()
        ],
        manifest=dict(manifest),
        key_id=one.key_id,
    )
