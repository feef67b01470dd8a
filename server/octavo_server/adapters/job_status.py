"""What the cluster says about a run's Job and pod, in words for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from octavo_server.adapters.job_manifests import KERNEL, RUNNER

QUOTED = 300
FATAL = frozenset({"InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"})
"""Reasons of a waiting container that no waiting mends."""


@dataclass(frozen=True, kw_only=True)
class JobSeen:
    """A Job as it was at one moment."""

    over: bool
    """Whether its pod will do nothing any more."""
    started: bool
    """Whether the runner's container has run."""
    words: str
    """Why it is over or what it waits for, as a sentence."""
    out_of_memory: bool = False
    """Whether the kernel's container was ended for its memory."""
    hopeless: bool = False
    """Whether no waiting will start it."""


def seen(job: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> JobSeen:
    """Return what a Job and its pods say."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    ended = [one for one in conditions if one.get("status") == "True"
             and one.get("type") in ("Complete", "Failed")]  # fmt: skip
    pod = pods[0] if pods else None
    states = _states(pod)
    runner = states.get(RUNNER, {})
    started = bool(runner.get("running") or runner.get("terminated"))
    # The runner's end is the run's end, whatever the other container still does.
    over = bool(ended) or "terminated" in runner or _phase(pod) in ("Succeeded", "Failed")
    words = _ending(ended, pod, states) if over else _waiting(pod, states)
    return JobSeen(
        over=over,
        started=started,
        words=words,
        out_of_memory=(states.get(KERNEL, {}).get("terminated") or {}).get("reason") == "OOMKilled",
        hopeless=any((one.get("waiting") or {}).get("reason") in FATAL for one in states.values()),
    )


def _phase(pod: Mapping[str, Any] | None) -> str:
    return str(((pod or {}).get("status") or {}).get("phase") or "")


def _states(pod: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    status = (pod or {}).get("status") or {}
    return {
        str(one.get("name")): one.get("state") or {}
        for one in status.get("containerStatuses") or ()
    }


def _ending(
    ended: Sequence[Mapping[str, Any]],
    pod: Mapping[str, Any] | None,
    states: Mapping[str, Mapping[str, Any]],
) -> str:
    status = (pod or {}).get("status") or {}
    for condition in status.get("conditions") or ():
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            return f"The cluster took its machine away: {_cut(condition.get('message'))}."
    if status.get("reason") == "Evicted":
        return f"The cluster evicted it: {_cut(status.get('message'))}."
    if any(one.get("reason") == "DeadlineExceeded" for one in ended):
        return "The cluster ended it at its deadline."
    for name in (RUNNER, KERNEL):
        over = states.get(name, {}).get("terminated") or {}
        if over.get("reason") == "OOMKilled":
            return f"The {name}'s container used more memory than it is granted."
        if over.get("exitCode"):
            said = str(over.get("message") or "").strip().splitlines()
            last = f": {_cut(said[-1])}" if said else ""
            return f"The {name}'s container ended with status {over['exitCode']}{last}."
    return "Its pod is gone." if pod is None else "Its pod ended."


def _waiting(pod: Mapping[str, Any] | None, states: Mapping[str, Mapping[str, Any]]) -> str:
    if pod is None:
        return "The cluster has made no pod for it yet."
    for one in states.values():
        waiting = one.get("waiting") or {}
        if waiting.get("message"):
            return f"Its pod waits ({waiting.get('reason')}): {_cut(waiting['message'])}."
    for one in (pod.get("status") or {}).get("conditions") or ():
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return f"Its pod has no machine yet: {_cut(one.get('message'))}."
    return "Its pod starts."


def _cut(text: object) -> str:
    return str(text or "it says no more").strip()[:QUOTED].rstrip(".")
