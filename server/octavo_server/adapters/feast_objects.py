"""Makes Feast's objects of a declaration, for a child process that builds a registry.

On-demand transformations are left out: they are text here, and become objects in a reader's own
kernel alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.on_demand import feast_type
from octavo.records.feature_declarations import (
    DeclaredColumn,
    DeclaredEntity,
    DeclaredService,
    DeclaredSource,
    DeclaredView,
    FeatureDeclaration,
)

if TYPE_CHECKING:
    from feast import Entity, Field, FileSource
    from feast.repo_contents import RepoContents


def contents_of(declaration: FeatureDeclaration, lake: Path) -> RepoContents:
    """Return the batch part of a declaration as Feast's repository contents."""
    from feast.repo_contents import RepoContents

    entities = {one.name: _entity(one) for one in declaration.entities}
    sources = _sources(declaration, lake)
    views = {one.name: _view(one, declaration, entities, sources) for one in declaration.views}
    services = [_service(one, views) for one in declaration.services]
    return RepoContents(
        projects=[],
        data_sources=list(sources.values()),
        feature_views=list(views.values()),
        on_demand_feature_views=[],
        stream_feature_views=[],
        label_views=[],
        entities=list(entities.values()),
        feature_services=[one for one in services if one is not None],
        permissions=[],
    )


def _entity(one: DeclaredEntity) -> Entity:
    from feast import Entity, ValueType

    return Entity(
        name=one.name,
        join_keys=[one.join_key],
        value_type=ValueType[one.type.upper()],
        description=one.description,
        owner=one.owner,
        tags=dict(one.tags),
    )


def _sources(declaration: FeatureDeclaration, lake: Path) -> dict[str, Any]:
    from feast import PushSource

    tables: dict[str, Any] = {one.name: _table(one, lake) for one in declaration.sources}
    pushes = {
        one.name: PushSource(
            name=one.name, batch_source=tables[one.table], description=one.description
        )
        for one in declaration.push_sources
    }
    return {**tables, **pushes}


def _table(one: DeclaredSource, lake: Path) -> FileSource:
    from feast import FileSource
    from feast.data_format import ParquetFormat

    return FileSource(
        name=one.name,
        path=str(lake / one.path),
        file_format=ParquetFormat(),
        timestamp_field=one.event_column,
        created_timestamp_column=one.created_column or "",
        description=one.description,
    )


def _view(
    one: DeclaredView,
    declaration: FeatureDeclaration,
    entities: Mapping[str, Any],
    sources: Mapping[str, Any],
) -> Any:
    from feast import FeatureView, Field

    keys = [entity for entity in declaration.entities if entity.name in one.entities]
    schema = [Field(name=key.join_key, dtype=feast_type(key.type)) for key in keys]
    return FeatureView(
        name=one.name,
        entities=[entities[name] for name in one.entities],
        schema=[*schema, *_fields(one.columns)],
        ttl=timedelta(seconds=one.ttl_seconds or 0),
        source=sources[one.source],
        description=one.description,
        owner=one.owner,
        tags=dict(one.tags),
        online=one.online,
    )


def _fields(columns: Sequence[DeclaredColumn]) -> list[Field]:
    from feast import Field

    return [
        Field(
            name=one.name,
            dtype=feast_type(one.dtype),
            description=one.description,
            tags=dict(one.tags),
        )
        for one in columns
    ]


def _service(one: DeclaredService, views: Mapping[str, Any]) -> Any:
    """Return the service with its batch columns; None when it has none of its own.

    A reader's kernel completes it with what the transformations make.
    """
    from feast import FeatureService

    members = [
        views[member.view][list(member.columns)] for member in one.members if member.view in views
    ]
    if not members:
        return None
    return FeatureService(
        name=one.name,
        features=members,
        description=one.description,
        owner=one.owner,
        tags=dict(one.tags),
    )
