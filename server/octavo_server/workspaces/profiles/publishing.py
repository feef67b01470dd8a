"""What an approved change makes of a profile's versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from octavo_server.database.rows import Rows
from octavo_server.errors import Invalid, NotFound
from octavo_server.workspaces.profiles import change_rules, rules, store
from octavo_server.workspaces.profiles.domain import (
    ChangeKind,
    ProfileChange,
    ProfileVersion,
    VersionState,
)
from octavo_server.workspaces.profiles.findings import Checked


def outcome(
    change: ProfileChange, newest: ProfileVersion | None, checked: Checked | None, at: datetime
) -> ProfileVersion:
    """Return the version that the change leads to: a new one, or the newest one retired."""
    if change.kind is ChangeKind.RETIRE:
        if newest is None:
            raise NotFound(f"There is no profile {change.profile!r}.", "Reload the list.")
        return replace(
            newest,
            state=VersionState.RETIRED,
            ended_at=at,
            redirect_to=change.redirect_to,
            message=change.message,
        )
    if checked is None or checked.profile is None:
        raise Invalid("text: the document can't be read.", "Edit the change.")
    return ProfileVersion(
        profile=checked.profile,
        version=newest.version + 1 if newest else 1,
        digest=rules.digest_of(checked.profile),
        published_at=at,
        author=change.author,
        reviewer=change.reviewer,
        reason=change.reason,
        text=change.text,
    )


def put_in_force(
    rows: Rows, change: ProfileChange, newest: ProfileVersion | None, made: ProfileVersion
) -> None:
    """Write the version that is offered from now on, and what becomes of the one before."""
    if change.kind is ChangeKind.RETIRE:
        store.save_version(rows, made)
        return
    if newest is not None:
        left = change_rules.left_state(change.kind) if newest.offered else VersionState.SUPERSEDED
        ended_at = newest.ended_at or made.published_at
        store.save_version(rows, replace(newest, state=left, ended_at=ended_at))
    store.add_version(rows, made)
