"""Pure decisions about a project's lint rules: what may be said, what it loosens, who may agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import rfc8785

from octavo.records.linting import LintSettings, Weight
from octavo_server.errors import Conflict, Forbidden, IllegalMove, Invalid
from octavo_server.notebooks.linting.domain import MOVES, RULES, RulesVersion, VersionState
from octavo_server.notebooks.linting.rules import ENVIRONMENTS, weights_of

_STRENGTH: Final = {Weight.OFF: 0, Weight.WARN: 1, Weight.BLOCK: 2}


def digest_of(settings: LintSettings) -> str:
    """Return the SHA-256 of the settings' canonical JSON, in hex."""
    return hashlib.sha256(rfc8785.dumps(settings.model_dump(mode="json"))).hexdigest()


def check(settings: LintSettings) -> None:
    """Raise Invalid for a rule that isn't, one that is fixed, or a library named twice."""
    for rule in settings.weights:
        if rule not in RULES:
            raise Invalid(
                f"settings.weights: there is no rule {rule!r}.",
                f"Use one of {', '.join(sorted(RULES))}.",
            )
        if RULES[rule].fixed:
            raise Invalid(
                f"settings.weights.{rule}: no project can change what this rule does.",
                "Remove it from the weights.",
            )
    names = [one.name.lower().replace("_", "-") for one in settings.forbidden_libraries]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Invalid(
            f"settings.forbidden_libraries: {twice!r} is named twice.", "Name each library once."
        )


def loosened(before: LintSettings, after: LintSettings) -> Iterator[str]:
    """Yield one sentence for each thing that is asked less of than before."""
    for rule in RULES:
        old, new = weights_of(rule, before), weights_of(rule, after)
        for name in ENVIRONMENTS:
            was, becomes = getattr(old, name), getattr(new, name)
            if _STRENGTH[becomes] < _STRENGTH[was]:
                yield f"{rule} does {becomes.value} in {name}, it did {was.value}."
    kept = {one.name for one in after.forbidden_libraries}
    for library in before.forbidden_libraries:
        if library.name not in kept:
            yield f"{library.name} is no longer forbidden."
    if after.largest_output_kib > before.largest_output_kib:
        yield (
            f"A saved output may have {after.largest_output_kib} KiB, "
            f"it was {before.largest_output_kib}."
        )


def decided(
    version: RulesVersion, *, approve: bool, person: str, reason: str, digest: str, at: datetime
) -> RulesVersion:
    """Return the version as ``person`` decided on it.

    Forbidden: it is their own. IllegalMove: it was decided before. Conflict: they saw another one.
    """
    if version.author == person:
        raise Forbidden(
            f"You proposed this change of the lint rules; {person} can't review it too.",
            "Ask another person with the role reviewer.",
        )
    to = VersionState.ACTIVE if approve else VersionState.REJECTED
    moved = retired(version, to)
    if digest != version.digest:
        raise Conflict(
            f"digest: {digest[:64]!r} is not what is under review; that is {version.digest}.",
            "Reload the change, and decide on what it says now.",
        )
    return replace(moved, reviewer=person, review_reason=reason, reviewed_at=at)


def retired(version: RulesVersion, to: VersionState = VersionState.RETIRED) -> RulesVersion:
    """Return the version in another state. Raises IllegalMove."""
    if to not in MOVES[version.state]:
        raise IllegalMove(
            f"The change {version.id} of the lint rules is {version.state.value}; it can't become "
            f"{to.value}.",
            "Propose a new change.",
        )
    return replace(version, state=to)
