"""Turns records of the catalog into what goes over the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from octavo.records.feature_history import (
    FeatureChangeLine,
    FeatureColumnHistory,
    FeatureHistory,
    FeatureRead,
    FeatureVersion,
    FeatureVersions,
    RegistryState,
)
from octavo.records.feature_search import (
    FeatureFacet,
    FeatureSearchHit,
    FeatureSearchPage,
    SearchReason,
)
from octavo.records.features import (
    FeatureColumn,
    FeatureConsumer,
    FeatureCost,
    FeatureFreshness,
    FeatureSnippet,
    FeatureSource,
    FeatureUse,
    FeatureView,
    FeatureViewSummary,
)
from octavo_server.features.catalog import rules
from octavo_server.features.catalog.domain import (
    Difference,
    Entry,
    IndexState,
    Read,
    Version,
    View,
    Windows,
)
from octavo_server.features.catalog.search import Hit
from octavo_server.features.catalog.service import Detail, Found, view_node
from octavo_server.identity import Caller

SHOWN_DESCRIPTION = 300
"""Characters of a description in a list."""
SHOWN_COLUMNS = 50
SHOWN_MATCHES = 20
SHOWN_USES = 20
MICRO = 1_000_000


def summary(hit: Hit, now: datetime) -> FeatureViewSummary:
    """Return one view of a list."""
    return FeatureViewSummary(
        **_common(hit.entry, now),
        description=hit.entry.view.description,
        columns=list(hit.entry.view.columns),
        matched=[_short(place) for place in hit.matched],
    )


def page(found: Found, offset: int, now: datetime) -> FeatureSearchPage:
    """Return a page of a search."""
    after = offset + len(found.hits)
    return FeatureSearchPage(
        items=[_hit(hit, now) for hit in found.hits],
        total=found.total,
        columns_total=found.columns,
        next_offset=after if after < found.total else None,
        facets=[FeatureFacet.model_validate(one) for one in found.facets],
        unknown_words=list(found.unknown),
    )


def detail(known: Detail, now: datetime) -> FeatureView:
    """Return all that is known about a view."""
    view, cost = known.entry.view, known.cost
    return FeatureView(
        **_common(known.entry, now),
        description=view.description,
        columns=list(view.columns),
        node=view_node(view.project, view.name),
        key_types=dict(view.key_types),
        features=[FeatureColumn.model_validate(column) for column in view.features],
        services=list(view.services),
        source=FeatureSource.model_validate(view.source),
        snippets=[FeatureSnippet.model_validate(one) for one in rules.snippets(view)],
        consumers=[FeatureConsumer.model_validate(one) for one in known.consumers],
        snapshot=view.snapshot,
        uses=[_use(read) for read in known.reads[:SHOWN_USES]],
        people=known.entry.standing.people,
        cost=FeatureCost(
            materializations=cost.materializations,
            seconds=cost.seconds,
            cost_eur=round(cost.micro_eur / MICRO, 4),
        ),
        version=known.version.number if known.version else 0,
        version_at=known.version.published_at if known.version else None,
        problems=[one.message for one in known.state.problems],
    )


def history(view: View, windows: Windows | None) -> FeatureHistory:
    """Return how a view's values change over event time, in the order of its columns."""
    if windows is None:
        return FeatureHistory(computed_at=None, columns=[])
    kept = windows.columns
    columns = [
        FeatureColumnHistory.model_validate({"name": name, **kept[name]})
        for name in view.columns
        if name in kept
    ]
    return FeatureHistory(computed_at=windows.computed_at, columns=columns)


def versions(steps: Iterable[tuple[Version, list[Difference]]]) -> FeatureVersions:
    """Return all definitions that a view had."""
    own = set(FeatureVersion.model_fields) - {"changes"}
    return FeatureVersions(
        items=[
            FeatureVersion(
                **{name: getattr(version, name) for name in own},
                changes=[FeatureChangeLine.model_validate(one) for one in changes],
            )
            for version, changes in steps
        ]
    )


def registry(state: IndexState, snapshot: str | None) -> RegistryState:
    """Return how a project's registry and the read model agree."""
    own = set(RegistryState.model_fields) - {"snapshot"}
    given: dict[str, Any] = {name: getattr(state, name) for name in own}
    return RegistryState.model_validate({**given, "snapshot": snapshot})


def reads(project: str, told: Iterable[FeatureRead], caller: Caller, now: datetime) -> list[Read]:
    """Return the reads that ``caller`` tells of."""
    return [
        Read(
            project=project,
            view=one.view,
            columns=tuple(one.columns),
            how=one.how,
            person=caller.name,
            at=now,
            service=one.service,
            subject=one.subject,
            count=one.count,
        )
        for one in told
    ]


def _common(entry: Entry, now: datetime) -> dict[str, Any]:
    view, standing = entry.view, entry.standing
    return {
        "project": view.project,
        "name": view.name,
        "owner": view.owner,
        "tags": dict(view.tags),
        "entities": list(view.entities),
        "join_keys": list(view.join_keys),
        "ttl_seconds": view.ttl_seconds,
        "freshness": _freshness(view, now),
        "online": view.online and view.freshness.materialized_until is not None,
        "last_used_at": standing.last_used_at,
        "unused": rules.use_state(standing, now) == "unused",
    }


def _freshness(view: View, now: datetime) -> FeatureFreshness:
    expected = rules.expectation(view)
    return FeatureFreshness.model_validate(
        {
            "newest_event_at": view.freshness.newest_event_at,
            "materialized_until": view.freshness.materialized_until,
            "checked_at": view.freshness.checked_at,
            "expected_seconds": expected.seconds,
            "expected_by": expected.by,
            "state": rules.freshness_state(view, now),
        }
    )


def _hit(hit: Hit, now: datetime) -> FeatureSearchHit:
    view = hit.entry.view
    found = list(hit.columns[:SHOWN_MATCHES])
    rest = [name for name in view.columns if name not in found]
    shown = (found + rest)[:SHOWN_COLUMNS]
    return FeatureSearchHit(
        **_common(hit.entry, now),
        description=_short(view.description),
        columns=[name for name in view.columns if name in set(shown)],
        matched=[_short(place) for place in hit.matched],
        score=hit.score,
        reasons=[SearchReason.model_validate(one) for one in hit.reasons],
        use_points=hit.use_points if hit.reasons else 0.0,
        columns_matched=found,
        more_columns=max(0, len(view.columns) - SHOWN_COLUMNS),
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_DESCRIPTION else text[: SHOWN_DESCRIPTION - 1] + "…"


def _use(read: Read) -> FeatureUse:
    return FeatureUse.model_validate(
        {
            "person": read.person,
            "how": read.how,
            "subject": read.subject,
            "count": read.count,
            "columns": list(read.columns),
            "last_at": read.at,
        }
    )
