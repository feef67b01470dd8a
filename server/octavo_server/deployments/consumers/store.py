"""Rows of consumers and tokens to records and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

from octavo_server.database.rows import Row, RowExists, Rows, Where
from octavo_server.database.tables.consumers import (
    consumer_patterns,
    consumer_tokens,
    consumers,
)
from octavo_server.deployments.consumers.domain import Consumer, Limits, Suspicion, Token
from octavo_server.errors import Conflict

_LIMITS = tuple(one.name for one in fields(Limits))


def add_consumer(rows: Rows, consumer: Consumer) -> None:
    """Write a new consumer. Raises Conflict when the name is taken."""
    try:
        rows.insert(consumers, _values(consumer))
    except RowExists as error:
        raise Conflict(
            f"There is a consumer {consumer.name!r} already, or there was one.",
            "Choose another name: names stay with their history.",
        ) from error


def save_consumer(rows: Rows, consumer: Consumer) -> Consumer:
    """Write a change over the generation that was read. Raises Conflict when stale."""
    saved = replace(consumer, generation=consumer.generation + 1)
    key: tuple[Where, ...] = (("project", "=", consumer.project), ("name", "=", consumer.name))
    if not rows.update(consumers, _values(saved), *key, ("generation", "=", consumer.generation)):
        raise Conflict(
            f"{consumer.name!r} was changed by someone else meanwhile.", "Reload and try again."
        )
    return saved


def consumer(rows: Rows, project: str, name: str) -> Consumer | None:
    """Return one consumer."""
    row = rows.get(consumers, project=project, name=name)
    return _consumer(row) if row else None


def consumers_of(rows: Rows, project: str) -> list[Consumer]:
    """Return a project's consumers by name."""
    found = rows.find(consumers, ("project", "=", project), order_by=("name",))
    return [_consumer(row) for row in found]


def add_token(rows: Rows, token: Token) -> None:
    """Write a new token."""
    rows.insert(consumer_tokens, _plain(token))


def save_token(rows: Rows, token: Token) -> None:
    """Write a token's new state."""
    rows.update(consumer_tokens, _plain(token), ("id", "=", token.id))


def token(rows: Rows, token_id: str) -> Token | None:
    """Return one token."""
    row = rows.get(consumer_tokens, id=token_id)
    return Token(**row) if row else None


def tokens_of(rows: Rows, project: str, consumer_name: str | None = None) -> list[Token]:
    """Return the tokens of a consumer, or of all of a project, newest first."""
    where: list[Where] = [("project", "=", project)]
    where += [] if consumer_name is None else [("consumer", "=", consumer_name)]
    found = rows.find(consumer_tokens, *where, order_by=("-created_at", "id"))
    return [Token(**row) for row in found]


def note_uses(rows: Rows, uses: Mapping[str, datetime]) -> None:
    """Write when tokens were used last."""
    for token_id in sorted(uses):
        rows.update(consumer_tokens, {"last_used_at": uses[token_id]}, ("id", "=", token_id))


def put_suspicions(rows: Rows, found: Sequence[Suspicion]) -> None:
    """Write what looks like copying over what was written before."""
    rows.upsert(consumer_patterns, [vars(one) for one in found])


def suspicions(rows: Rows, project: str, deployment: str, since: datetime) -> list[Suspicion]:
    """Return what looked like copying a deployment's model since a time, by caller."""
    found = rows.find(
        consumer_patterns,
        ("project", "=", project),
        ("deployment", "=", deployment),
        ("at", ">=", since),
        order_by=("caller",),
    )
    return [Suspicion(**row) for row in found]


def forget_suspicions(rows: Rows, before: datetime) -> int:
    """Remove what was seen before a time; return how many."""
    return rows.delete(consumer_patterns, ("at", "<", before))


def _plain(record: Token) -> Row:
    return {one.name: getattr(record, one.name) for one in fields(record)}


def _values(record: Consumer) -> Row:
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    limits = values.pop("limits")
    values["deployments"] = list(record.deployments)
    return {**values, **{name: getattr(limits, name) for name in _LIMITS}}


def _consumer(row: Row) -> Consumer:
    limits = Limits(**{name: row[name] for name in _LIMITS})
    rest = {name: value for name, value in row.items() if name not in _LIMITS}
    return Consumer(**{**rest, "deployments": tuple(row["deployments"]), "limits": limits})
