"""Pure decisions about policy versions."""

from __future__ import annotations

import hashlib

from octavo_server.errors import Forbidden, IllegalMove
from octavo_server.policy.domain import MOVES, PolicyState, PolicyVersion


def digest_of(text: str) -> str:
    """Return the SHA-256 of the policies' text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def check_move(version: PolicyVersion, to: PolicyState) -> None:
    """Raise IllegalMove unless ``version`` may become ``to``."""
    if to not in MOVES[version.state]:
        raise IllegalMove(
            f"The policy change {version.id} is {version.state}; it can't become {to}.",
            "Propose a new change.",
        )


def check_four_eyes(version: PolicyVersion, reviewer: str) -> None:
    """Raise Forbidden when the author reviews their own change."""
    if version.author == reviewer:
        raise Forbidden(
            f"You proposed this policy change; {reviewer} can't review it too.",
            "Ask another admin or reviewer.",
        )
