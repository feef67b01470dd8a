"""What a person may choose when starting a workspace: a project and a profile, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyterhub.spawner import SpawnException
from pydantic import ValidationError

from octavo.records.workspaces import SpawnChoice

FIELDS = ("project", "profile", "digest")


def options_of(form: Mapping[str, Any]) -> dict[str, str]:
    """Return the options in a posted form or query, where every value comes as a list.

    Raises SpawnException for a field that isn't one of :data:`FIELDS` or was sent twice.
    """
    fields = {name: values for name, values in form.items() if name != "_xsrf"}
    _refuse_unknown(fields)
    for name, values in fields.items():
        if len(values) != 1:
            raise refused(f"{name} was sent {len(values)} times; send it once.", "options")
    return {name: values[0] for name, values in fields.items() if values[0]}


def choice_of(options: Mapping[str, Any], person: str, groups: Sequence[str]) -> SpawnChoice:
    """Return the choice in a spawn's options, however they arrived (page, query or API).

    Raises SpawnException for an unknown option, a missing one, or a value out of shape.
    """
    _refuse_unknown(options)
    for name in ("project", "profile"):
        if not options.get(name):
            raise refused(f"No {name} was chosen. Choose one and start again.", "options")
    try:
        return SpawnChoice(person=person, groups=sorted(groups), **options)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise refused(f"{field} {first.get('input')!r:.100}: {first['msg']}.", "options") from error


def refused(message: str, reason: str, status: int = 400) -> SpawnException:
    """Return the error that JupyterHub shows to the person and doesn't count as its own fault."""
    return SpawnException(message, reason=reason, status_code=status)


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    unknown = sorted(set(options) - set(FIELDS))
    if unknown:
        raise refused(
            f"Unknown option {unknown[0]!r:.100}. A workspace is started with a project and a "
            "profile; everything else comes from the profile.",
            "options",
        )
