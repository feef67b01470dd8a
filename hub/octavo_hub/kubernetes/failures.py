"""Turns what a cluster said into one sentence and one action; the unknown stays raw.

The tables are data (:mod:`rules`, :mod:`container_rules`, :mod:`scheduling`); this module only
chooses. A sign counts until a later event shows that its stage was passed; of what is left, the
furthest stage wins, in it an exact sign before a vague one, then the latest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from octavo_hub.failure import Failure
from octavo_hub.kubernetes.container_rules import (
    CONTAINER_RULES,
    IMAGE_RULES,
    NETWORK_RULES,
    VOLUME_RULES,
)
from octavo_hub.kubernetes.rules import (
    LATER,
    PASSED,
    POD_RULES,
    REQUEST_RULES,
    Rule,
    Stage,
    first_match,
)
from octavo_hub.kubernetes.scheduling import verdict
from octavo_hub.kubernetes.signs import Facts, Sign, container_of, signs_of

RULES = (
    *REQUEST_RULES,
    *POD_RULES,
    *VOLUME_RULES,
    *NETWORK_RULES,
    *IMAGE_RULES,
    *CONTAINER_RULES,
)
SCHEDULING = frozenset(
    {"FailedScheduling", "TriggeredScaleUp", "NotTriggerScaleUp", "FailedScaleUp", "Nominated"}
)
# What every start says; never the reason of a failure.
ROUTINE = frozenset(
    {"Scheduled", "Pulling", "Pulled", "Created", "Started", "Killing", "WaitForFirstConsumer",
     "ExternalProvisioning", "Provisioning", "ProvisioningSucceeded", "SuccessfulAttachVolume",
     "SandboxChanged", "AddedInterface", "Completed", "TaintManagerEviction", "Nominated",
     "TriggeredScaleUp"}
)  # fmt: skip
RAW_LINES = 12
RAW_WIDTH = 500
LONGEST = 300
UNKNOWN = "The cluster couldn't start your workspace, for a reason that Octavo doesn't know yet."
UNKNOWN_ACTION = "Start again; if it fails again, send your platform admin the lines below."


def diagnose(facts: Facts) -> Failure | None:
    """Return what is wrong, or None while nothing that is known to be wrong was said."""
    signs = signs_of(facts)
    live = _live(signs)
    values = _values(facts)
    found = [(one, match, sign) for sign in live if (match := _fits(sign)) for one in [match[0]]]
    if found:
        best, match, sign = max(found, key=lambda item: (item[0].stage, not item[0].vague,
                                                         live.index(item[2])))  # fmt: skip
        if best.stage is not Stage.SCHEDULING or best.kind == "volume":
            return _failure(best, {**values, **_groups(match[1])}, signs, sign)
    waiting = verdict([sign for sign in live if sign.reason in SCHEDULING], values)
    if waiting is None:
        return None
    return Failure(
        kind=waiting.kind,
        sentence=waiting.sentence,
        action=waiting.action,
        raw=raw_lines(signs),
        patience_s=waiting.patience_s,
    )


def conclude(facts: Facts) -> Failure:
    """Return why a start failed or a workspace ended, when it surely did.

    What no rule knows is a ``timeout`` when the time was up and the cluster complained of
    nothing, else ``unknown``, with everything that was said.
    """
    known = diagnose(facts)
    if known is not None:
        return known
    signs = signs_of(facts)
    if facts.timed_out_after_s is not None and not _complaints(facts, signs):
        return Failure(
            kind="timeout",
            sentence=f"Your workspace wasn't ready within {facts.timed_out_after_s:.0f} seconds"
            f"{_reached(signs)}.",
            action=LATER,
            raw=raw_lines(signs),
        )
    return Failure(kind="unknown", sentence=UNKNOWN, action=UNKNOWN_ACTION, raw=raw_lines(signs))


def raw_lines(signs: Sequence[Sign]) -> tuple[str, ...]:
    """Return what was said without repetitions, the newest lines last, cut to a bearable size."""
    lines = dict.fromkeys(sign.line[:RAW_WIDTH] for sign in reversed(signs) if sign.line)
    return tuple(reversed(list(lines)[:RAW_LINES]))


def _live(signs: Sequence[Sign]) -> list[Sign]:
    """Leave out events of stages that a later event shows to be passed."""
    kept: list[Sign] = []
    passed = -1
    for sign in reversed(signs):
        if sign.source == "status" or passed < 0 or _stage(sign) > passed:
            kept.append(sign)
        passed = max(passed, PASSED.get(sign.reason, -1))
    return kept[::-1]


def _stage(sign: Sign) -> int:
    """Return the stage that a sign belongs to; what belongs to none is never over."""
    fit = _fits(sign)
    if fit is not None:
        return fit[0].stage
    return Stage.SCHEDULING if sign.reason in SCHEDULING else Stage.POD


def _fits(sign: Sign) -> tuple[Rule, Any] | None:
    return first_match(RULES, sign.reason, sign.message)


def _failure(rule: Rule, values: Mapping[str, str], signs: Sequence[Sign], sign: Sign) -> Failure:
    lines = raw_lines(signs)
    return Failure(
        kind=rule.kind,
        sentence=_ended(rule.sentence.format_map(values)),
        action=rule.action.format_map(values),
        raw=lines if sign.line[:RAW_WIDTH] in lines else (sign.line[:RAW_WIDTH], *lines),
        patience_s=rule.patience_s,
    )


def _groups(match: Any) -> dict[str, str]:
    """Return what a pattern found, in the words of people."""
    found = {name: (text or "").strip().rstrip(".") for name, text in match.groupdict().items()}
    if "requested" in found:
        found["needs"] = _needs(found["requested"], found["used"], found["limited"])
    if "limit" in found:
        found["limit"] = memory_text(found["limit"])
    return {name: text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
            for name, text in found.items()}  # fmt: skip


def _needs(requested: str, used: str, limited: str) -> str:
    """Return ``limits.memory=8Gi`` and its like as ``8Gi memory (508Gi of 512Gi are taken)``."""
    taken = dict(part.split("=", 1) for part in used.split(",") if "=" in part)
    bounds = dict(part.split("=", 1) for part in limited.split(",") if "=" in part)
    wanted = dict(part.split("=", 1) for part in requested.split(",") if "=" in part)
    texts = [
        f"{amount} {name.removeprefix('limits.').removeprefix('requests.')} "
        f"({taken.get(name, '?')} of {bounds.get(name, '?')} are taken)"
        for name, amount in wanted.items()
    ]
    return " and ".join(texts) or requested


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _values(facts: Facts) -> dict[str, str]:
    container = container_of(facts.pod)
    pod = facts.pod or {}
    memory = ((container.get("resources") or {}).get("limits") or {}).get("memory")
    return {
        "image": image_text(str(container.get("image") or "of the profile")),
        "memory": memory_text(memory) if memory else "limit",
        "node": str((pod.get("spec") or {}).get("nodeName") or "the machine"),
        "profile": "you chose",
        **facts.values,
    }


def image_text(image: str) -> str:
    """Return an image's name with as much of its digest as one can compare."""
    name, at, digest = image.partition("@sha256:")
    return f"{name}@sha256:{digest[:12]}" if at else name


def memory_text(quantity: object) -> str:
    """Return a quantity of memory as people say it: 8Gi or 8589934592 become 8 GiB."""
    text = str(quantity)
    if text.isdigit():
        return f"{int(text) / 1024**3:g} GiB"
    return f"{text[:-2]} {text[-2:]}B" if text.endswith("i") else text


def _complaints(facts: Facts, signs: Sequence[Sign]) -> list[Sign]:
    normal = {str(event.get("reason")) for event in facts.events if event.get("type") == "Normal"}
    return [sign for sign in signs if sign.reason not in ROUTINE | normal]


def _reached(signs: Sequence[Sign]) -> str:
    return next(iter(_places(signs)), "; the cluster said nothing about it")


def _places(signs: Sequence[Sign]) -> Iterator[str]:
    said = {sign.reason for sign in signs}
    if "Started" in said:
        yield "; JupyterLab was started but didn't answer"
    elif "Pulled" in said:
        yield "; its image was there but the container wasn't started"
    elif "Pulling" in said:
        yield "; its image was still being fetched"
    elif "Scheduled" in said:
        yield "; it had a machine but wasn't set up on it"
