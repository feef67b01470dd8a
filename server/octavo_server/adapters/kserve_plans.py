"""What one InferenceService holds: the versions of a deployment that run with the same resources.

One is the predictor, the others are canaries of some share. The plan is written into the object's
annotation, so that a worker that was started again knows what runs without remembering anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from octavo_server.deployments.rollouts.ports import (
    Placement,
    ScorerOrder,
    ScorerResources,
    Shares,
)
from octavo_server.errors import Unavailable

OWN = "octavo.dev/"
PLAN = f"{OWN}plan"
SLUG = 24
"""Characters of a deployment's name in the name of its InferenceService."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One scorer in an InferenceService."""

    scorer: str
    """Identifier of the scorer."""
    version: int
    """Version of the model."""
    digest: str
    """SHA-256 of the approved manifest."""
    start: str
    """Says which start of the scorer it is: pods of an earlier one don't count."""
    storage: str
    """Where its pods find its files."""
    percent: int = 0
    """Share of the requests, in percent."""

    @property
    def name(self) -> str:
        """Name of the predictor, and part of the names of its pods and its address."""
        return f"s{self.scorer}"

    @property
    def secret(self) -> str:
        """Name of the Secret with what callers show and the signed digests of the files."""
        return f"octavo-{self.scorer}-{self.start}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one InferenceService should be."""

    project: str
    """Project."""
    deployment: str
    """Deployment."""
    model: str
    """The one model that it serves."""
    resources: ScorerResources
    """What each of its pods may use, and where they may run."""
    members: tuple[Member, ...] = ()
    """The scorers, by identifier."""
    stable: str | None = None
    """The scorer that takes all requests that no share takes."""
    latency_p95_ms: float | None = None
    """What the deployment promises, milliseconds."""

    @property
    def name(self) -> str:
        """Name of the InferenceService: the same for the same deployment and resources."""
        own = json.dumps([self.project, self.deployment, asdict(self.resources)], sort_keys=True)
        digest = hashlib.sha256(own.encode()).hexdigest()[:10]
        text = re.sub(r"[^a-z0-9]+", "-", self.deployment.lower())[:SLUG].strip("-")
        return f"o-{text}-{digest}" if text else f"o-{digest}"

    @property
    def head(self) -> Member | None:
        """The predictor: the stable one, else who takes most, since KServe needs one."""
        for member in self.members:
            if member.scorer == self.stable:
                return member
        ranked = sorted(self.members, key=lambda one: (-one.percent, one.scorer))
        return ranked[0] if ranked else None

    @property
    def canaries(self) -> tuple[Member, ...]:
        """The members beside the predictor."""
        head = self.head
        return tuple(one for one in self.members if one is not head)

    def member(self, scorer: str) -> Member | None:
        """Return a scorer of the plan; None when it is not in it."""
        return next((one for one in self.members if one.scorer == scorer), None)

    def with_member(self, member: Member) -> Plan:
        """Return the plan with a scorer in it, in place of an earlier start of the same."""
        others = [one for one in self.members if one.scorer != member.scorer]
        members = tuple(sorted([*others, member], key=lambda one: one.scorer))
        return replace(self, members=members)

    def without(self, scorer: str) -> Plan:
        """Return the plan without a scorer."""
        return replace(self, members=tuple(o for o in self.members if o.scorer != scorer))

    def sharing(self, shares: Shares) -> Plan:
        """Return the plan with a deployment's shares, as far as its scorers are in here."""
        members = tuple(
            replace(one, percent=shares.percents.get(one.scorer, 0)) for one in self.members
        )
        return replace(
            self, members=members, stable=shares.stable, latency_p95_ms=shares.latency_p95_ms
        )


def plan_for(order: ScorerOrder) -> Plan:
    """Return the empty plan of the InferenceService that an order belongs into."""
    return Plan(
        project=order.project,
        deployment=order.deployment,
        model=order.model,
        resources=order.resources,
        latency_p95_ms=order.latency_p95_ms,
    )


def member_for(order: ScorerOrder, storage: str) -> Member:
    """Return an order as a member of a plan."""
    return Member(
        scorer=order.id,
        version=order.version,
        digest=order.digest,
        start=hashlib.sha256(order.secret.encode()).hexdigest()[:10],
        storage=storage,
    )


def written(plan: Plan) -> str:
    """Return a plan as text."""
    return json.dumps(asdict(plan), sort_keys=True, separators=(",", ":"))


def plan_in(service: Mapping[str, Any]) -> Plan:
    """Return the plan in an InferenceService. Raises Unavailable when it holds none."""
    metadata = service["metadata"]
    try:
        values = json.loads((metadata.get("annotations") or {})[PLAN])
        resources = dict(values.pop("resources"))
        placement = resources.pop("placement")
        tolerations = tuple(dict(one) for one in placement.pop("tolerations"))
        members = tuple(Member(**one) for one in values.pop("members"))
        return Plan(
            **values,
            members=members,
            resources=ScorerResources(
                **resources, placement=Placement(**placement, tolerations=tolerations)
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable(
            f"The InferenceService {metadata.get('name')} carries no plan of Octavo's that can be "
            f"read: its annotation {PLAN} was changed.",
            "Delete it; Octavo makes it again.",
        ) from error
