"""Callers for tests, and a Hub that knows them by their tokens.

- ``SCIENTIST``, ``REVIEWER``, ``ONCALL``, ``ADMIN``, ``STRANGER``: people as the demo has them
- ``FakeHub``: answers ``whoami`` from a table; ``away = True`` makes it unreachable
"""

from __future__ import annotations

from octavo_server.errors import Unavailable
from octavo_server.identity import Caller, CallerKind, service_caller


def person(name: str, *groups: str) -> Caller:
    """Return a person in Hub groups."""
    return Caller(
        name=name,
        kind=CallerKind.PERSON,
        groups=frozenset(groups),
        scopes=frozenset({"access:services"}),
    )


SCIENTIST = person("scientist", "scientists")
REVIEWER = person("reviewer", "reviewers")
ONCALL = person("oncall", "oncall")
ADMIN = person("admin", "admins")
STRANGER = person("stranger")
WORKER = service_caller("worker")


class FakeHub:
    """Stands in for the Hub where no Hub runs: a token is its owner's name."""

    def __init__(self) -> None:
        everyone = (SCIENTIST, REVIEWER, ONCALL, ADMIN, STRANGER)
        self.tokens = {one.name: one for one in everyone}
        self.tokens["octavo-service"] = service_caller("octavo")
        self.tokens["spawner-service"] = service_caller("spawner")
        self.away = False

    def whoami(self, token: str) -> Caller | None:
        """Return the caller named by the token."""
        if self.away:
            raise Unavailable("The Hub does not answer: ConnectError.", "Try again in a moment.")
        return self.tokens.get(token)
