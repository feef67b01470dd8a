"""Values of features: the newest ones of an entity, and those as of a person's own rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from octavo_server.errors import NotFound
from octavo_server.features.catalog.domain import View
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.values import code, rules
from octavo_server.features.values.code import LiveFrame
from octavo_server.features.values.domain import Cell, Preview
from octavo_server.features.values.ports import Join, OnlineStore
from octavo_server.features.values.previews import OwnKeys, OwnRows, Previews, by_view
from octavo_server.features.values.rules import EntityValue
from octavo_server.identity import Caller

__all__ = ["Cell", "LiveFrame", "OwnKeys", "OwnRows", "ValuesService", "View"]


class ValuesService:
    """Reads what the online store has, and joins as of rows of a person's own."""

    def __init__(
        self,
        catalog: CatalogService,
        online: OnlineStore,
        join: Join,
        places: Places,
        clock: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._online = online
        self._previews = Previews(join, online)
        self._places = places
        self._clock = clock

    def online(
        self,
        caller: Caller,
        project: str,
        features: Sequence[str],
        entities: Sequence[Mapping[str, EntityValue]],
    ) -> list[dict[str, Cell]]:
        """Return, for each entity, the newest value of each ``view:feature``; it counts as a use.

        Raises Invalid for a missing or mistyped join key, NotFound for an unknown feature.
        """
        wanted = rules.wanted_columns(self.views(project), features)
        answers = self.newest(project, wanted, entities)
        for view, columns in rules.columns_by_view(wanted):
            self._catalog.used(project, view.name, columns, how="online", caller=caller)
        return answers

    def newest(
        self,
        project: str,
        wanted: Sequence[tuple[View, str]],
        entities: Sequence[Mapping[str, EntityValue]],
    ) -> list[dict[str, Cell]]:
        """Return, for each entity, the newest value of each wanted column; reads no registry.

        Raises Invalid for a missing or mistyped join key, Unavailable.
        """
        answers: list[dict[str, Cell]] = [{} for _ in entities]
        folder, now = self._places.snapshots(project), self._clock()
        for view, columns in rules.columns_by_view(wanted):
            keys = [rules.entity_key(view, entity) for entity in entities]
            stored = self._online.read(folder, view, columns, keys)
            for answer, values in zip(answers, stored, strict=True):
                for column in columns:
                    cell = rules.cell(view, column, values.get(column), now)
                    answer[f"{view.name}:{column}"] = cell
        return answers

    def preview(
        self, caller: Caller, project: str, features: Sequence[str], rows: OwnRows
    ) -> Preview:
        """Return ``rows`` joined with ``features`` as of each row's own time; it counts as a use.

        Raises Invalid for keys that don't fit, NotFound for an unknown feature, Unavailable when a
        source can't be joined.
        """
        wanted = by_view(self.views(project), features)
        places = self._places
        lake, snapshots = places.lake(project), places.snapshots(project)
        found = self._previews.preview(wanted, features, rows, lake, snapshots)
        for name, one in wanted.items():
            self._catalog.used(project, name, one.columns, how="preview", caller=caller)
        return found

    def code(
        self,
        project: str,
        features: Sequence[str],
        service: str | None,
        frame: LiveFrame | None,
        *,
        online: bool,
    ) -> tuple[str, list[str]]:
        """Return Python that reads ``features`` or ``service``, and the join keys it needs.

        Raises Invalid, NotFound.
        """
        views = self.views(project)
        used = (
            [one for one in views.values() if service in one.services]
            if service is not None
            else list({one.name: one for one, _ in rules.wanted_columns(views, features)}.values())
        )
        if not used:
            raise NotFound(f"service: there is no feature service {str(service)[:100]!r}.")
        keys = list(dict.fromkeys(key for view in used for key in view.join_keys))
        wanted = code.listed(features) if service is None else code.named(service)
        if online:
            return code.online(wanted, keys), keys
        if frame is not None:
            rules.covered(used, frame.keys)
        name = frame.name if frame else service or used[0].name
        return code.historical(wanted, keys, f"{name}_features", frame), keys

    def views(self, project: str) -> dict[str, View]:
        """Return the views of the current snapshot by name."""
        return {view.name: view for view in self._catalog.views(project)}

    def snapshot(self, project: str) -> str:
        """Return the id of the snapshot that names the features. Raises NotFound without one."""
        return self._catalog.snapshot(project).id
