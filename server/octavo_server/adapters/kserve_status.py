"""What the cluster says about a scorer, in the reconciler's words.

A pod of the scorer's present start that is ready counts; what KServe reports explains the rest. Its
own conditions follow a moment later, and on a promotion still speak of the version before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from octavo_server.adapters.kserve_manifests import CONTAINER
from octavo_server.adapters.kserve_plans import OWN, Member, Plan
from octavo_server.deployments.rollouts.ports import Life, Observation

QUOTED = 400
"""Characters of what a scorer or the cluster said."""
FATAL = frozenset({"InvalidImageName", "ErrImageNeverPull"})
"""Reasons of a waiting container that no waiting mends."""
FAILED = frozenset({"BlockedByFailedLoad", "InvalidSpec"})
"""KServe's transition states that nothing follows."""


def observed(
    plan: Plan,
    member: Member,
    service: Mapping[str, Any],
    pods: Iterable[Mapping[str, Any]],
    address: str,
) -> Observation:
    """Return how a scorer is."""
    mine = [pod for pod in pods if _is_of(pod, member)]
    ready = sum(_is_ready(pod) for pod in mine)
    if ready:
        words = f"{ready} of {len(mine)} pods answer{shared(plan, member, service)}."
        return Observation(life=Life.READY, message=words, address=address)
    ended = next(filter(None, map(_ended, mine)), None)
    if ended is not None:
        return Observation(life=Life.EXITED, message=ended)
    if member is plan.head and (refused := _refused(service, mine)):
        return Observation(life=Life.EXITED, message=refused)
    return Observation(life=Life.STARTING, message=_waits(service, mine), address=address)


def shared(plan: Plan, member: Member, service: Mapping[str, Any]) -> str:
    """Return the share that KServe itself gives a canary, in words; empty for others."""
    if member is plan.head:
        return ""
    status = service.get("status") or {}
    for one in status.get("canaryStatuses") or ():
        if one.get("name") == member.name:
            return f"; KServe sends them {one.get('trafficPercent', 0)} %"
    return ""


def _is_of(pod: Mapping[str, Any], member: Member) -> bool:
    metadata = pod["metadata"]
    labels = metadata.get("labels") or {}
    own = (labels.get(f"{OWN}scorer"), labels.get(f"{OWN}start"))
    return own == (member.scorer, member.start) and not metadata.get("deletionTimestamp")


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _containers(pod: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _ended(pod: Mapping[str, Any]) -> str | None:
    """Return why a pod's container ended; None while none did."""
    for container in _containers(pod):
        now, before = container.get("state") or {}, container.get("lastState") or {}
        waiting = now.get("waiting") or {}
        if waiting.get("reason") in FATAL:
            return f"{waiting['reason']}: {_cut(waiting.get('message'))}."
        over = now.get("terminated") or before.get("terminated")
        if over and over.get("exitCode"):
            return _last_words(container, over)
    return None


def _last_words(container: Mapping[str, Any], over: Mapping[str, Any]) -> str:
    said = str(over.get("message") or "").strip().splitlines()
    what = "It" if container.get("name") == CONTAINER else "Fetching its files"
    how = f"{what} ended with status {over['exitCode']}"
    if over.get("reason") == "OOMKilled":
        return f"{what} used more memory than its profile grants."
    if not said:
        return f"{how} ({over.get('reason') or 'no reason given'})."
    return f"{how}: {_cut(said[-1].partition('refused: ')[2] or said[-1])}."


def _refused(service: Mapping[str, Any], pods: Sequence[Any]) -> str | None:
    """Return why KServe makes no pods at all; None when it says nothing of the kind."""
    status = service.get("status") or {}
    model = status.get("modelStatus") or {}
    info = model.get("lastFailureInfo") or {}
    if not pods and model.get("transitionStatus") in FAILED:
        what = info.get("reason") or model["transitionStatus"]
        return f"KServe refuses it ({what}): {_cut(info.get('message')) or 'it says no more'}."
    return None


def _waits(service: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> str:
    for pod in pods:
        for container in _containers(pod):
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("message"):
                return f"Its pod waits ({waiting.get('reason')}): {_cut(waiting['message'])}."
        for one in (pod.get("status") or {}).get("conditions") or ():
            if one.get("type") == "PodScheduled" and one.get("status") == "False":
                return f"Its pod has no machine yet: {_cut(one.get('message'))}."
    if pods:
        return "The model is being loaded."
    for one in (service.get("status") or {}).get("conditions") or ():
        if one.get("type") == "PredictorReady" and one.get("status") == "False":
            said = _cut(one.get("message") or one.get("reason"))
            if said:
                return f"KServe has made no pod for it yet: {said}."
    return "KServe has made no pod for it yet."


def _cut(text: object) -> str:
    return str(text or "").strip()[:QUOTED].rstrip(".")
