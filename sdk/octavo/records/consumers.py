"""Wire records of consumers: who asks deployments from outside, with which tokens and limits.

A consumer is a program, with a person who answers for it. Its tokens are shown once, kept as
digests, and open the deployments that it was given, nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, Reason, Request, Visible, cut
from octavo.records.deployments import SLUG

Place = Annotated[str, Field(pattern=SLUG, max_length=63)]


class ConsumerLimits(Request):
    """How much a consumer may ask; the platform service counts, each replica by itself."""

    requests_per_second: float = Field(
        20.0, gt=0, le=100_000, description="Requests a second that it may keep up."
    )
    burst: int = Field(
        40, ge=1, le=1_000_000, description="Requests that it may send at once after a pause."
    )
    rows_per_minute: int | None = Field(
        None, ge=1, le=1_000_000_000, description="Rows a minute; none: only requests count."
    )


class ConsumerBody(Request):
    """Makes a consumer."""

    name: Place = Field(description="Name of the consumer, unique in the project.")
    purpose: Reason = Field(description="What it asks for, in one sentence.")
    deployments: list[Place] = Field(
        min_length=1, max_length=50, description="Deployments that its tokens open."
    )
    owner: Annotated[str, Field(min_length=1, max_length=255), Visible] | None = Field(
        None, description="Who answers for it; unset: who makes it."
    )
    limits: ConsumerLimits = Field(
        default_factory=lambda: ConsumerLimits.model_validate({}),
        description="How much it may ask.",
    )


class ConsumerChangeBody(Request):
    """Changes what a consumer may do; what is left out stays."""

    generation: int = Field(ge=0, le=2**31, description="The generation that was read.")
    deployments: list[Place] | None = Field(
        None, min_length=1, max_length=50, description="Deployments that its tokens open."
    )
    limits: ConsumerLimits | None = Field(None, description="How much it may ask.")
    reason: Reason = Field(description="Why, in one sentence.")


class TokenBody(Request):
    """Asks for a token."""

    days: int = Field(90, ge=1, le=730, description="Days until it expires.")
    note: Annotated[str, Field(max_length=200), Visible] = Field(
        "", description="Where it is used, for those who revoke it one day."
    )


class RevokeBody(Request):
    """Revokes a token, or a consumer with all of its tokens."""

    reason: Reason = Field(description="Why, in one sentence.")


class ConsumerToken(Answer):
    """A token, without its secret."""

    id: str = Field(description="Id of the token; its public part.")
    note: Annotated[str, Field(max_length=200), cut(200)] = Field(description="Where it is used.")
    state: Literal["active", "expired", "revoked"] = Field(description="Whether it opens anything.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="When, UTC.")
    expires_at: datetime = Field(description="When it ends by itself, UTC.")
    last_used_at: datetime | None = Field(description="Newest use, UTC, to a minute; none: never.")
    revoked_by: str | None = Field(description="Who revoked it.")
    revoked_at: datetime | None = Field(description="When, UTC.")


class IssuedToken(Answer):
    """A new token: the only answer that ever holds its secret."""

    token: str = Field(description="Send it as `Authorization: Bearer ...`; it isn't shown again.")
    about: ConsumerToken = Field(description="The token as it is listed from now on.")


class ConsumerUse(Answer):
    """What a consumer asked of one deployment, as this replica of the service saw it."""

    deployment: str = Field(description="The deployment.")
    requests: int = Field(description="Requests since the window began.")
    refused: int = Field(description="Of these, refused because a limit was reached.")
    rows: int = Field(description="Rows since the window began.")
    since: datetime = Field(description="Start of the window, UTC.")


class QueryPattern(Answer):
    """What a caller's rows look like, and whether that looks like copying the model."""

    deployment: str = Field(description="The deployment that is asked.")
    caller: str = Field(description="consumer:<name>, or a person's or run's name.")
    level: Literal["ok", "warning"] = Field(description="warning: it looks like extraction.")
    findings: list[Literal["grid", "sweep", "novelty"]] = Field(
        description="grid: values cover their range evenly; sweep: one column changes at a time; "
        "novelty: far more different rows than anybody asked before."
    )
    sentence: str = Field(description="The same in words, with the numbers.")
    rows: int = Field(description="Rows that were looked at in the window.")
    distinct_rows: int = Field(description="Different rows among them, estimated within 4 %.")
    new_share: float = Field(description="Share of rows that nobody had asked before, 0 to 1.")
    even_columns: int = Field(description="Numeric columns whose values cover their range evenly.")
    numeric_columns: int = Field(description="Numeric columns that were looked at.")
    single_change_share: float = Field(
        description="Share of rows that differ from the one before in a single column, 0 to 1."
    )
    since: datetime = Field(description="Start of the window, UTC.")


class QueryPatternList(Answer):
    """What the callers of a project's deployments ask, the suspicious ones first."""

    items: list[QueryPattern] = Field(description="One a caller and deployment.")
    next_cursor: str | None = Field(description="None: it is one page.")


class Consumer(Answer):
    """A consumer, as a list shows it."""

    name: str = Field(description="Its name.")
    purpose: Annotated[str, Field(max_length=2_000), cut(2_000)] = Field(
        description="What it asks for."
    )
    owner: str = Field(description="Who answers for it.")
    deployments: list[str] = Field(description="Deployments that its tokens open.")
    limits: ConsumerLimits = Field(description="How much it may ask.")
    state: Literal["active", "revoked"] = Field(description="Whether its tokens open anything.")
    active_tokens: int = Field(description="Tokens that open something now.")
    last_used_at: datetime | None = Field(description="Newest use of a token, UTC.")
    generation: int = Field(description="Counts the changes; a change names the one it read.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="When, UTC.")


class ConsumerDetail(Consumer):
    """A consumer with its tokens and what it does."""

    tokens: list[ConsumerToken] = Field(description="Its tokens, newest first.")
    use: list[ConsumerUse] = Field(description="What it asked lately, by deployment.")
    patterns: list[QueryPattern] = Field(description="What its rows look like, by deployment.")


class ConsumerList(Answer):
    """The consumers of a project, by name."""

    items: list[Consumer] = Field(description="The consumers.")
    next_cursor: str | None = Field(description="None: it is one page.")
