"""Pure decisions about consumers, tokens and limits; time is an argument."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from octavo_server.deployments.consumers.domain import Consumer, Limits, Token
from octavo_server.errors import Conflict, Invalid, Unauthenticated
from octavo_server.identity import CONSUMER_TOKEN_PREFIX

PREFIX = CONSUMER_TOKEN_PREFIX
"""How every consumer's token begins."""
MOST_TOKENS = 20
"""Tokens of one consumer that open something at a time."""
_TOKEN = re.compile(r"octc_([a-z2-7]{26})_([A-Za-z0-9_-]{43})")
NEW_TOKEN = "Ask the consumer's owner for a new token; the deployment's page lists who that is."


def write_token(token_id: str) -> str:
    """Return a new token with 256 secret bits for a public id."""
    return f"{PREFIX}{token_id}_{secrets.token_urlsafe(32)}"


def token_id(token: str) -> str | None:
    """Return the public id in a token, None for what is no token of a consumer."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


def digest_of(token: str) -> str:
    """Return what is kept of a token. Its 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def state_of(token: Token, now: datetime) -> str:
    """Return ``active``, ``expired`` or ``revoked``."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= now else "active"


def check_token(
    token: str, kept: Token | None, consumer: Consumer | None, now: datetime
) -> Consumer:
    """Return the token's consumer. Raises Unauthenticated unless it opens something now."""
    digest = digest_of(token)
    if kept is None or consumer is None or not hmac.compare_digest(kept.digest, digest):
        raise Unauthenticated("The consumer's token is unknown.", NEW_TOKEN)
    if consumer.revoked_at is not None:
        raise Unauthenticated(f"The consumer {consumer.name} was revoked.", NEW_TOKEN)
    if kept.revoked_at is not None:
        raise Unauthenticated(f"This token of {consumer.name} was revoked.", NEW_TOKEN)
    if kept.expires_at <= now:
        day = f"{kept.expires_at:%Y-%m-%d}"
        raise Unauthenticated(f"This token of {consumer.name} expired on {day}.", NEW_TOKEN)
    return consumer


def check_room(consumer: Consumer, tokens: Iterable[Token], now: datetime) -> None:
    """Raise Conflict when a consumer may have no further token."""
    if consumer.revoked_at is not None:
        raise Conflict(f"The consumer {consumer.name} was revoked.", "Make another consumer.")
    active = sum(state_of(one, now) == "active" for one in tokens)
    if active >= MOST_TOKENS:
        raise Conflict(
            f"{consumer.name} has {active} tokens that open something; {MOST_TOKENS} are allowed.",
            "Revoke those that nobody uses.",
        )


def check_deployments(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once, in order. Raises Invalid for one that isn't there."""
    there, wanted = set(known), tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in there:
            raise Invalid(
                f"deployments: there is no deployment {name!r}.",
                "See the project's deployments.",
            )
    return wanted


@dataclass(kw_only=True)
class Bucket:
    """A token bucket: ``level`` are the requests that may be sent at once now."""

    per_s: float
    """What flows in a second."""
    most: float
    """What fits in."""
    level: float
    """What is in it."""
    at: float
    """Monotonic seconds of the last look."""

    def take(self, amount: float, now: float) -> float:
        """Take ``amount`` and return 0, or return the seconds until that much is in.

        More than fits in is let through once the bucket is full, and owed afterwards.
        """
        self.level = min(self.most, self.level + (now - self.at) * self.per_s)
        self.at = now
        needed = min(amount, self.most)
        if self.level < needed:
            return (needed - self.level) / self.per_s
        self.level -= amount
        return 0.0


def request_bucket(limits: Limits, now: float) -> Bucket:
    """Return a full bucket of requests."""
    most = float(limits.burst)
    return Bucket(per_s=limits.requests_per_second, most=most, level=most, at=now)


def row_bucket(limits: Limits, now: float) -> Bucket | None:
    """Return a full bucket of rows, None where rows don't count."""
    if limits.rows_per_minute is None:
        return None
    most = float(limits.rows_per_minute)
    return Bucket(per_s=most / 60, most=most, level=most, at=now)
