"""The table that tells one failure from another: what a cluster says, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from octavo.records.workspaces import FailureKind


class Stage(IntEnum):
    """How far a start has come; a failure of an earlier stage is over once a later one began."""

    REQUEST = 0
    SCHEDULING = 1
    PREPARING = 2
    """Volumes and network, before any image."""
    IMAGE = 3
    CREATING = 4
    RUNNING = 5
    POD = 6
    """What happens to the pod as a whole, at any time: evicted, preempted, its machine lost."""


PASSED = {
    "Scheduled": Stage.SCHEDULING,
    "Pulling": Stage.PREPARING,
    "Pulled": Stage.IMAGE,
    "Started": Stage.CREATING,
}
"""Events that say a stage was passed."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One way a start fails, as people should hear it.

    Sentence and action may use the pattern's named groups and the values of the start
    (``image``, ``profile``, ``memory``, ``node``) in braces.
    """

    kind: FailureKind
    """Its class."""
    stage: Stage
    """Where in a start it happens."""
    reasons: frozenset[str]
    """Reasons of the signs it reads; empty means any."""
    pattern: re.Pattern[str]
    """What the message must contain."""
    sentence: str
    """What happened, in one sentence."""
    action: str
    """What the person should do, in one sentence."""
    patience_s: float = 0.0
    """Seconds it is waited out during a start, because it often heals; 0: waiting is no use."""
    vague: bool = False
    """Whether a more exact sign of the same stage should be preferred to it."""


AGAIN = "Start again."
LATER = "Wait a few minutes and start again; if it stays like this, tell your platform admin."
SMALLER = "Choose a smaller profile, or start again when others have stopped."
ADMIN = "Tell your platform admin; starting again won't help until this is repaired."
OTHER_PROFILE = "Choose another profile, and tell your platform admin that this one needs repair."


def rule(
    kind: FailureKind,
    stage: Stage,
    reasons: str,
    pattern: str,
    sentence: str,
    action: str,
    *,
    patience_s: float = 0.0,
    vague: bool = False,
) -> Rule:
    """Return a rule; ``reasons`` are separated by spaces, the pattern ignores case."""
    return Rule(
        kind=kind,
        stage=stage,
        reasons=frozenset(reasons.split()),
        pattern=re.compile(pattern, re.IGNORECASE | re.DOTALL),
        sentence=sentence,
        action=action,
        patience_s=patience_s,
        vague=vague,
    )


QUOTA = (
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<requested>.+?), used: (?P<used>.+?), "
    r"limited: (?P<limited>.+)"
)

REQUEST_RULES = (
    rule(
        "quota", Stage.REQUEST, "request:403", r"^persistentvolumeclaims .*" + QUOTA,
        "Your home can't be made: the cluster's quota {quota} for storage is used up, {needs}.",
        "Ask your platform admin for room; starting again won't help until there is some.",
    ),
    rule(
        "quota", Stage.REQUEST, "request:403", QUOTA,
        "The cluster's quota {quota} is used up: this start needs {needs}.",
        SMALLER,
    ),
    rule(
        "bad_profile", Stage.REQUEST, "request:403",
        r"failed quota: (?P<quota>[^:]+): must specify (?P<what>[\w./-]+)",
        "The cluster's quota {quota} wants every workspace to state {what}, and profile {profile} "
        "doesn't.",
        OTHER_PROFILE,
    ),
    rule(
        "bad_profile", Stage.REQUEST, "request:403",
        r"(?P<bound>(?:maximum|minimum) [\w./-]+ usage per \w+ is \S+?), "
        r"but (?P<asked>(?:limit|request) is [\w.]+)",
        "Profile {profile} lies outside what the cluster allows: {bound}, but {asked}.",
        OTHER_PROFILE,
    ),
    rule(
        "refused", Stage.REQUEST, "request:403",
        r'violates PodSecurity "(?P<level>[^"]+)": (?P<why>.+)',
        "The cluster's security level {level} refuses this workspace: {why}.",
        ADMIN,
    ),
    rule(
        "refused", Stage.REQUEST, "",
        r'admission webhook "(?P<hook>[^"]+)" denied the request: (?P<why>.+)',
        "A rule of the cluster ({hook}) refuses this workspace: {why}",
        ADMIN,
    ),
    rule(
        "refused", Stage.REQUEST, "",
        r"ValidatingAdmissionPolicy '(?P<hook>[^']+)'.* denied request: (?P<why>.+)",
        "A rule of the cluster ({hook}) refuses this workspace: {why}",
        ADMIN,
    ),
    rule(
        "cluster", Stage.REQUEST, "request:500",
        r'failed calling webhook "(?P<hook>[^"]+)"',
        "The cluster can't check new workspaces: its rule service {hook} doesn't answer.",
        LATER,
    ),
    rule(
        "bad_profile", Stage.REQUEST, "request:403",
        r"no PriorityClass with name (?P<name>\S+) was found",
        "Profile {profile} names the priority class {name}, which the cluster doesn't have.",
        OTHER_PROFILE,
    ),
    rule(
        "bad_profile", Stage.REQUEST, "request:403",
        r'error looking up service account (?P<name>[^:]+): serviceaccount .* not found',
        "Workspaces should run as the service account {name}, which the cluster doesn't have.",
        ADMIN,
    ),
    rule(
        "cluster", Stage.REQUEST, "request:403 request:404",
        r'namespaces? "?(?P<namespace>[\w-]+)"? (?:not found|.*because it is being terminated)',
        "The cluster's namespace {namespace} for workspaces is missing or being removed.",
        ADMIN,
    ),
    rule(
        "cluster", Stage.REQUEST, "request:403",
        r"unable to create new content in namespace (?P<namespace>\S+) because it is being term",
        "The cluster's namespace {namespace} for workspaces is being removed.",
        ADMIN,
    ),
    rule(
        "cluster", Stage.REQUEST, "request:403",
        r'User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"',
        "The hub isn't allowed to {verb} {resource} in the cluster.",
        ADMIN,
    ),
    rule(
        "cluster", Stage.REQUEST, "request:401", r"",
        "The cluster doesn't accept the hub's service account.",
        ADMIN,
    ),
    rule(
        "bad_profile", Stage.REQUEST, "request:422", r" is invalid: (?P<why>.+)",
        "Profile {profile} makes a workspace that the cluster calls invalid: {why}",
        OTHER_PROFILE,
    ),
    rule(
        "bad_profile", Stage.REQUEST, "request:400 request:422", r"(?P<why>.*)",
        "The cluster can't read the workspace that profile {profile} makes: {why}",
        OTHER_PROFILE, vague=True,
    ),
    rule(
        "cluster", Stage.REQUEST, "request:409", r"",
        "Your last workspace hasn't gone away yet.",
        LATER,
    ),
    rule(
        "cluster", Stage.REQUEST,
        "request:0 request:429 request:500 request:502 request:503 request:504", r"",
        "The cluster doesn't answer right now.",
        LATER, vague=True,
    ),
    rule(
        "refused", Stage.REQUEST, "request:403", r"(?P<why>.*)",
        "The cluster refuses this workspace: {why}",
        ADMIN, vague=True,
    ),
)  # fmt: skip

POD_RULES = (
    rule(
        "evicted", Stage.POD, "Evicted",
        r"low on resource: (?:ephemeral-storage|inodes|nodefs|imagefs|disk)",
        "The machine ran out of disk space and ended your workspace; your home is kept.",
        "Start again; keep large files in your home or the lake instead of /tmp.",
    ),
    rule(
        "evicted", Stage.POD, "Evicted",
        r"(?:total limit of containers |exceeded its local ephemeral storage limit \"?|"
        r"exceeds the limit \"?)(?P<limit>[\w.]+)",
        "Your workspace wrote more than {limit} outside your home and was ended; your home is "
        "kept.",
        "Start again; keep large files in your home or the lake instead of /tmp.",
    ),
    rule(
        "evicted", Stage.POD, "Evicted", r"low on resource: memory",
        "The machine ran out of memory and ended your workspace, which used more than was "
        "guaranteed to it.",
        "Start again with a profile that guarantees more memory.",
    ),
    rule(
        "no_capacity", Stage.POD, "UnexpectedAdmissionError",
        r"(?:requested number of devices unavailable for|unhealthy devices) (?P<device>[\w./-]+)",
        "The machine had no usable {device} left when your workspace arrived.",
        AGAIN,
    ),
    rule(
        "no_capacity", Stage.POD,
        "OutOfcpu OutOfmemory OutOfpods OutOfephemeral-storage OutOfnvidia.com/gpu "
        "OutOfamd.com/gpu NodeAffinity NodeNotReady:admission UnexpectedAdmissionError",
        r"",
        "The machine had no room left when your workspace arrived.",
        AGAIN,
    ),
    rule(
        "preempted", Stage.POD, "Preempted PreemptionByScheduler", r"",
        "A workspace with a higher priority needed the machine, so yours was ended; your home is "
        "kept.",
        "Start again; a profile of the on-demand kind isn't ended like this.",
    ),
    rule(
        "preempted", Stage.POD,
        "SpotInterruption SpotInterrupted PreemptScheduled TerminationByKubelet NodeShutdown "
        "Terminated Shutdown",
        r"spot|preempt|interrupt|imminent node shutdown|node is shutting down",
        "The machine was taken back by the cloud, as spot machines are, and your workspace ended; "
        "your home is kept.",
        "Start again; a profile of the on-demand kind isn't taken back.",
    ),
    rule(
        "evicted", Stage.POD, "EvictionByEvictionAPI Evicted Disrupted Drain", r"",
        "Your workspace was ended because its machine is taken out of service; your home is kept.",
        AGAIN,
    ),
    rule(
        "node_lost", Stage.POD,
        "NodeLost NodeNotReady DeletionByTaintManager DeletionByPodGC TaintManagerEviction "
        "NodeControllerEviction",
        r"^(?!Cancelling)",
        "The machine of your workspace stopped answering; your home is kept.",
        LATER, patience_s=300.0,
    ),
    rule(
        "timeout", Stage.POD, "DeadlineExceeded", r"",
        "Your workspace reached the longest life its profile allows.",
        AGAIN,
    ),
)  # fmt: skip


def first_match(
    rules: Iterable[Rule], reason: str, message: str
) -> tuple[Rule, re.Match[str]] | None:
    """Return the first rule that a sign fits, with what its pattern found."""
    for one in rules:
        if not one.reasons or reason in one.reasons:
            found = one.pattern.search(message)
            if found:
                return one, found
    return None
