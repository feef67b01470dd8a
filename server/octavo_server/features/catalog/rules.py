"""Pure decisions about feature views: code for a notebook, the age of their data, their use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from octavo.records.visible import UNSEEN
from octavo_server.features.catalog.domain import (
    Column,
    Expectation,
    Read,
    Snippet,
    Standing,
    View,
)

PROOF_SUFFIX = "_known_at"
"""Columns of this end prove what a row could know; they are no model input."""
UNUSED_AFTER = timedelta(days=90)
"""A view that nobody reads and nothing is made from for this long is unused."""
FRESHNESS_TAG = "freshness"
"""A view's tag that says how old its newest event may be, such as ``6h``."""
MISSED_BEATS = 3
"""A view without tag and TTL is stale when so many of its usual intervals passed."""
LONGEST_DESCRIPTION, LONGEST_NAME = 20_000, 500
MOST_TAGS, MOST_COLUMNS = 100, 5_000
"""What a view may have at most in the index."""
_SPAN = re.compile(r"(\d{1,6})\s*(s|min|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def span_seconds(text: str) -> int | None:
    """Return the seconds of a span such as ``90min``, ``6h``, ``2d``; None for anything else."""
    found = _SPAN.fullmatch(text.strip().lower())
    return int(found[1]) * _SECONDS[found[2]] if found else None


def expectation(view: View) -> Expectation:
    """Return how old the view's newest event may be: by its tag, its TTL, or its habit."""
    tagged = span_seconds(view.tags.get(FRESHNESS_TAG, ""))
    if tagged:
        return Expectation(seconds=tagged, by="tag")
    if view.ttl_seconds:
        return Expectation(seconds=view.ttl_seconds, by="ttl")
    if view.cadence_seconds:
        return Expectation(seconds=MISSED_BEATS * view.cadence_seconds, by="cadence")
    return Expectation(seconds=None, by="")


def freshness_state(view: View, now: datetime) -> str:
    """Return fresh, stale, empty or unknown."""
    newest = view.freshness.newest_event_at
    if newest is None:
        return "empty"
    seconds = expectation(view).seconds
    if seconds is None:
        return "unknown"
    return "stale" if now - newest > timedelta(seconds=seconds) else "fresh"


def freshness_turns(view: View) -> tuple[datetime, ...]:
    """Return after which moments :func:`freshness_state` says something else."""
    newest, seconds = view.freshness.newest_event_at, expectation(view).seconds
    if newest is None or seconds is None:
        return ()
    return (_after(newest, timedelta(seconds=seconds)),)


def use_turns(standing: Standing) -> tuple[datetime, ...]:
    """Return after which moments :func:`use_state` may say something else."""
    given = (standing.last_used_at, standing.consumed_at, standing.published_at)
    return tuple(_after(at, UNUSED_AFTER) for at in given if at is not None)


def _after(at: datetime, span: timedelta) -> datetime:
    """Return the first moment that lies more than ``span`` after ``at``."""
    return at + span + timedelta(microseconds=1)


def use_state(standing: Standing, now: datetime) -> str:
    """Return used, unused, or new: too young to be called unused."""
    active = [at for at in (standing.last_used_at, standing.consumed_at) if at is not None]
    if active and now - max(active) <= UNUSED_AFTER:
        return "used"
    if standing.published_at is None or now - standing.published_at <= UNUSED_AFTER:
        return "new"
    return "unused"


def bounded(view: View) -> View:
    """Return the view with texts of a size that can be shown, and no character that nobody sees.

    A registry takes any text: a description of a megabyte, a mark that turns the direction of
    writing. What is cut or hidden is marked where it was.
    """
    return replace(
        view,
        description=_text(view.description, LONGEST_DESCRIPTION),
        owner=_text(view.owner, LONGEST_NAME),
        tags=_tags(view.tags),
        features=tuple(_column(column) for column in view.features[:MOST_COLUMNS]),
        source=replace(
            view.source,
            name=_text(view.source.name, LONGEST_NAME),
            path=_text(view.source.path, LONGEST_NAME),
            description=_text(view.source.description, LONGEST_DESCRIPTION),
        ),
    )


def _column(column: Column) -> Column:
    return replace(
        column,
        description=_text(column.description, LONGEST_DESCRIPTION),
        dtype=_text(column.dtype, LONGEST_NAME),
        tags=_tags(column.tags),
    )


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    kept = list(tags.items())[:MOST_TAGS]
    return {_text(key, LONGEST_NAME): _text(value, LONGEST_NAME) for key, value in kept}


def _text(text: str, longest: int) -> str:
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", cut)


def by_reader(reads: Sequence[Read]) -> tuple[Read, ...]:
    """Sum up reads, newest first, that one reader did of one kind for one subject."""
    summed: dict[tuple[str, str, str], Read] = {}
    for read in reads:
        key = (read.person, read.how, read.subject)
        newest = summed.get(key)
        summed[key] = replace(newest, count=newest.count + read.count) if newest else read
    return tuple(summed.values())


def snippets(view: View) -> tuple[Snippet, ...]:
    """Return code that reads ``view`` in a notebook; its names are checked identifiers."""
    inputs = [name for name in view.columns if not name.endswith(PROOF_SUFFIX)]
    listed = "".join(f'        "{view.name}:{name}",\n' for name in inputs)
    keys = ", ".join(view.join_keys) or "no join key"
    historical = (
        "from octavo.features import store\n\n"
        f"# entity_df: a frame with {keys} and event_timestamp (UTC), one row a prediction\n"
        f"{view.name}_features = store().get_historical_features(\n"
        "    entity_df=entity_df,\n"
        f"    features=[\n{listed}    ],\n"
        ").to_df()\n"
        f"{view.name}_features.head()\n"
    )
    row = ", ".join(f'"{key}": ...' for key in view.join_keys)
    online = (
        "from octavo.features import store\n\n"
        "store().get_online_features(\n"
        f"    features=[\n{listed}    ],\n"
        f"    entity_rows=[{{{row}}}],\n"
        ").to_dict()\n"
    )
    return (
        Snippet(title="As of each row's own time", code=historical),
        Snippet(title="Newest values", code=online),
    )
