"""What a person may choose at a start: a project, a profile and one of its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from octavo.records.workspaces import SpawnChoice
from octavo_hub.failure import Refused

FIELDS = ("project", "profile", "image", "digest")
MOST_FURTHER, LONGEST_NAME, LONGEST_VALUE = 50, 100, 200


def options_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options in a posted form or query, where every value comes as a list.

    What was sent several times stays a list, which is no choice.
    """
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in form.items()
        if name != "_xsrf" and any(values)
    }


def choice_of(options: Mapping[str, Any], person: str, groups: Sequence[str]) -> SpawnChoice:
    """Return the choice in a spawn's options, however they arrived (page, query or API).

    What is missing or out of shape is the platform's to refuse, so that the trail shows it; what no
    form of Octavo's sends goes there as ``further``. Raises SpawnException for an account that the
    platform doesn't take.
    """
    known = {name: _chosen(options.get(name)) for name in FIELDS}
    further = {
        _legible(name, LONGEST_NAME): _legible(options[name], LONGEST_VALUE)
        for name in sorted(set(options) - set(FIELDS))[:MOST_FURTHER]
    }
    try:
        return SpawnChoice(
            person=person,
            groups=sorted(groups),
            project=known["project"],
            profile=known["profile"],
            image=known["image"] or None,
            digest=known["digest"] or None,
            further=further,
        )
    except ValidationError as error:
        raise refused(
            f"{person:.100} can't start a workspace: the name, or one of the {len(groups)} groups, "
            "is none that the platform takes. Tell your platform admin.",
            "account",
        ) from error


def _chosen(value: Any) -> str:
    return "" if value is None else _legible(value, LONGEST_VALUE)


def _legible(value: Any, longest: int) -> str:
    """Return what was sent as text that can be sent on: no null, no half of a character."""
    text = str(value)[:longest].replace("\0", r"\0")
    return text.encode(errors="backslashreplace").decode()[:longest]


def refused(message: str, reason: str, status: int = 400) -> Refused:
    """Return the error that JupyterHub shows to the person and doesn't count as its own fault."""
    return Refused(message, reason=reason, status_code=status)
