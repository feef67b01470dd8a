"""Turns consumers, tokens and what they ask into what goes over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from octavo.records import consumers as wire
from octavo_server.deployments.consumers import rules
from octavo_server.deployments.consumers.domain import Known, Limits, Token, Use
from octavo_server.deployments.consumers.patterns import Pattern
from octavo_server.deployments.wire_fields import fields_of


def limits_of(body: wire.ConsumerLimits) -> Limits:
    """Return limits as the service takes them."""
    return Limits(**body.model_dump())


def token(one: Token, now: datetime) -> wire.ConsumerToken:
    """Return a token without its secret."""
    fields = fields_of(one, wire.ConsumerToken)
    return wire.ConsumerToken.model_validate({**fields, "state": rules.state_of(one, now)})


def consumer(known: Known, now: datetime) -> wire.Consumer:
    """Return a consumer."""
    return wire.Consumer.model_validate(_consumer(known, now))


def detail(
    known: Known, use: Sequence[Use], patterns: Sequence[Pattern], now: datetime
) -> wire.ConsumerDetail:
    """Return a consumer with its tokens and what it asked."""
    return wire.ConsumerDetail.model_validate(
        {
            **_consumer(known, now),
            "tokens": [token(one, now) for one in known.tokens],
            "use": [asdict(one) for one in use],
            "patterns": [pattern(one) for one in patterns],
        }
    )


def pattern(one: Pattern) -> wire.QueryPattern:
    """Return what a caller's rows look like."""
    return wire.QueryPattern.model_validate(asdict(one))


def _consumer(known: Known, now: datetime) -> dict[str, object]:
    one = known.consumer
    revoked = one.revoked_at is not None
    active = [token for token in known.tokens if rules.state_of(token, now) == "active"]
    used = [token.last_used_at for token in known.tokens if token.last_used_at is not None]
    return {
        **fields_of(one, wire.Consumer),
        "limits": asdict(one.limits),
        "state": "revoked" if revoked else "active",
        "active_tokens": 0 if revoked else len(active),
        "last_used_at": max(used, default=None),
    }
