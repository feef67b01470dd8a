"""Runs scorers as pods of a cluster, as predictors and canaries of KServe's InferenceServices.

The cluster is the memory: what runs is read from it each time, so that a worker that was killed
goes on where it was, and what somebody deleted is noticed and made again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from octavo.local.cluster import Cluster
from octavo_server.adapters.kserve_api import ClusterApi, Seen, Stale
from octavo_server.adapters.kserve_manifests import address_of, secret_of, service_of
from octavo_server.adapters.kserve_plans import Member, Plan, member_for, plan_for, plan_in
from octavo_server.adapters.kserve_shelf import Shelf
from octavo_server.adapters.kserve_status import observed
from octavo_server.deployments.rollouts.ports import Life, Observation, ScorerOrder, Shares
from octavo_server.errors import Unavailable
from octavo_server.kserve_settings import KServeSettings

FRESH_S = 0.9
"""Seconds for which a look at the cluster serves all who ask."""
GONE_S = 10.0
"""Seconds to wait for an InferenceService that is being deleted: its name is needed again."""
LOOK_S = 0.2
"""Seconds between two looks meanwhile."""
TRIES = 4
"""Times that a change is tried when the object changes in between."""

log = logging.getLogger("octavo.deployments")
Address = Callable[[Plan, Member, str], str]


class KServeScorers:
    """The scorers of one namespace; they outlive this object and its process."""

    def __init__(
        self,
        settings: KServeSettings,
        cluster: Cluster,
        shelf: Shelf,
        api: ClusterApi,
        address: Address = address_of,
    ) -> None:
        """``address`` says where a member of a plan answers in a namespace."""
        self._settings = settings
        self._cluster = cluster
        self._shelf = shelf
        self._api = api
        self._address = address
        self._seen: Seen | None = None
        self._seen_at = float("-inf")

    @property
    def start_limit_s(self) -> float:
        """Seconds after which a scorer that isn't ready is ended and started again."""
        return float(self._settings.kserve_start_seconds)

    def start(self, order: ScorerOrder) -> Observation:
        """Start a scorer; returns before it is ready. Raises Unavailable when it can't."""
        self._leave(order.id, but=plan_for(order).name)
        storage, files = self._shelf.place(order)
        member = member_for(order, storage)
        service = self._change(plan_for(order), lambda plan: plan.with_member(member))
        if service is None:  # pragma: no cover - a plan with a member is never deleted
            raise ValueError("a started scorer has no InferenceService")
        self._api.put_secret(secret_of(member, order.secret, files, service))
        return Observation(
            life=Life.STARTING,
            message="KServe has made no pod for it yet.",
            address=self._address(plan_in(service), member, self._settings.kserve_namespace),
        )

    def look(self, scorer: str) -> Observation:
        """Return how the scorer is. Raises Unavailable while the cluster doesn't say."""
        seen = self._look_at()
        for service, plan in _plans(seen):
            member = plan.member(scorer)
            if member is not None:
                where = self._address(plan, member, self._settings.kserve_namespace)
                return observed(plan, member, service, seen.pods, where)
        return Observation(life=Life.ABSENT, message="The cluster doesn't run it.")

    def stop(self, scorer: str) -> None:
        """Take the scorer away; nothing happens when it is absent. Raises Unavailable."""
        self._leave(scorer)

    def known(self) -> frozenset[str]:
        """Return the scorers that the cluster runs; none while it doesn't say."""
        try:
            seen = self._look_at()
        except Unavailable as error:
            log.warning("%s", error.message)
            return frozenset()
        return frozenset(one.scorer for _, plan in _plans(seen) for one in plan.members)

    def share(self, shares: Shares) -> None:
        """Give KServe the shares of a deployment's scorers, where they differ from what it has."""
        for _, plan in _plans(self._look_at()):
            mine = (plan.project, plan.deployment) == (shares.project, shares.deployment)
            if mine and plan.sharing(shares) != plan:
                self._change(plan, lambda found: found.sharing(shares))

    def close(self) -> None:
        """Leave the cluster alone; its scorers go on."""
        self._api.close()

    def _leave(self, scorer: str, but: str = "") -> None:
        """Take a scorer out of every InferenceService but one."""
        self._forget()
        for _, plan in _plans(self._look_at()):
            member = plan.member(scorer)
            if member is None:
                continue
            if plan.name != but:
                self._change(plan, lambda found: found.without(scorer))
            self._api.drop_secret(member.secret)

    def _change(self, wanted: Plan, change: Callable[[Plan], Plan]) -> Mapping[str, Any] | None:
        """Change what an InferenceService holds; None: it holds nothing any more and is gone."""
        self._forget()
        for _ in range(TRIES):
            live = self._live(wanted.name)
            plan = change(wanted if live is None else plan_in(live))
            try:
                if plan.members:
                    version = None if live is None else live["metadata"]["resourceVersion"]
                    body = service_of(plan, self._settings, self._cluster)
                    return self._api.apply(body, version)
                if live is not None:
                    self._api.drop(live)
            except Stale:
                continue
            return None
        raise Unavailable(
            f"The InferenceService {wanted.name} changed {TRIES} times while Octavo wrote it.",
            "See who else writes it; Octavo tries again.",
        )

    def _live(self, name: str) -> Mapping[str, Any] | None:
        """Return an InferenceService, once none of that name is being deleted."""
        deadline = time.monotonic() + GONE_S
        while True:
            live = self._api.service(name)
            if live is None or not live["metadata"].get("deletionTimestamp"):
                return live
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"The InferenceService {name} is being deleted since "
                    f"{live['metadata']['deletionTimestamp']}, and isn't gone.",
                    "See that KServe's controller runs: it lets the object go.",
                )
            time.sleep(LOOK_S)

    def _look_at(self) -> Seen:
        now = time.monotonic()
        if self._seen is None or now - self._seen_at > FRESH_S:
            self._seen, self._seen_at = self._api.see(), now
        return self._seen

    def _forget(self) -> None:
        self._seen = None


def _plans(seen: Seen) -> Iterator[tuple[Mapping[str, Any], Plan]]:
    """Return the plans of the InferenceServices that aren't being deleted."""
    for service in seen.services:
        if service["metadata"].get("deletionTimestamp"):
            continue
        try:
            yield service, plan_in(service)
        except Unavailable as error:
            log.warning("%s %s", error.message, error.remedy)
