"""Routes of submissions, reviews and releases."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from octavo.records.notebooks import (
    NotebookDiff,
    Release,
    ReleaseList,
    ReleaseVerification,
    Submission,
    SubmissionList,
    SubmissionRequest,
    SubmissionState,
    WithdrawRequest,
)
from octavo.records.reviews import Review
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.notebooks.service import NotebooksService

BASE = "/projects/{project}/notebooks"
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of the page.")]
Cursor = Annotated[str | None, Query(max_length=20, description="From the last page.")]


def routes(service: NotebooksService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("notebooks")
    _submissions(router, service, guard)
    _reviews(router, service, guard)
    _releases(router, service, guard)
    return router


def _submissions(router: APIRouter, service: NotebooksService, guard: Guard) -> None:
    @router.get(f"{BASE}/submissions")
    def list_submissions(
        project: str,
        state: SubmissionState | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
        caller: Caller = guard.needs("notebooks.read"),
    ) -> SubmissionList:
        """List the submissions, the newest first."""
        return service.submissions(project, state=state, limit=limit, cursor=cursor)

    @router.post(f"{BASE}/submissions", status_code=201)
    def submit_notebook(
        project: str, body: SubmissionRequest, caller: Caller = guard.needs("notebooks.submit")
    ) -> Submission:
        """Offer a notebook for review; it is replayed twice."""
        return service.submit(caller, project, body)

    @router.get(f"{BASE}/submissions/{{submission}}")
    def read_submission(
        project: str, submission: str, caller: Caller = guard.needs("notebooks.read")
    ) -> Submission:
        """Read a submission with lint, verdict and policy result."""
        return service.submission(caller, project, submission)

    @router.get(f"{BASE}/submissions/{{submission}}/notebook", response_class=Response)
    def read_submitted_notebook(
        project: str, submission: str, caller: Caller = guard.needs("notebooks.read")
    ) -> Response:
        """Read the notebook as it was offered."""
        content = service.notebook(project, submission)
        return Response(content, media_type="application/json")


def _reviews(router: APIRouter, service: NotebooksService, guard: Guard) -> None:
    @router.get(f"{BASE}/submissions/{{submission}}/diff")
    def diff_submission(
        project: str, submission: str, caller: Caller = guard.needs("notebooks.read")
    ) -> NotebookDiff:
        """Compare with the last release, cell by cell."""
        return service.diff(project, submission)

    @router.post(f"{BASE}/submissions/{{submission}}/review")
    def review_submission(
        project: str,
        submission: str,
        body: Review,
        caller: Caller = guard.needs("notebooks.review"),
    ) -> Submission:
        """Approve or reject; never one's own, and only what was seen."""
        return service.review(
            caller,
            project,
            submission,
            decision=body.decision,
            reason=body.reason,
            digest=body.digest,
        )


def _releases(router: APIRouter, service: NotebooksService, guard: Guard) -> None:
    @router.get(f"{BASE}/releases")
    def list_releases(
        project: str,
        name: Annotated[str | None, Query(max_length=63)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
        caller: Caller = guard.needs("notebooks.read"),
    ) -> ReleaseList:
        """List the releases, the newest first."""
        return service.releases(project, name=name, limit=limit, cursor=cursor)

    @router.get(f"{BASE}/releases/{{digest}}")
    def read_release(
        project: str, digest: str, caller: Caller = guard.needs("notebooks.read")
    ) -> Release:
        """Read a release with its manifest."""
        return service.release(project, digest)

    @router.post(f"{BASE}/releases/{{digest}}/verify")
    def verify_release(
        project: str, digest: str, caller: Caller = guard.needs("notebooks.verify")
    ) -> ReleaseVerification:
        """Check a release's stored bytes and signature now."""
        return service.verify(project, digest)

    @router.post(f"{BASE}/releases/{{digest}}/withdraw")
    def withdraw_release(
        project: str,
        digest: str,
        body: WithdrawRequest,
        caller: Caller = guard.needs("notebooks.withdraw"),
    ) -> Release:
        """Take a release's approval back: no run of it starts any more."""
        return service.withdraw(caller, project, digest, body.reason)

    @router.get(f"{BASE}/releases/{{digest}}/bundle", response_class=Response)
    def export_release(
        project: str, digest: str, caller: Caller = guard.needs("notebooks.read")
    ) -> Response:
        """Read a release as a zip that `octavo verify` checks offline."""
        headers = {"Content-Disposition": f'attachment; filename="release-{digest[:12]}.zip"'}
        content = service.exported(project, digest)
        return Response(content, media_type="application/zip", headers=headers)
