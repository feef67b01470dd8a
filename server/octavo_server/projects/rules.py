"""Pure decisions about membership."""

from __future__ import annotations

from collections.abc import Iterable

from octavo_server.errors import Conflict
from octavo_server.identity import Caller, CallerKind
from octavo_server.permissions import ADMIN, ANYONE, REVIEWER, RUN, SERVICE
from octavo_server.projects.domain import Member


def platform_roles(caller: Caller, admin_group: str, reviewer_group: str) -> frozenset[str]:
    """Return the roles that a caller holds on the whole platform."""
    if caller.kind is CallerKind.SERVICE:
        return frozenset({SERVICE})
    if caller.kind is CallerKind.RUN:
        return frozenset({RUN})
    roles = {ANYONE}
    if admin_group in caller.groups:
        roles.add(ADMIN)
    if reviewer_group in caller.groups:
        roles.add(REVIEWER)
    return frozenset(roles)


def roles_among(caller: Caller, project: str, members: Iterable[Member]) -> frozenset[str]:
    """Return the roles that ``members`` of ``project`` give the caller."""
    if caller.kind is CallerKind.SERVICE:
        return frozenset({SERVICE})
    if caller.kind is CallerKind.RUN:
        return frozenset({RUN}) if caller.project == project else frozenset()
    return frozenset(
        member.role
        for member in members
        if (member.kind == "user" and member.name == caller.name)
        or (member.kind == "group" and member.name in caller.groups)
    )


def check_an_admin_stays(members: Iterable[Member], leaving: Member) -> None:
    """Raise Conflict when ``leaving`` is the last admin of the project."""
    admins = [member for member in members if member.role == ADMIN]
    if admins == [leaving]:
        raise Conflict(
            f"{leaving.name} is the last admin of {leaving.project}.",
            "Make another person or group admin first.",
        )
