"""Pure decisions about changes of profiles: who may, from where to where, based on what."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping

import rfc8785

from octavo_server.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from octavo_server.permissions import PERMISSIONS
from octavo_server.workspaces.profiles.domain import (
    MOVES,
    ChangeKind,
    ChangeState,
    Profile,
    ProfileChange,
    ProfileVersion,
    VersionState,
)
from octavo_server.workspaces.profiles.findings import Finding, shown

REVIEW = "profiles.review"


class DocumentRefused(Invalid):
    """A document that somebody offered has errors; the trail keeps who tried what."""

    on_trail = True


class Retired(NotFound):
    """The profile was retired; the remedy says where people are led."""


def check_four_eyes(change: ProfileChange, reviewer: str) -> None:
    """Raise Forbidden when the author reviews their own change."""
    if change.author == reviewer:
        raise Forbidden(
            f"You proposed this change of {change.profile}; {reviewer} can't review it too.",
            "Ask another platform admin or a reviewer.",
        )


def check_author(change: ProfileChange, name: str) -> None:
    """Raise Forbidden when somebody else than its author edits or submits a change."""
    if change.author != name:
        raise Forbidden(
            f"{change.author} proposed this change of {change.profile}; {name} can't edit it.",
            "Propose a change of your own, or ask its author.",
        )


def check_move(change: ProfileChange, to: ChangeState) -> None:
    """Raise IllegalMove unless the change may become ``to``."""
    if to not in MOVES[change.state]:
        raise IllegalMove(
            f"The change {change.id} of {change.profile} is {change.state}; it can't become {to}.",
            "Propose a new change.",
        )


def check_waits(change: ProfileChange, decided: ChangeState) -> None:
    """Raise IllegalMove unless the change waits for review."""
    if change.state is not ChangeState.VALIDATED:
        raise IllegalMove(
            f"The change {change.id} of {change.profile} is {change.state}; it can't become "
            f"{decided}.",
            "Its author submits a draft for review first."
            if change.state is ChangeState.DRAFT
            else "Propose a new change.",
        )


def check_seen(change: ProfileChange, digest: str) -> None:
    """Raise Invalid when the reviewer has seen something else."""
    if digest != change.digest:
        raise Invalid(
            f"digest: the change under review has {change.digest}, got {digest[:80]!r}.",
            "Reload the change and review what it says now.",
        )


def why_not_review(change: ProfileChange, name: str, roles: Iterable[str]) -> str:
    """Say why somebody may not decide about the change; empty when they may."""
    if change.state is not ChangeState.VALIDATED:
        return f"It is {change.state}."
    if not PERMISSIONS[REVIEW].roles & set(roles):
        return "Reviewing takes the role admin or reviewer on the platform."
    return "You proposed it: another person has to decide." if change.author == name else ""


def check_base(
    profile: str, based_on: int | None, newest: ProfileVersion | None, what: str
) -> None:
    """Raise Conflict when a change was made for another version than the newest.

    ``what`` is the difference between both, as text.
    """
    present = newest.version if newest else None
    if based_on == present:
        return
    if newest is None:
        said = f"base_version: {based_on}, but there is no profile {profile} yet."
        raise Conflict(said, "Leave base_version out.")
    was = "made for a new profile" if based_on is None else f"based on version {based_on}"
    raise Conflict(
        f"{profile} was changed meanwhile: this change was {was}, and {newest.author} made version "
        f"{present} ({shown(newest.reason)}). What changed:\n{what or '(nothing in the document)'}"[
            :1_900
        ],
        f"Look at version {present}, carry over what you want, and send base_version {present}.",
    )


def check_changes_something(newest: ProfileVersion | None, digest: str) -> None:
    """Raise Conflict when a document says what the offered version says already."""
    if newest is not None and newest.offered and newest.digest == digest:
        raise Conflict(
            f"{newest.profile.id}: the document says what version {newest.version} says already.",
            "Change something in it first.",
        )


def check_no_retirement(profile: str, retirement: Mapping[str, str] | None) -> None:
    """Raise Invalid for a document that asks to retire its profile: that is another kind."""
    if retirement is not None:
        raise Invalid(
            f"retirement: {profile} is to be retired by this document; that is no publishing.",
            "Send kind retire with redirect_to and message, or leave retirement out.",
        )


def check_retirable(
    newest: ProfileVersion, redirect_to: str | None, offered: Iterable[str]
) -> None:
    """Raise Conflict or Invalid when a profile can't be retired so."""
    profile = newest.profile.id
    if not newest.offered:
        raise Conflict(f"{profile} is retired already.", "Nothing is to be done.")
    others = sorted(set(offered) - {profile})
    if redirect_to == profile:
        raise Invalid(
            f"redirect_to: {profile} can't lead to itself.",
            f"Use one of: {', '.join(others) or 'none is left'}.",
        )
    if redirect_to is not None and redirect_to not in others:
        raise Invalid(
            f"redirect_to: {redirect_to!r} is not offered, so nobody can be led there.",
            f"Use one of: {', '.join(others) or 'none is left'}.",
        )


def retirement_remarks(retired: Profile, target: Profile | None) -> list[Finding]:
    """Return what people lose who are led from a retired profile to another one."""
    if target is None:
        said = [f"Nobody is led anywhere: workspaces and runs of {retired.id} are refused then."]
    else:
        said = list(_losses(retired, target))
    return [
        Finding(
            severity="warning",
            file=f"{retired.id}.yaml",
            line=None,
            field="retirement.redirect_to",
            value=target.id if target else "nothing",
            limit="",
            message=one,
        )
        for one in said
    ]


def _losses(retired: Profile, target: Profile) -> Iterator[str]:
    if retired.pipelines and not target.pipelines:
        yield f"Pipelines may not use {target.id}: those that name {retired.id} are refused."
    missing = sorted(set(retired.environments) - set(target.environments))
    if missing:
        yield f"{target.id} is not for {' and '.join(missing)}."
    if target.audiences and not set(retired.audiences) <= set(target.audiences):
        lost = sorted(set(retired.audiences) - set(target.audiences))
        yield f"{' and '.join(lost)} may not use {target.id}."
    if target.audiences and not retired.audiences:
        yield f"{target.id} is only for {' and '.join(target.audiences)}; {retired.id} is for all."
    if retired.gpu and not target.gpu:
        yield f"{target.id} has no GPU."


def check_goes_back(newest: ProfileVersion, target: ProfileVersion) -> None:
    """Raise Conflict when there is nothing to roll back."""
    same = target.version == newest.version or target.digest == newest.digest
    if same and newest.offered:
        raise Conflict(
            f"{newest.profile.id} is at what version {target.version} says already.",
            "Choose an older version.",
        )


def refuse_errors(errors: Iterable[Finding]) -> None:
    """Raise DocumentRefused naming the first error's file, line, field, value and limit."""
    found = list(errors)
    if not found:
        return
    first = found[0]
    line = f", line {first.line}" if first.line else ""
    more = f" ({len(found) - 1} more errors.)" if len(found) > 1 else ""
    raise DocumentRefused(
        f"{first.file}{line}: {first.message}{more}",
        "Correct the document; POST /profiles/check lists all errors. A draft may keep them.",
    )


def digest_of(change: ProfileChange) -> str:
    """Return the SHA-256 of what is reviewed: the document or the step, and what it changes."""
    reviewed: dict[str, str | int | None] = {
        "kind": change.kind.value,
        "profile": change.profile,
        "base_version": change.base_version,
        "to_version": change.to_version,
        "text": change.text,
        "redirect_to": change.redirect_to,
        "message": change.message,
        "reason": change.reason,
    }
    return "sha256:" + hashlib.sha256(rfc8785.dumps(reviewed)).hexdigest()


def difference(before: str, after: str, before_name: str, after_name: str) -> str:
    """Return the unified difference of two documents written the canonical way."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), before_name, after_name, lineterm="", n=3
    )
    return "\n".join(lines)


def left_state(kind: ChangeKind) -> VersionState:
    """Return what becomes of the version that a change leaves behind."""
    return VersionState.ROLLED_BACK if kind is ChangeKind.ROLL_BACK else VersionState.SUPERSEDED


def policy_facts(
    change: ProfileChange, reviewer: str, version: ProfileVersion
) -> dict[str, object]:
    """Return the typed facts on which policy decides about a change; money in euro cents."""
    return {
        "own": change.author == reviewer,
        "kind": change.kind.value,
        "profile": change.profile,
        "gpus": version.profile.gpu,
        "price_cents_per_hour": -(-version.profile.price_on(version.published_at.date()) // 10_000),
    }
