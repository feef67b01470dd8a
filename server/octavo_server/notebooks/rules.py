"""Pure decisions about submissions and releases; time is an argument."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import rfc8785

from octavo.records.notebooks import (
    Environment,
    Parameter,
    ReleaseCheck,
    SubmissionReview,
    SubmissionState,
)
from octavo_server.errors import Conflict, Forbidden, IllegalMove
from octavo_server.notebooks.domain import MOVES, Release, Submission

MANIFEST_VERSION: Final = 1
PREDICATE: Final = "https://octavo.dev/attestations/notebook-release/v1"
MANIFEST_FILE: Final = "manifest.json"
SIGNATURE_FILE: Final = "manifest.dsse.json"
NOTEBOOK_FILE: Final = "notebook.ipynb"
RESULTS_FILE: Final = "results.json"
LINT_FILE: Final = "lint.json"
VERDICT_FILE: Final = "verdict.json"


def moved(submission: Submission, to: SubmissionState, **values: Any) -> Submission:
    """Return the submission in its new state. Raises IllegalMove."""
    if to not in MOVES[submission.state]:
        raise IllegalMove(
            f"Submission {submission.id} is {submission.state.value}; it can't become {to.value}.",
            "Submit the notebook again for another review.",
        )
    return replace(submission, state=to, **values)


def why_not_review(submission: Submission, person: str, *, may: bool) -> str:
    """Return why ``person`` may not decide on it, or nothing if they may."""
    if not may:
        return "Deciding takes the role reviewer in this project."
    if submission.submitted_by == person:
        return "Nobody reviews their own notebook: another person has to."
    if submission.state is not SubmissionState.REVIEWABLE:
        return f"It is {submission.state.value}, so there is nothing to decide."
    return ""


def check_review(submission: Submission, person: str, digest: str) -> None:
    """Raise unless ``person`` may decide on exactly what ``digest`` names, now.

    Forbidden: it is their own. IllegalMove: it was decided, or isn't ready. Conflict: what they
    saw is not what would be decided on.
    """
    if submission.submitted_by == person:
        raise Forbidden(
            f"You submitted {submission.name!r} yourself: nobody reviews their own notebook.",
            "Ask another person with the role reviewer.",
        )
    if submission.state is not SubmissionState.REVIEWABLE:
        raise IllegalMove(
            f"Submission {submission.id} is {submission.state.value}; only a reviewable one can be "
            "decided on, and only once.",
            "Submit the notebook again for another review.",
        )
    if digest != submission.bundle_digest:
        raise Conflict(
            f"digest: {digest} is not what is under review; that is {submission.bundle_digest}.",
            "Reload the submission, look at it again, and decide on what it says now.",
        )


def environment(python: str, packages: Mapping[str, str]) -> Environment:
    """Return the lock of an environment, named by its digest."""
    content = {"python": python, "packages": dict(packages)}
    return Environment(digest=digest_of(content), python=python, packages=dict(packages))


def bundle(submission: Submission) -> dict[str, Any]:
    """Return everything that a review decides on."""
    assert submission.environment is not None  # noqa: S101 - a bundle exists once it was replayed
    assert submission.verdict is not None  # noqa: S101
    return {
        "project": submission.project,
        "name": submission.name,
        "notebook": submission.notebook_digest,
        "parameters": [one.model_dump(mode="json") for one in submission.parameters],
        "replay_parameters": dict(submission.replay_parameters),
        "replay_seconds": submission.replay_seconds,
        "profile": submission.profile,
        "environment": submission.environment.model_dump(mode="json"),
        "inputs": [one.model_dump(mode="json") for one in submission.inputs],
        "idempotent": submission.idempotent,
        "tolerance": submission.tolerance.model_dump(mode="json"),
        "lint": submission.lint.model_dump(mode="json"),
        "verdict": submission.verdict.model_dump(mode="json"),
        "results": submission.results_digest,
        "submitted_by": submission.submitted_by,
        "submission": submission.id,
    }


def manifest(
    submission: Submission,
    *,
    number: int,
    review: SubmissionReview,
    policy: Mapping[str, Any],
    files: Mapping[str, bytes],
    valid_until: datetime,
) -> dict[str, Any]:
    """Return the manifest of the release that an approval makes; it counts until then (UTC)."""
    return {
        "version": MANIFEST_VERSION,
        **{
            key: value
            for key, value in bundle(submission).items()
            if key not in {"lint", "verdict"}
        },
        "number": number,
        "verdict": submission.verdict.outcome if submission.verdict else "not_compared",
        "lint": {"errors": submission.lint.errors, "warnings": submission.lint.warnings},
        "approval": review.model_dump(mode="json"),
        "valid_until": valid_until.isoformat(),
        "policy": dict(policy),
        "previous": submission.previous_release,
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in sorted(files.items())
        },
    }


def check_approval(release: Release, now: datetime) -> ReleaseCheck:
    """Return whether a release's approval counts: it ends, and it can be taken back."""
    if release.withdrawn_at is not None:
        detail = (
            f"{release.withdrawn_by} withdrew it on {release.withdrawn_at:%Y-%m-%d}: "
            f"{release.withdrawn_reason}"
        )
        return ReleaseCheck(name="approval", ok=False, detail=detail)
    until = release.valid_until
    if until is not None and now >= until:
        detail = f"It counted until {until:%Y-%m-%d %H:%M} UTC."
        return ReleaseCheck(name="approval", ok=False, detail=detail)
    end = "without an end" if until is None else f"until {until:%Y-%m-%d}"
    return ReleaseCheck(name="approval", ok=True, detail=f"The approval counts {end}.")


def canonical(content: Any) -> bytes:
    """Return the canonical JSON (RFC 8785)."""
    return rfc8785.dumps(content)


def digest_of(content: Any) -> str:
    """Return the SHA-256 of the canonical JSON, hex."""
    return hashlib.sha256(canonical(content)).hexdigest()


def check_files(
    digest: str, manifest_bytes: bytes | None, files: Mapping[str, bytes | None],
    wanted: Mapping[str, Mapping[str, Any]],
) -> list[ReleaseCheck]:  # fmt: skip
    """Return one check a file: whether its bytes are those the manifest names.

    ``manifest_bytes`` and each of ``files`` is None where the file is missing.
    """
    checks = [_check(MANIFEST_FILE, manifest_bytes, digest)]
    checks += [
        _check(name, files.get(name), str(wanted[name]["sha256"])) for name in sorted(wanted)
    ]
    checks += [
        ReleaseCheck(name=name, ok=False, detail="This file doesn't belong here.")
        for name in sorted(set(files) - set(wanted))
    ]
    return checks


def _check(name: str, content: bytes | None, wanted: str) -> ReleaseCheck:
    if content is None:
        return ReleaseCheck(name=name, ok=False, detail="The file is missing.")
    found = hashlib.sha256(content).hexdigest()
    if found != wanted:
        detail = f"Its SHA-256 is {found}, {wanted} was approved: its bytes have been changed."
        return ReleaseCheck(name=name, ok=False, detail=detail)
    return ReleaseCheck(name=name, ok=True, detail=f"SHA-256 {found}, as approved.")


def environment_differences(
    locked: Environment, installed: Mapping[str, str | None], python: str
) -> list[str]:
    """Return one sentence for each package that isn't what the lock names."""
    found = []
    if python != locked.python:
        found.append(f"Python is {python}, {locked.python} was approved.")
    for name, version in sorted(locked.packages.items()):
        if installed.get(name) != version:
            found.append(f"{name} is {installed.get(name) or 'missing'}, {version} was approved.")
    return found


def parameter_changes(before: Sequence[Parameter], now: Sequence[Parameter]) -> list[str]:
    """Return one sentence for each parameter that came, went, or has another type or default."""
    old, new = {one.name: one for one in before}, {one.name: one for one in now}
    found = [f"{name} was removed." for name in old if name not in new]
    for name, one in new.items():
        if name not in old:
            found.append(f"{name} ({one.type.value}, default {one.default!r}) was added.")
        elif old[name].type is not one.type:
            found.append(f"{name} is now {one.type.value}, it was {old[name].type.value}.")
        elif old[name].default != one.default:
            found.append(f"{name} now defaults to {one.default!r}, it was {old[name].default!r}.")
    return found


def lineage(submission: Submission) -> list[tuple[str, str]]:
    """Return source node and relation of everything that an approved release rests on."""
    project = submission.project
    found = [(f"submission:{project}/{submission.id}", "approved")]
    for one in submission.inputs:
        if one.kind == "features":
            found.append((f"feature_snapshot:{project}/{one.digest}", "reads"))
        elif one.kind == "model":
            found.append((f"model_version:{project}/{one.name}", "reads"))
        else:
            found.append((f"source:{project}/{one.name}", "reads"))
    return found
