"""What profile files would change on the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from octavo.client import Client
from octavo.records.profiles import (
    ChangeRequest,
    DocumentCheck,
    ProfileChange,
    ProfileSummaries,
    ProfileSummary,
)

OPEN = ("draft", "validated")
What = Literal["new", "change", "bring back", "retire", "same", "waits", "faulty", "no file"]
APPLIED: tuple[What, ...] = ("new", "change", "bring back", "retire")


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is to be done about one profile."""

    name: str
    """Id of the profile, or its file where it has none."""
    what: What
    """What is to be done."""
    note: str = ""
    """More about it, for people."""
    check: DocumentCheck | None = None
    """What checking its file found; None: it has no file here."""

    @property
    def applies(self) -> bool:
        """Whether something is to be proposed."""
        return self.what in APPLIED

    @property
    def faulty(self) -> bool:
        """Whether its file has errors."""
        return self.what == "faulty"


def plan_of(client: Client, checks: Mapping[Path, DocumentCheck]) -> list[Step]:
    """Return what the checked files would change, by profile. Raises ClientError."""
    summaries = client.fetch(ProfileSummaries, "/profiles/catalog").items
    present = {one.id: one for one in summaries}
    steps = [_step(client, file, check, present) for file, check in checks.items()]
    named = {step.name for step in steps}
    steps += [
        Step(name=name, what="no file", note="it stays as it is; give it a retirement to retire it")
        for name, one in present.items()
        if name not in named and one.state == "published"
    ]
    return sorted(steps, key=lambda step: step.name)


def request_of(step: Step, reason: str) -> ChangeRequest:
    """Return the request that proposes a step."""
    check = step.check
    if check is None or check.profile is None:
        raise ValueError(f"{step.name} has no document to propose.")
    if step.what == "retire":
        retirement = _retirement(check) or {}
        return ChangeRequest(
            kind="retire",
            profile=check.profile,
            text=None,
            version=None,
            redirect_to=retirement.get("redirect_to"),
            message=retirement.get("message", ""),
            reason=reason,
            draft=False,
            base_version=check.base_version,
        )
    return ChangeRequest(
        kind="publish",
        profile=check.profile,
        text=check.text,
        version=None,
        redirect_to=None,
        message="",
        reason=reason,
        draft=False,
        base_version=check.base_version,
    )


def _step(
    client: Client, file: Path, check: DocumentCheck, present: Mapping[str, ProfileSummary]
) -> Step:
    name = check.profile or file.name
    if not check.valid:
        return Step(name=name, what="faulty", check=check)
    known = present.get(name)
    retirement = _retirement(check)
    if retirement is not None and (known is None or known.state == "retired"):
        return Step(name=name, what="same", note="retired", check=check)
    waiting = _waiting(client, name, check)
    if waiting is not None:
        return Step(name=name, what="waits", note=f"for review as {waiting}", check=check)
    if retirement is not None:
        return Step(name=name, what="retire", check=check)
    if known is None:
        return Step(name=name, what="new", check=check)
    if known.state == "retired":
        return Step(name=name, what="bring back", check=check)
    return Step(name=name, what="change" if check.diff else "same", check=check)


def _waiting(client: Client, name: str, check: DocumentCheck) -> str | None:
    """Return the id of an open change that says the same, or None."""
    retirement = _retirement(check)
    for item in client.pages("/profiles/changes", profile=name, limit=200):
        one = ProfileChange.model_validate(item)
        if one.state not in OPEN or one.base_version != check.base_version:
            continue
        if retirement is not None:
            same = one.kind == "retire" and one.message == retirement.get("message")
        else:
            same = one.kind == "publish" and one.text == check.text
        if same:
            return one.id
    return None


def _retirement(check: DocumentCheck) -> Mapping[str, Any] | None:
    found = (check.document or {}).get("retirement")
    return found if isinstance(found, Mapping) else None
