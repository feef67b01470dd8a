"""What a view or a service covers in the current snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from octavo_server.database.rows import Rows
from octavo_server.errors import Invalid, NotFound
from octavo_server.features.catalog.service import CatalogService, View
from octavo_server.features.materialization import store
from octavo_server.features.materialization.domain import Target

MOST_VIEWS = 100
"""Views that one job covers."""


def covered(catalog: CatalogService, project: str, target: Target) -> list[View]:
    """Return the views that a target covers, by name. Raises NotFound, Invalid."""
    if target.kind == "view":
        found = [catalog.view(project, target.name)]
    else:
        found = [one for one in catalog.views(project) if target.name in one.services]
    if not found:
        raise NotFound(
            f"There is no feature service {target.name[:100]!r} in {project}.",
            "Look at the services of its views.",
        )
    offline = [one.name for one in found if not one.online]
    if offline:
        raise Invalid(
            f"name: {', '.join(offline[:3])} isn't kept online, so there is nothing to load.",
            "Choose a view with online=True.",
        )
    if len(found) > MOST_VIEWS:
        raise Invalid(
            f"name: {target.name[:100]!r} has {len(found)} views; a job covers at most "
            f"{MOST_VIEWS}.",
            "Materialise its views one by one.",
        )
    return found


def ends(rows: Rows, project: str, views: Sequence[View]) -> dict[str, datetime | None]:
    """Return until when each view is materialised: by jobs, or by its publication."""
    known = store.reached(rows, project, [one.name for one in views])
    found: dict[str, datetime | None] = {}
    for view in views:
        by_jobs = known[view.name].until if view.name in known else None
        both = [at for at in (by_jobs, view.freshness.materialized_until) if at is not None]
        found[view.name] = max(both, default=None)
    return found
