"""What the platform's areas know around a deployment request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from octavo.records.evidence import AffectedConsumer, FeatureFreshness, OpenAlert
from octavo.records.materialization import ViewMaterialization
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.requests.ports import LoggedRequests
from octavo_server.deployments.rollouts.catalog import OfferedProfiles
from octavo_server.deployments.serving.service import ServingService
from octavo_server.errors import OctavoError
from octavo_server.features.materialization.freshness import Freshness
from octavo_server.monitoring.service import MonitoringService
from octavo_server.registry.versions.service import VersionsService

WINDOW = timedelta(days=7)
"""Who asked within it counts as a consumer."""
MOST_CONSUMERS = 50
"""Consumers that are named."""
MOST_ALERTS = 50
"""Open alerts that are named."""


@dataclass(frozen=True, kw_only=True)
class PlatformEvidence:
    """Asks the areas."""

    serving: ServingService
    consumers_of: ConsumersService
    monitoring: MonitoringService
    features: Freshness
    versions: VersionsService
    profiles: OfferedProfiles
    clock: Callable[[], datetime]

    def logged(self, project: str, deployment: str, most: int) -> LoggedRequests:
        """Return the newest logged rows of a deployment."""
        found = self.serving.logged_rows(project, deployment, most)
        rows = [row for request in found for row in request.rows][:most]
        if not rows:
            return LoggedRequests(rows=rows)
        return LoggedRequests(rows=rows, since=found[-1].at, until=found[0].at)

    def consumers(self, project: str, deployment: str) -> list[AffectedConsumer]:
        """Return who asked the deployment lately, and who holds tokens for it."""
        since = self.clock() - WINDOW
        found: dict[str, tuple[int, datetime | None]] = {
            name: (count, last)
            for name, count, last in self.serving.callers_since(project, deployment, since)
        }
        for consumer in self.consumers_of.of_deployment(project, deployment):
            found.setdefault(consumer.caller, (0, None))
        asked = sorted(found.items(), key=lambda item: -item[1][0])
        return [
            AffectedConsumer(name=name, requests=count, last_at=last)
            for name, (count, last) in asked[:MOST_CONSUMERS]
        ]

    def freshness(self, project: str, model: str, version: int) -> list[FeatureFreshness]:
        """Return how fresh the feature views are that a version's training read."""
        origin = self.versions.version(project, model, version).origin or {}
        views = origin.get("features", {}).get("views", [])
        return [self._view(project, str(view)) for view in views[:100]]

    def alerts(self, project: str, deployment: str) -> list[OpenAlert]:
        """Return the deployment's open alerts."""
        found = self.monitoring.alerts(
            project, deployment=deployment, only_open=True, limit=MOST_ALERTS, offset=0
        )
        return [
            OpenAlert.model_validate(
                {
                    "id": one.id,
                    "rule": one.rule,
                    "level": one.level.value,
                    "message": one.message,
                    "opened_at": one.opened_at,
                }
            )
            for one in found
        ]

    def price(self, profile: str) -> int | None:
        """Return the price of an hour of a profile, in millionths of a euro."""
        return self.profiles.price(profile)

    def _view(self, project: str, view: str) -> FeatureFreshness:
        try:
            return _freshness(self.features.view(project, view))
        except OctavoError as error:
            return FeatureFreshness(
                view=view, newest_event_at=None, level="unknown", sentence=error.message
            )


def _freshness(view: ViewMaterialization) -> FeatureFreshness:
    newest = view.newest_event_at
    sentence = "Nothing of it was materialised yet."
    if newest is not None:
        sentence = f"Its newest value is of {newest:%Y-%m-%d %H:%M} UTC."
    level = "ok" if view.expectation is not None else "unknown"
    if view.expectation is None:
        sentence += " Nobody said how fresh it has to be."
    if view.late:
        level, sentence = "warning", " ".join(view.late)
    return FeatureFreshness.model_validate(
        {"view": view.view, "newest_event_at": newest, "level": level, "sentence": sentence}
    )
