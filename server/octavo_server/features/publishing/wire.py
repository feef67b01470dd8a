"""The room's records as the wire says them."""

from __future__ import annotations

from octavo.records.feature_changes import (
    FeatureChange,
    FeatureChangeDetail,
    FeaturePlan,
    FeatureProgress,
)
from octavo_server.features.publishing import domain, rules
from octavo_server.features.publishing.changes import Reviewed
from octavo_server.features.publishing.domain import ChangeState
from octavo_server.identity import Caller

_OWN = set(FeatureChange.model_fields) - {
    "stale",
    "progress",
    "cancel_asked",
    "why_not_review",
}


def change(one: domain.FeatureChange, current: str | None, caller: Caller) -> FeatureChange:
    """Return a change; ``current`` is the project's current snapshot."""
    return FeatureChange.model_validate(_fields(one, current, caller))


def detail(one: Reviewed, current: str | None, caller: Caller) -> FeatureChangeDetail:
    """Return a change with all that is reviewed."""
    return FeatureChangeDetail.model_validate(
        {
            **_fields(one.change, current, caller),
            "plan": plan(one.plan),
            "declaration": one.declaration,
        }
    )


def plan(one: domain.Plan) -> FeaturePlan:
    """Return a plan."""
    return FeaturePlan.model_validate(one)


def _fields(one: domain.FeatureChange, current: str | None, caller: Caller) -> dict[str, object]:
    waits = one.state in {ChangeState.PLANNED, ChangeState.APPROVED}
    return {
        **{field: getattr(one, field) for field in _OWN},
        "stale": waits and one.base_snapshot != current,
        "progress": _progress(one),
        "cancel_asked": one.state is ChangeState.APPLYING and one.cancelled_by is not None,
        "why_not_review": rules.why_not_review(one, caller.name, caller.roles),
    }


def _progress(one: domain.FeatureChange) -> FeatureProgress | None:
    if one.started_at is None:
        return None
    return FeatureProgress(step=one.step, done=one.done, steps=one.steps, started_at=one.started_at)
