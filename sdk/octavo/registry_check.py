"""Refuses a Feast registry that holds code, before Feast makes objects of it.

Feast stores on-demand and stream views with a pickled function and runs it as it reads them, and
it imports whatever class a source or a table of the online store names. So a registry is parsed as
protobuf alone first, and only what is plain data goes on to Feast.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feast.protos.feast.core.DataSource_pb2 import DataSource
    from feast.protos.feast.core.FeatureView_pb2 import FeatureView
    from feast.protos.feast.core.Registry_pb2 import Registry

SOURCE_CLASSES = frozenset(
    {
        "",
        "feast.data_source.PushSource",
        "feast.infra.offline_stores.file_source.FileSource",
    }
)
ONLINE_CLASSES = frozenset({"", "feast.infra.online_stores.sqlite.SqliteTable"})
VIEW_KINDS = frozenset({"", "feature_view"})
_CODE = {
    "on_demand_feature_views": "an on-demand view",
    "stream_feature_views": "a stream view",
    "label_views": "a label view",
    "validation_references": "a validation profile",
}


class CodeInRegistry(ValueError):
    """The registry holds what reading it would run; the message says what."""


def check_registry(file: Path) -> None:
    """Raise :class:`CodeInRegistry` unless the registry in ``file`` is plain data."""
    from feast.protos.feast.core.Registry_pb2 import Registry
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    registry = Registry()
    try:
        registry.ParseFromString(file.read_bytes())
    except DecodeError as error:
        raise CodeInRegistry(f"{file.name} is no feature registry") from error
    found = next(_code_in(registry), None)
    if found is not None:
        raise CodeInRegistry(
            f"the feature registry holds {found}: reading it would run code that nobody reviewed. "
            "Nothing of it was run"
        )


def _code_in(registry: Registry) -> Iterator[str]:
    for field, what in _CODE.items():
        for one in getattr(registry, field):
            name = getattr(one, "name", "") or getattr(getattr(one, "spec", None), "name", "")
            yield f"{what}, {name[:80]!r}"
    for view in registry.feature_views:
        yield from _code_in_view(view)
    for kept in registry.feature_view_version_history.records:
        if kept.feature_view_type not in VIEW_KINDS:
            yield f"an older {kept.feature_view_type[:40]!r}, {kept.feature_view_name[:80]!r}"
    for source in registry.data_sources:
        yield from _code_in_source(source)
    for table in registry.infra.infra_objects:
        if table.infra_object_class_type not in ONLINE_CLASSES:
            yield f"a table of the class {table.infra_object_class_type[:80]!r}"


def _code_in_view(view: FeatureView) -> Iterator[str]:
    spec = view.spec
    if spec.HasField("feature_transformation"):
        yield f"a view with a transformation, {spec.name[:80]!r}"
    for source in (spec.batch_source, spec.stream_source):
        yield from _code_in_source(source)
    for inner in spec.source_views:
        yield f"a view of views, {inner.name[:80]!r}"


def _code_in_source(source: DataSource) -> Iterator[str]:
    if source.data_source_class_type not in SOURCE_CLASSES:
        yield f"a source of the class {source.data_source_class_type[:80]!r}"
    if source.HasField("batch_source"):
        yield from _code_in_source(source.batch_source)
