"""What a provider says of a person: groups at a claim's path, or why they can't be known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_GROUPS = 500
LONGEST_GROUP = 255


class ClaimsRefused(Exception):
    """The claims can't be used; the text says why and what to do, and is meant for people."""


def groups_in(claims: Mapping[str, Any], path: str) -> list[str]:
    """Return the groups at ``path``, sorted; none when the claim isn't there.

    Raises ClaimsRefused for a value that isn't a list of names, for too many, and when the
    provider left them out because there were too many for a token.
    """
    if left_out(claims, path):
        raise ClaimsRefused(
            "The provider left your groups out because they are too many for a sign-in. An "
            "administrator there must limit them to the groups assigned to this application, or "
            "use application roles with OCTAVO_SIGN_IN_GROUPS_CLAIM=roles."
        )
    return checked_groups(claim_at(claims, path), path)


def checked_groups(value: Any, path: str) -> list[str]:
    """Return the groups in a claim's value. Raises ClaimsRefused as :func:`groups_in`."""
    names = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ClaimsRefused(
            f"The claim {path!r} holds {type(value).__name__} instead of a list of group names. "
            "A platform admin must point OCTAVO_SIGN_IN_GROUPS_CLAIM at the right claim."
        )
    found = sorted({name.strip() for name in names if name.strip()})
    if len(found) > MOST_GROUPS:
        raise ClaimsRefused(
            f"The provider names {len(found)} groups for you; at most {MOST_GROUPS} can be used. "
            "An administrator there must limit them to those that this application needs."
        )
    long = next((name for name in found if len(name) > LONGEST_GROUP), None)
    if long is not None:
        raise ClaimsRefused(
            f"The group {long[:40]!r}... has {len(long)} characters; at most {LONGEST_GROUP} can "
            "be used. An administrator at the provider must rename it or leave it out."
        )
    return found


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim at a path, None if it isn't there.

    A dot leads into a nested claim, or belongs to a claim's name (``https://example.org/groups``);
    a name as long as possible wins.
    """
    if path in claims:
        return claims[path]
    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        inner = claims.get(".".join(parts[:end]))
        if isinstance(inner, Mapping):
            found = claim_at(inner, ".".join(parts[end:]))
            if found is not None:
                return found
    return None


def left_out(claims: Mapping[str, Any], path: str) -> bool:
    """Whether the provider says that there are groups, but not which (Azure's overage)."""
    if claim_at(claims, path) is not None:
        return False
    elsewhere = claims.get("_claim_names")
    return bool(claims.get("hasgroups")) or (isinstance(elsewhere, Mapping) and path in elsewhere)
