"""Which features a run says that it read; pure.

The tag is whatever somebody wrote on the run, so only plain names of it become lineage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TAG = "octavo.features"
MOST_NAMES = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, kw_only=True)
class FeaturesRead:
    """Features by name."""

    views: tuple[str, ...] = ()
    """Feature views."""
    services: tuple[str, ...] = ()
    """Feature services that were asked for by name."""

    def nodes(self, project: str) -> list[str]:
        """Return their nodes in the lineage graph."""
        views = [f"feature_view:{project}/{name}" for name in self.views]
        return views + [f"feature_service:{project}/{name}" for name in self.services]


def features_read(tags: Mapping[str, str]) -> FeaturesRead:
    """Return what a run's tags say that it read; nothing for a tag out of shape."""
    try:
        told = json.loads(tags.get(TAG, ""))
    except (ValueError, RecursionError):
        return FeaturesRead()
    if not isinstance(told, dict):
        return FeaturesRead()
    return FeaturesRead(views=_names(told.get("views")), services=_names(told.get("services")))


def _names(told: object) -> tuple[str, ...]:
    listed: Iterable[object] = told if isinstance(told, list | dict) else ()
    plain = (one for one in listed if isinstance(one, str) and _NAME.fullmatch(one))
    return tuple(dict.fromkeys(plain))[:MOST_NAMES]
