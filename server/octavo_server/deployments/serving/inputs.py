"""Fills requests that name entities with newest feature values, on the way to the scorer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from octavo_server.deployments.serving import joining
from octavo_server.deployments.serving.joining import Asked, InputPlan, Missing
from octavo_server.features.values.service import Cell, ValuesService, View
from octavo_server.fresh import Fresh
from octavo_server.registry.versions.service import VersionsService

YOUNG_S, USABLE_S = 5.0, 30.0
"""Seconds for which a version's plan is taken from memory, and used while it is made again."""
READERS = 2
"""Threads that read the online store."""

Version = tuple[str, str, int]


class FeatureInputs:
    """Knows which inputs of a version are features, and reads them."""

    def __init__(self, versions: VersionsService, values: ValuesService) -> None:
        self._versions = versions
        self._values = values
        self._plans: Fresh[Version, InputPlan] = Fresh(
            self._plan, young_s=YOUNG_S, usable_s=USABLE_S, most=1_000
        )
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="online-features")

    async def fill(
        self, version: Version, document: Mapping[str, Any]
    ) -> tuple[bytes, dict[str, Any], list[Missing]]:
        """Return the body for the scorer, the same parsed, and what had no usable value.

        Raises Invalid for a request out of shape, Unavailable when the store can't be read.
        """
        request = joining.asked(document)
        plan = await self._plans.get(version)
        wanted = joining.looked_up(plan, request)
        cells: list[dict[str, Cell]] = [{} for _ in request.entities]
        if wanted:
            loop = asyncio.get_running_loop()
            cells = await loop.run_in_executor(self._pool, self._read, version, request, wanted)
        filled, missing = joining.joined(plan, request, wanted, cells)
        return msgspec.json.encode(filled), filled, missing

    def close(self) -> None:
        """End the threads."""
        self._plans.close()
        self._pool.shutdown()

    def _read(
        self, version: Version, request: Asked, wanted: Mapping[str, tuple[View, str]]
    ) -> list[dict[str, Cell]]:
        return self._values.newest(version[0], list(wanted.values()), request.entities)

    def _plan(self, version: Version) -> InputPlan:
        project, name, number = version
        registered = self._versions.version(project, name, number)
        read = registered.origin.get("features") or {}
        views = self._values.views(project)
        named = {*read.get("views", ()), *_of_services(views, read.get("services", ()))}
        inputs = (registered.packaging.signature or {}).get("inputs") or []
        return joining.input_plan(inputs, list(views.values()), sorted(named))


def _of_services(views: Mapping[str, View], services: Any) -> list[str]:
    return [view.name for view in views.values() if set(view.services) & set(services)]
