"""What a person may choose at a start: a project, a profile and one of its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from octavo.records.workspaces import SpawnChoice
from octavo_hub.failure import Refused

FIELDS = ("project", "profile", "image", "digest")
MOST_FURTHER, LONGEST_NAME, LONGEST_VALUE = 50, 100, 200


def options_of(form: Mapping[str, Any]) -> dict[str, str]:
    """Return the options in a posted form or query, where every value comes as a list.

    Raises SpawnException for a field that was sent twice; unknown ones are the platform's to
    refuse, so that the trail shows them.
    """
    fields = {name: values for name, values in form.items() if name != "_xsrf"}
    for name, values in fields.items():
        if len(values) != 1:
            raise refused(f"{name} was sent {len(values)} times; send it once.", "options")
    return {name: values[0] for name, values in fields.items() if values[0]}


def choice_of(options: Mapping[str, Any], person: str, groups: Sequence[str]) -> SpawnChoice:
    """Return the choice in a spawn's options, however they arrived (page, query or API).

    What no form of Octavo's sends goes to the platform as ``further``: it refuses it by name and
    writes that to the trail. Raises SpawnException for a missing option or one out of shape.
    """
    for name in ("project", "profile"):
        if not options.get(name):
            raise refused(f"No {name} was chosen. Choose one and start again.", "options")
    known = {name: options[name] for name in FIELDS if name in options}
    further = {
        _legible(name, LONGEST_NAME): _legible(options[name], LONGEST_VALUE)
        for name in sorted(set(options) - set(FIELDS))[:MOST_FURTHER]
    }
    try:
        return SpawnChoice(person=person, groups=sorted(groups), further=further, **known)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise refused(f"{field} {first.get('input')!r:.100}: {first['msg']}.", "options") from error


def _legible(value: Any, longest: int) -> str:
    """Return what was sent as text that can be sent on: no null, no half of a character."""
    text = str(value)[:longest].replace("\0", r"\0")
    return text.encode(errors="backslashreplace").decode()


def refused(message: str, reason: str, status: int = 400) -> Refused:
    """Return the error that JupyterHub shows to the person and doesn't count as its own fault."""
    return Refused(message, reason=reason, status_code=status)
