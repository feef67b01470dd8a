"""Routes of lint and of the rules that a project lives by."""

from fastapi import APIRouter

from octavo.records.linting import (
    LintAnswer,
    LintRequest,
    LintRules,
    LintRulesChange,
    LintRulesVersion,
    LintRulesVersions,
)
from octavo.records.reviews import Review
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.notebooks.linting.service import LintService

BASE = "/projects/{project}/notebooks"


def routes(service: LintService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("notebooks")

    @router.post(f"{BASE}/lint")
    def lint_notebook(
        project: str, body: LintRequest, caller: Caller = guard.needs("notebooks.lint")
    ) -> LintAnswer:
        """Look at a notebook without keeping it."""
        return service.answer(project, body.notebook, body.environment)

    @router.get(f"{BASE}/rules")
    def read_lint_rules(project: str, caller: Caller = guard.needs("notebooks.read")) -> LintRules:
        """Read the lint rules in force, each with its weights."""
        return service.in_force(project)

    @router.get(f"{BASE}/rules/changes")
    def list_lint_rule_changes(
        project: str, caller: Caller = guard.needs("notebooks.read")
    ) -> LintRulesVersions:
        """List the versions of the lint rules, the newest first."""
        return service.changes(project)

    @router.post(f"{BASE}/rules/changes", status_code=201)
    def propose_lint_rules(
        project: str,
        body: LintRulesChange,
        caller: Caller = guard.needs("notebooks.propose_rules"),
    ) -> LintRulesVersion:
        """Offer other lint rules for review."""
        return service.propose(caller, project, body.settings, body.reason)

    @router.post(f"{BASE}/rules/changes/{{change}}/review")
    def review_lint_rules(
        project: str,
        change: str,
        body: Review,
        caller: Caller = guard.needs("notebooks.review_rules"),
    ) -> LintRulesVersion:
        """Approve or reject a change of the lint rules; never one's own."""
        return service.review(
            caller,
            project,
            change,
            approve=body.decision == "approve",
            reason=body.reason,
            digest=body.digest,
        )

    return router
