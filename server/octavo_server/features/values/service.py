"""Newest values of features by entity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.values import rules
from octavo_server.features.values.domain import Cell
from octavo_server.features.values.ports import OnlineStore
from octavo_server.features.values.rules import EntityValue


class ValuesService:
    """Reads what the online store has."""

    def __init__(
        self,
        catalog: CatalogService,
        online: OnlineStore,
        places: Places,
        clock: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._online = online
        self._places = places
        self._clock = clock

    def online(
        self, project: str, features: Sequence[str], entities: Sequence[Mapping[str, EntityValue]]
    ) -> list[dict[str, Cell]]:
        """Return, for each entity, the newest value of each ``view:feature``.

        Raises Invalid for a missing or mistyped join key, NotFound for an unknown feature.
        """
        views = {view.name: view for view in self._catalog.views(project)}
        wanted = rules.wanted_columns(views, features)
        answers: list[dict[str, Cell]] = [{} for _ in entities]
        for view in {one.name: one for one, _ in wanted}.values():
            columns = [column for one, column in wanted if one.name == view.name]
            keys = [rules.entity_key(view, entity) for entity in entities]
            folder = self._places.snapshots(project)
            stored = self._online.read(folder, view, columns, keys)
            now = self._clock()
            for answer, values in zip(answers, stored, strict=True):
                for column in columns:
                    cell = rules.cell(view, column, values.get(column), now)
                    answer[f"{view.name}:{column}"] = cell
        return answers

    def snapshot(self, project: str) -> str:
        """Return the id of the snapshot that names the features. Raises NotFound without one."""
        return self._catalog.snapshot(project).id
