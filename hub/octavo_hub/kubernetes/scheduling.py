"""Why no machine was found: the scheduler's counts, and what the autoscaler makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from octavo.records.workspaces import FailureKind
from octavo_hub.kubernetes.rules import (
    ADMIN,
    LATER,
    OTHER_PROFILE,
    SMALLER,
    Rule,
    Stage,
    rule,
)
from octavo_hub.kubernetes.signs import Sign

SCALE_UP_S = 900.0
"""How long a machine that is being added is waited for."""
FULL_S = 300.0
"""How long a full cluster is waited for: somebody may stop."""
NO_SCALE_UP_S = 60.0
"""How long it is waited when the autoscaler has said that it can add no machine."""

COUNTS = re.compile(r"^(?P<none>\d+)/(?P<all>\d+) nodes are available:? ?(?P<why>.*)$", re.DOTALL)
PART = re.compile(r"^(?P<count>\d+) (?P<what>.+)$", re.DOTALL)
GPU = re.compile(r"^Insufficient (?P<resource>[\w.-]+/[\w.-]*(?:gpu|mig)[\w.-]*)", re.IGNORECASE)
# Taints that a machine carries while something is wrong with it, not because it is reserved.
AILING = re.compile(
    r"node\.kubernetes\.io/(?:not-ready|unreachable|unschedulable|disk-pressure|memory-pressure|"
    r"pid-pressure|network-unavailable|out-of-service)|node\.cloudprovider\.kubernetes\.io/"
    r"(?:uninitialized|shutdown)|were unschedulable|ToBeDeletedByClusterAutoscaler|"
    r"node\.cilium\.io/agent-not-ready|ebs\.csi\.aws\.com/agent-not-ready"
)
SHORT = re.compile(r"^Insufficient ([\w./-]+)")
TOO_MANY = re.compile(r"^Too many pods")
CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
NO_FIT = re.compile(r"didn't match (?:Pod's )?node (?:affinity|selector)")

VOLUME_RULES = (
    rule(
        "volume", Stage.SCHEDULING, "", r'persistentvolumeclaim "(?P<claim>[^"]+)" is being delete',
        "Your volume {claim} is being deleted.",
        ADMIN, patience_s=60.0,
    ),
    rule(
        "bad_profile", Stage.SCHEDULING, "", r'persistentvolumeclaim "(?P<claim>[^"]+)" not found',
        "Profile {profile} mounts the volume {claim}, which the cluster doesn't have.",
        OTHER_PROFILE, patience_s=30.0,
    ),
    rule(
        "volume", Stage.SCHEDULING, "", r"unbound immediate PersistentVolumeClaims|"
        r"didn't find available persistent volumes to bind|binding volumes: ",
        "The storage of your home isn't ready.",
        LATER, patience_s=180.0,
    ),
    rule(
        "volume", Stage.SCHEDULING, "", r"node\(s\) had volume node affinity conflict",
        "No machine with room can reach the place where your home is stored.",
        "Choose a profile whose machines stand in the same zone as your home, or ask your "
        "platform admin to move it.",
        patience_s=FULL_S,
    ),
    rule(
        "volume", Stage.SCHEDULING, "", r"exceed max volume count",
        "Every machine has as many volumes attached as it can.",
        LATER, patience_s=FULL_S,
    ),
)  # fmt: skip

CLOUD_RULES = (
    rule(
        "quota", Stage.SCHEDULING, "FailedScaleUp", r"quota exceeded",
        "The cloud account's quota is used up, so no machine can be added for you.",
        SMALLER, patience_s=NO_SCALE_UP_S,
    ),
    rule(
        "no_capacity", Stage.SCHEDULING, "FailedScaleUp", r"",
        "The cloud has no machine of this kind to give right now.",
        SMALLER, patience_s=FULL_S,
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Why a workspace isn't on a machine yet."""

    kind: FailureKind
    """Its class."""
    sentence: str
    """What is the matter."""
    action: str
    """What the person should do."""
    patience_s: float
    """How long to wait before giving up."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """A scheduler's message, taken apart."""

    nodes: int
    """How many machines it looked at."""
    parts: Mapping[str, int]
    """Each reason, with how many machines it holds for."""

    def count(self, pattern: re.Pattern[str]) -> int:
        """Return for how many machines a reason that fits holds."""
        return sum(count for what, count in self.parts.items() if pattern.search(what))

    def gpu(self) -> str | None:
        """Return the GPU resource that is wanting, if one is."""
        found = (GPU.match(what) for what in self.parts)
        return next((match["resource"] for match in found if match), None)


def counts_of(message: str) -> Counts | None:
    """Return a scheduler's message taken apart, or None when it has another shape."""
    found = COUNTS.match(message)
    if found is None:
        return None
    why = re.split(r"\.? *preemption: ", found["why"], maxsplit=1)[0].rstrip(". ")
    parts: dict[str, int] = {}
    for text in re.split(r", (?=\d+ )", why):
        part = PART.match(text)
        if part:
            parts[part["what"]] = parts.get(part["what"], 0) + int(part["count"])
    return Counts(nodes=int(found["all"]), parts=parts)


def verdict(signs: Sequence[Sign], values: Mapping[str, str]) -> Verdict | None:
    """Return why no machine was found, from the signs of scheduling, oldest first."""
    refusal = _last(signs, "FailedScheduling", not_from="karpenter")
    pool = _last(signs, "FailedScheduling", only_from="karpenter")
    scaling = _last(signs, "TriggeredScaleUp", "NotTriggerScaleUp", "FailedScaleUp", "Nominated")
    if refusal is None and pool is None and scaling is None:
        return None
    if scaling is not None and scaling.reason in ("TriggeredScaleUp", "Nominated"):
        return _adding()
    if scaling is not None and scaling.reason == "FailedScaleUp":
        return _of_table(CLOUD_RULES, scaling.message, values)
    base = _of_scheduler(refusal.message if refusal else "", values)
    if scaling is not None or pool is not None:
        return _cannot_grow(base, scaling or pool)
    return base


def _last(
    signs: Sequence[Sign], *reasons: str, not_from: str = "", only_from: str = ""
) -> Sign | None:
    fitting = (
        sign
        for sign in reversed(signs)
        if sign.reason in reasons
        and not sign.message.startswith("skip schedule deleting pod")
        and (not not_from or sign.source != not_from)
        and (not only_from or sign.source == only_from)
    )
    return next(fitting, None)


def _adding() -> Verdict:
    return Verdict(
        kind="no_capacity",
        sentence="A machine is being added to the cluster for your workspace, and isn't ready yet.",
        action="Start again in a few minutes: the machine may be there by then.",
        patience_s=SCALE_UP_S,
    )


def _of_scheduler(message: str, values: Mapping[str, str]) -> Verdict:
    volume = _of_table(VOLUME_RULES, message, values)
    counts = counts_of(message)
    if counts is None:
        return volume or _full("No machine of the cluster has room for your workspace.")
    if volume is not None and volume.kind == "bad_profile":
        return volume
    gpu = counts.gpu()
    if gpu is not None:
        return _full(f"No machine of the cluster has a free GPU ({gpu}).")
    if volume is not None:
        return volume
    return _of_counts(counts)


def _of_counts(counts: Counts) -> Verdict:
    wanting = [found[1] for what in counts.parts if (found := SHORT.match(what))]
    if wanting:
        return _full(f"The cluster is full: its machines are short of {_listed(sorted(wanting))}.")
    if counts.count(TOO_MANY):
        return _full("The cluster is full: its machines run as many workspaces as they may.")
    if counts.count(AILING):
        return _full("The machines of the cluster aren't ready to take your workspace.", LATER)
    obstacles = dict.fromkeys(text for what in counts.parts if (text := _obstacle(what)))
    if obstacles:
        return Verdict(
            kind="bad_profile",
            sentence="No machine of the cluster is of the kind that the profile asks for: "
            f"{_listed(list(obstacles))}.",
            action=OTHER_PROFILE,
            patience_s=NO_SCALE_UP_S,
        )
    return _full("No machine of the cluster has room for your workspace.")


def _obstacle(what: str) -> str:
    """Return why a machine isn't of the right kind, or nothing when that isn't the matter."""
    reserved = re.search(r"taint\(?s?\)? ?\{(?P<taint>[^}]*)\}", what)
    if reserved:
        name = reserved["taint"].strip(" :")
        return "" if name.startswith(CONTROL_PLANE) else f"they are reserved ({name})"
    if "untolerated taint" in what:
        return "they are reserved"
    return "they lack the labels it selects" if NO_FIT.search(what) else ""


def _cannot_grow(base: Verdict, said: Sign | None) -> Verdict:
    """Return a refusal that the autoscaler has confirmed: waiting helps much less."""
    message = said.message if said else ""
    if re.search(r"max node group size reached|exceed limits for nodepool|"
                 r"max cluster (?:cpu|memory|\S+) limit reached", message):  # fmt: skip
        kind = base.kind if base.kind != "bad_profile" else "no_capacity"
        grown = f"{_first(base, kind)} The cluster has grown as far as it may."
        return Verdict(kind=kind, sentence=grown, action=SMALLER, patience_s=NO_SCALE_UP_S)
    if re.search(r"in backoff after failed scale-up", message):
        text = f"{_first(base, base.kind)} The last attempt to add a machine failed."
        return Verdict(kind=base.kind, sentence=text, action=LATER, patience_s=FULL_S)
    if base.kind == "volume":
        return base
    if re.search(r"no instance type satisfied|Insufficient |wouldn't fit", message):
        return Verdict(
            kind="bad_profile",
            sentence="The workspace is larger than any machine that the cluster can add.",
            action=OTHER_PROFILE,
            patience_s=NO_SCALE_UP_S,
        )
    return Verdict(
        kind=base.kind,
        sentence=f"{base.sentence} No machine can be added that would fit.",
        action=base.action,
        patience_s=NO_SCALE_UP_S,
    )


def _first(base: Verdict, kind: FailureKind) -> str:
    full = "No machine of the cluster has room for your workspace."
    return base.sentence if base.kind == kind else full


def _full(sentence: str, action: str = SMALLER) -> Verdict:
    return Verdict(kind="no_capacity", sentence=sentence, action=action, patience_s=FULL_S)


def _of_table(rules: Sequence[Rule], message: str, values: Mapping[str, str]) -> Verdict | None:
    for one in rules:
        found = one.pattern.search(message)
        if found:
            texts = {**values, **{key: text or "" for key, text in found.groupdict().items()}}
            return Verdict(
                kind=one.kind,
                sentence=one.sentence.format_map(texts),
                action=one.action.format_map(texts),
                patience_s=one.patience_s,
            )
    return None


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
