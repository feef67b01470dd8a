"""Routes of policy as code."""

from fastapi import APIRouter

from octavo.records.policy import (
    PolicyChange,
    PolicyVersion,
    PolicyVersions,
)
from octavo.records.reviews import Review
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.policy.service import PolicyService


def routes(policy: PolicyService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("policy")

    @router.get("/policy")
    def active_policy(caller: Caller = guard.needs("policy.read")) -> PolicyVersion:
        """Read the policies in force."""
        return PolicyVersion.model_validate(policy.active())

    @router.get("/policy/changes")
    def policy_changes(caller: Caller = guard.needs("policy.read")) -> PolicyVersions:
        """List the policies' versions, newest first."""
        items = [PolicyVersion.model_validate(one) for one in policy.versions()]
        return PolicyVersions(items=items)

    @router.post("/policy/changes", status_code=201)
    def propose_policy(
        body: PolicyChange, caller: Caller = guard.needs("policy.propose")
    ) -> PolicyVersion:
        """Offer new policies for review."""
        return PolicyVersion.model_validate(policy.propose(caller, body.text, body.reason))

    @router.post("/policy/changes/{change}/review")
    def review_policy(
        change: str, body: Review, caller: Caller = guard.needs("policy.review")
    ) -> PolicyVersion:
        """Approve or reject a policy change; never one's own."""
        decided = policy.review(
            caller,
            change,
            approve=body.decision == "approve",
            reason=body.reason,
            digest=body.digest,
        )
        return PolicyVersion.model_validate(decided)

    return router
