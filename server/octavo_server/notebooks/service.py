"""Submissions, reviews and releases: rules, rows and ports in one transaction each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from octavo.records.notebooks import (
    Input,
    NotebookDiff,
    Parameter,
    ParameterValue,
    PolicyResult,
    Release,
    ReleaseList,
    ReleaseVerification,
    Submission,
    SubmissionList,
    SubmissionRequest,
    SubmissionReview,
    SubmissionState,
    Tolerance,
    Verdict,
)
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Where
from octavo_server.errors import IllegalMove, Invalid, NotFound, PolicyRefused
from octavo_server.execution import Blobs, Injection, Inputs, Profiles
from octavo_server.identity import Caller, new_id
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks import comparison, document, parameters, rules, store, views
from octavo_server.notebooks import domain as records
from octavo_server.notebooks.domain import VerifiedRelease
from octavo_server.notebooks.linting.service import LintService
from octavo_server.notebooks.ports import NotebookDiffer
from octavo_server.notebooks.releases import ReleaseRefused, Releases
from octavo_server.permissions import PERMISSIONS
from octavo_server.policy.service import PolicyService

__all__ = ["NotebooksService", "ReleaseRefused", "VerifiedRelease"]

DEFAULT_DATA = ("curated",)


class NotebooksService:
    """What the area offers to handlers and to other areas."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        lineage: LineageService,
        releases: Releases,
        blobs: Blobs,
        profiles: Profiles,
        inputs: Inputs,
        differ: NotebookDiffer,
        clock: Callable[[], datetime],
        linting: LintService,
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._lineage = lineage
        self._releases = releases
        self._blobs = blobs
        self._profiles = profiles
        self._inputs = inputs
        self._differ = differ
        self._clock = clock
        self._linting = linting

    def runnable(self, project: str, notebook: Mapping[str, Any]) -> bytes:
        """Return a notebook's bytes, checked for dev, where nobody approves it.

        Raises Invalid, also when it has nothing to run; PolicyRefused for what blocks in dev.
        """
        parsed = document.parse(notebook)
        blocking = self._linting.look(project, parsed, "dev")
        if blocking.errors:
            worst = blocking.findings[0]
            place = "" if worst.cell is None else f"cell {worst.cell + 1}: "
            raise PolicyRefused(
                f"The notebook has findings that block in dev: {place}{worst.message}", worst.fix
            )
        if not any(cell.source.strip() for cell in parsed.code):
            raise Invalid("notebook: it has no code to run.", "Write a code cell and save it.")
        return parsed.content

    def submit(self, caller: Caller, project: str, wanted: SubmissionRequest) -> Submission:
        """Take a notebook in for review; the worker replays it. Raises Invalid, PolicyRefused."""
        parsed = document.parse(wanted.notebook)
        typed = parameters.infer(parsed)
        values = parameters.accept(typed, wanted.parameters)
        profile = self._profiles.run_profile(wanted.profile)
        pinned = self._inputs.pin(
            project, wanted.data or DEFAULT_DATA, parameters.models_of(values)
        )
        findings = self._linting.look(project, parsed)
        facts = {
            "blocking_findings": findings.errors,
            "profile_for_pipelines": profile.pipelines,
        }
        self._blobs.put(parsed.content)
        with self._audit.change(caller, "notebooks.submit", "submission:new", project) as change:
            self._policy.require(change, "SubmitNotebook", caller, project=project, facts=facts)
            last = store.last_release(change.rows, project, wanted.name)
            made = records.Submission(
                id=new_id(),
                project=project,
                name=wanted.name,
                path=wanted.path,
                state=SubmissionState.QUEUED,
                submitted_by=caller.name,
                submitted_at=change.at,
                note=wanted.note,
                notebook_digest=parsed.digest,
                profile=wanted.profile,
                idempotent=wanted.idempotent,
                tolerance=wanted.tolerance,
                parameters=tuple(typed),
                replay_parameters=values,
                lint=findings,
                inputs=tuple(pinned),
                previous_release=last.digest if last else None,
            )
            change.subject = f"submission:{project}/{made.id}"
            change.note(name=made.name, notebook=made.notebook_digest, path=made.path)
            store.add(change.rows, made)
        return self._shown(made, caller)

    def submission(self, caller: Caller, project: str, identifier: str) -> Submission:
        """Return a submission. Raises NotFound."""
        return self._shown(self._submission(project, identifier), caller)

    def submissions(
        self, project: str, *, state: SubmissionState | None, limit: int, cursor: str | None
    ) -> SubmissionList:
        """Return a page of submissions, the newest first. Raises Invalid for a bad cursor."""
        offset = offset_of(cursor)
        where: list[Where] = [("state", "=", state.value)] if state else []
        with self._database.read() as rows:
            found = store.page(rows, project, *where, limit=limit + 1, offset=offset)
        items = [views.summary(one) for one in found[:limit]]
        return SubmissionList(items=items, next_cursor=next_cursor(found, limit, offset))

    def notebook(self, project: str, identifier: str) -> bytes:
        """Return a submission's notebook as it was offered. Raises NotFound."""
        return self._blobs.get(self._submission(project, identifier).notebook_digest)

    def diff(self, project: str, identifier: str) -> NotebookDiff:
        """Return the semantic diff with the last release of the line. Raises NotFound."""
        one = self._submission(project, identifier)
        with self._database.read() as rows:
            last = store.last_release(rows, project, one.name)
            if one.release:
                last = store.release(rows, project, one.previous_release or "")
        old = self._releases.notebook(last.digest) if last else None
        new = self._blobs.get(one.notebook_digest)
        cells = list(self._differ.diff(old or EMPTY_NOTEBOOK, new))
        before = [] if last is None else last.manifest["parameters"]
        return NotebookDiff(
            base=last.digest if last else None,
            cells=cells,
            added=sum(1 for cell in cells if cell.op == "added"),
            removed=sum(1 for cell in cells if cell.op == "removed"),
            changed=sum(1 for cell in cells if cell.op == "changed"),
            parameters_changed=rules.parameter_changes(
                [Parameter.model_validate(each) for each in before], one.parameters
            )
            if last
            else [],
            metadata_changed=last is not None
            and json.loads(old or EMPTY_NOTEBOOK).get("metadata")
            != json.loads(new).get("metadata"),
        )

    def review(
        self,
        caller: Caller,
        project: str,
        identifier: str,
        *,
        decision: Literal["approve", "reject"],
        reason: str,
        digest: str,
    ) -> Submission:
        """Decide on a submission; an approval makes the release.

        Raises Forbidden for one's own, IllegalMove for a decided one, Conflict for another
        digest, PolicyRefused.
        """
        subject = f"submission:{project}/{identifier}"
        with self._audit.change(caller, f"notebooks.{decision}", subject, project) as change:
            change.rows.lock(f"submission:{identifier}")
            one = store.get(change.rows, project, identifier)
            if one is None:
                raise _no_submission(identifier)
            rules.check_review(one, caller.name, digest)
            made = SubmissionReview(
                decision=decision, reason=reason, reviewer=caller.name, at=change.at, digest=digest
            )
            change.note(reason=reason, bundle=digest, name=one.name)
            if decision == "reject":
                decided = rules.moved(one, SubmissionState.REJECTED, review=made)
            else:
                decided = self._approved(change, caller, one, made)
            store.save(change.rows, decided)
        return self._shown(decided, caller)

    def _approved(
        self, change: Change, caller: Caller, one: records.Submission, review: SubmissionReview
    ) -> records.Submission:
        decision = self._policy.require(
            change, "ApproveNotebook", caller, project=one.project, facts=_facts(one, caller)
        )
        policy = {"digest": decision.policy_digest, "reasons": list(decision.reasons)}
        change.rows.lock(f"release-line:{one.project}/{one.name}")
        last = store.last_release(change.rows, one.project, one.name)
        one = replace(one, previous_release=last.digest if last else None)
        release = self._releases.make(change, one, review, policy)
        change.note(release=release.digest)
        for source, relation in rules.lineage(one):
            self._lineage.link(
                change,
                source=source,
                target=f"release:{one.project}/{one.name}/{release.number}",
                relation=relation,
                project=one.project,
            )
        return rules.moved(one, SubmissionState.APPROVED, review=review, release=release.digest)

    def releases(
        self, project: str, *, name: str | None, limit: int, cursor: str | None
    ) -> ReleaseList:
        """Return a page of releases, the newest first. Raises Invalid for a bad cursor."""
        offset = offset_of(cursor)
        where: list[Where] = [("name", "=", name)] if name else []
        with self._database.read() as rows:
            found = store.releases(rows, project, *where, limit=limit + 1, offset=offset)
        items = [views.release_summary(one) for one in found[:limit]]
        return ReleaseList(items=items, next_cursor=next_cursor(found, limit, offset))

    def release(self, project: str, digest: str) -> Release:
        """Return a release. Raises NotFound."""
        return views.release(self._release(project, digest))

    def named_release(self, project: str, name: str) -> Release:
        """Return a release by its digest, ``<name>@<number>`` or ``<name>@latest``.

        Raises NotFound.
        """
        line, at, which = name.partition("@")
        if not at:
            return self.release(project, line)
        with self._database.read() as rows:
            found = store.release_of_line(rows, project, line, which)
        if found is None:
            raise NotFound(
                f"There is no release {name[:80]!r} in this project.", "Look at the releases."
            )
        return views.release(found)

    def verify(self, project: str, digest: str) -> ReleaseVerification:
        """Check a release's stored bytes and signature now. Raises NotFound."""
        return self._releases.verify(self._release(project, digest))

    def exported(self, project: str, digest: str) -> bytes:
        """Return a release as a zip that is checked offline. Raises NotFound, ReleaseRefused."""
        return self._releases.exported(self._release(project, digest))

    def withdraw(self, caller: Caller, project: str, digest: str, reason: str) -> Release:
        """Take a release's approval back: no run of it starts any more.

        Raises NotFound, IllegalMove for one that was withdrawn.
        """
        subject = f"release:{project}/{digest}"
        with self._audit.change(caller, "notebooks.withdraw", subject, project) as change:
            change.rows.lock(f"release:{digest}")
            found = store.release(change.rows, project, digest)
            if found is None:
                raise NotFound(f"There is no release {digest[:64]!r} in this project.")
            if found.withdrawn_at is not None:
                raise IllegalMove(
                    f"{found.withdrawn_by} has withdrawn this release already.",
                    "Nothing is left to withdraw.",
                )
            change.note(reason=reason, name=found.name, number=found.number)
            store.withdraw(change.rows, digest, caller.name, change.at, reason)
        return self.release(project, digest)

    def verified_release(self, project: str, digest: str) -> VerifiedRelease:
        """Return what a run needs, verified. Raises NotFound, ReleaseRefused."""
        return self._releases.verified(self._release(project, digest))

    def accept(
        self, declared: Sequence[Parameter], given: Mapping[str, ParameterValue]
    ) -> dict[str, ParameterValue]:
        """Return all parameters' values, checked. Raises Invalid."""
        return parameters.accept(declared, given)

    def injections(
        self, release: VerifiedRelease, values: Mapping[str, ParameterValue]
    ) -> dict[str, Injection]:
        """Return how a release's notebook gets to see checked values."""
        return parameters.injections(release.parameters, values)

    def models_of(self, values: Mapping[str, ParameterValue]) -> list[str]:
        """Return the model addresses among parameter values."""
        return parameters.models_of(values)

    def changed_inputs(self, before: Sequence[Input], now: Sequence[Input]) -> list[str]:
        """Return the inputs whose content isn't what it was before."""
        return comparison.changed_inputs(before, now)

    def results(self, output: bytes, files: Mapping[str, str]) -> dict[str, Any]:
        """Return what is kept of an execution to compare others with."""
        return {"cells": comparison.results(json.loads(output)), "files": dict(files)}

    def compare(
        self,
        release: VerifiedRelease,
        output: bytes | None,
        files: Mapping[str, str],
        base: Mapping[str, Any] | None = None,
    ) -> Verdict:
        """Compare an execution with ``base``, else with the release's replay."""
        cells = comparison.results(json.loads(output or b"{}"))
        tolerance: Tolerance = release.tolerance
        base = base or release.results
        return comparison.compare(base["cells"], cells, tolerance, base["files"], files)

    def _submission(self, project: str, identifier: str) -> records.Submission:
        with self._database.read() as rows:
            found = store.get(rows, project, identifier)
        if found is None:
            raise _no_submission(identifier)
        return found

    def _release(self, project: str, digest: str) -> records.Release:
        with self._database.read() as rows:
            found = store.release(rows, project, digest)
        if found is None:
            raise NotFound(
                f"There is no release {digest[:64]!r} in this project.",
                "Look at the list of releases.",
            )
        return found

    def _shown(self, one: records.Submission, caller: Caller) -> Submission:
        progress = None
        if one.state is SubmissionState.REPLAYING:
            with self._database.read() as rows:
                progress = store.progress_of(rows, one.id)
        may = bool(caller.roles & PERMISSIONS["notebooks.review"].roles)
        return views.submission(
            one,
            progress=progress,
            policy=self._foreseen(one, caller),
            why_not=rules.why_not_review(one, caller.name, may=may),
            now=self._clock(),
        )

    def _foreseen(self, one: records.Submission, caller: Caller) -> PolicyResult | None:
        if one.verdict is None:
            return None
        decision = self._policy.decide(
            "ApproveNotebook", caller, project=one.project, facts=_facts(one, caller)
        )
        return PolicyResult(
            allowed=decision.allowed,
            reasons=list(decision.reasons),
            digest=decision.policy_digest,
        )


EMPTY_NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def _facts(one: records.Submission, caller: Caller) -> dict[str, Any]:
    return {
        "own": one.submitted_by == caller.name,
        "blocking_findings": one.lint.errors,
        "verdict": one.verdict.outcome if one.verdict else "not_compared",
    }


def _no_submission(identifier: str) -> NotFound:
    return NotFound(
        f"There is no submission {identifier[:64]!r} in this project.",
        "Look at the list of submissions.",
    )


def offset_of(cursor: str | None) -> int:
    """Return where a page starts. Raises Invalid for a cursor that no answer gave."""
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise Invalid(f"cursor: {cursor[:40]!r} is none that a list gave.", "Start without one.")
    return int(cursor)


def next_cursor(found: Sequence[object], limit: int, offset: int) -> str | None:
    """Return the cursor of the next page, None at the end."""
    return str(offset + limit) if len(found) > limit else None
