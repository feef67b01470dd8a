"""Reads a Feast repository, or a file of YAML, into a declaration: pure data.

A repository is code, so it is read where its author's code runs anyway: in the process of whoever
calls `octavo features plan`, never in the platform's.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import re
import reprlib
import sys
import textwrap
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError
from yaml import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event

from octavo.records.feature_declarations import NAME, FeatureDeclaration

if TYPE_CHECKING:
    from feast import Entity, FeatureService, FeatureView
    from feast.data_source import DataSource
    from feast.on_demand_feature_view import OnDemandFeatureView

YAML_FILES = ("features.yaml", "features.yml")
LARGEST_YAML = 2_000_000
"""Bytes of a file of YAML that is read."""
DEEPEST_YAML = 20
"""Levels that its mappings and lists are nested at most."""
_KEY_TYPES = {"STRING": "String", "INT32": "Int32", "INT64": "Int64"}
_NAME = re.compile(NAME)


class DeclarationRefused(ValueError):
    """What was read can't be declared; the message says what and why."""


def declaration_at(place: Path, lake: Path) -> FeatureDeclaration:
    """Return what ``place`` declares: a file of YAML, a folder with one, or a Feast repository.

    ``lake`` is the project's lake, which a repository's sources lie in. Raises
    :class:`DeclarationRefused`, and whatever the repository's own code raises.
    """
    if place.is_file():
        return from_yaml(place)
    for name in YAML_FILES:
        if (place / name).is_file():
            return from_yaml(place / name)
    return from_repository(place, lake)


def from_yaml(file: Path) -> FeatureDeclaration:
    """Return the declaration in a file of YAML. Raises :class:`DeclarationRefused`."""
    size = file.stat().st_size
    if size > LARGEST_YAML:
        raise DeclarationRefused(
            f"{file.name} has {size:,} bytes; at most {LARGEST_YAML:,} are read"
        )
    try:
        text = file.read_text(encoding="utf-8")
        _check_plain(file.name, yaml.parse(text, Loader=yaml.SafeLoader))
        document = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DeclarationRefused(f"{file.name} is no YAML: {error}") from error
    return _validated(document)


def _check_plain(name: str, events: Iterable[Event]) -> None:
    """Raise :class:`DeclarationRefused` for what a few lines blow up: aliases and deep nesting."""
    depth = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, AliasEvent):
            raise DeclarationRefused(
                f"{name} has the alias *{str(event.anchor)[:40]} in line {line}: "
                "aliases are not taken, write the values out"
            )
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST_YAML:
            raise DeclarationRefused(
                f"{name} is nested more than {DEEPEST_YAML} levels deep in line {line}; "
                "no declaration is"
            )


def from_repository(folder: Path, lake: Path) -> FeatureDeclaration:
    """Return what a Feast repository defines; this runs the repository's code in this process."""
    from feast.repo_operations import parse_repo

    folder = folder.resolve()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    return declared(parse_repo(folder), lake)


def declared(contents: Any, lake: Path) -> FeatureDeclaration:
    """Return Feast's repository contents as a declaration."""
    if contents.stream_feature_views:
        name = contents.stream_feature_views[0].name
        raise DeclarationRefused(
            f"{name} is a stream view; declare a batch view with a push source instead"
        )
    views = sorted(contents.feature_views, key=lambda one: one.name)
    if not views:
        raise DeclarationRefused("the repository defines no feature view")
    check_names(one.name for one in [*contents.entities, *views, *contents.feature_services])
    sources: dict[str, dict[str, Any]] = {}
    pushes: dict[str, dict[str, Any]] = {}
    shown = [_view(view, lake, sources, pushes) for view in views]
    used = {name for view in views for name in view.entities}
    entities = [one for one in contents.entities if one.name in used]
    document = {
        "entities": [_entity(one, views) for one in _sorted(entities)],
        "sources": [sources[name] for name in sorted(sources)],
        "push_sources": [pushes[name] for name in sorted(pushes)],
        "views": shown,
        "services": [_service(one) for one in _sorted(contents.feature_services)],
        "transformations": [
            _transformation(one) for one in _sorted(contents.on_demand_feature_views)
        ],
    }
    return _validated(document)


def check_names(names: Iterable[str]) -> None:
    """Raise :class:`DeclarationRefused` for a name that isn't a plain identifier."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise DeclarationRefused(
                f"{name[:80]!r} is no name for a feature, view, entity or service: "
                "use up to 100 letters, digits and underscores, not beginning with a digit"
            )


def check_ttl(view: str, ttl: timedelta | None) -> None:
    """Raise :class:`DeclarationRefused` for a TTL of days and hours: Feast can't join by it."""
    if ttl and ttl.days and ttl % timedelta(days=1):
        raise DeclarationRefused(
            f"the TTL of {view} is {ttl}: use less than a day or a whole number of days"
        )


def _validated(document: Any) -> FeatureDeclaration:
    try:
        return FeatureDeclaration.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise DeclarationRefused(
            f"{place}: {first['msg']}, got {reprlib.repr(first['input'])[:80]}"
        ) from error


def _sorted(things: Iterable[Any]) -> list[Any]:
    return sorted(things, key=lambda one: one.name)


def _entity(entity: Entity, views: Iterable[FeatureView]) -> dict[str, Any]:
    kind = entity.value_type.name
    if kind == "UNKNOWN":
        columns = {one.name: str(one.dtype) for view in views for one in view.entity_columns}
        found = columns.get(entity.join_key, "String")
    else:
        found = _KEY_TYPES.get(kind, kind)
    return {
        "name": entity.name,
        "join_key": entity.join_key,
        "type": found,
        "description": entity.description,
        "owner": entity.owner,
        "tags": dict(entity.tags),
    }


def _fields(fields: Iterable[Any]) -> list[dict[str, Any]]:
    found = list(fields)
    check_names(one.name for one in found)
    return [
        {
            "name": one.name,
            "dtype": str(one.dtype),
            "description": one.description,
            "tags": dict(one.tags),
        }
        for one in found
    ]


def _view(
    view: FeatureView,
    lake: Path,
    sources: dict[str, dict[str, Any]],
    pushes: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    check_ttl(view.name, view.ttl)
    if view.batch_source is None:
        raise DeclarationRefused(f"{view.name} has no source with history")
    table = _source(view.name, view.batch_source, lake)
    sources[table["name"]] = table
    push = view.stream_source
    if push is not None:
        check_names([push.name])
        pushes[push.name] = {
            "name": push.name,
            "table": table["name"],
            "description": push.description or "",
        }
    return {
        "name": view.name,
        "entities": [name for name in view.entities if name != "__dummy"],
        "source": push.name if push is not None else table["name"],
        "columns": _fields(view.features),
        "ttl_seconds": int(view.ttl.total_seconds()) if view.ttl else None,
        "description": view.description,
        "owner": view.owner,
        "tags": dict(view.tags),
        "online": view.online,
    }


def _source(view: str, source: DataSource, lake: Path) -> dict[str, Any]:
    path = getattr(source, "path", None)
    if not path:
        raise DeclarationRefused(f"the source of {view} is not in the project's lake")
    given = Path(path)
    place = (given if given.is_absolute() else lake / given).resolve()
    if not place.is_relative_to(lake.resolve()):
        raise DeclarationRefused(f"the source of {view} is not in the project's lake: {path}")
    name = source.name if _NAME.fullmatch(source.name or "") else f"{view}_source"
    return {
        "name": name,
        "path": place.relative_to(lake.resolve()).as_posix(),
        "event_column": source.timestamp_field,
        "created_column": source.created_timestamp_column or None,
        "description": source.description or "",
    }


def _service(service: FeatureService) -> dict[str, Any]:
    return {
        "name": service.name,
        "members": [
            {"view": one.name, "columns": [field.name for field in one.features]}
            for one in service.feature_view_projections
        ],
        "description": service.description,
        "owner": service.owner,
        "tags": dict(service.tags),
    }


def _transformation(view: OnDemandFeatureView) -> dict[str, Any]:
    if view.feature_transformation is None:
        raise DeclarationRefused(f"{view.name} has no function")
    udf = view.feature_transformation.udf
    return {
        "name": view.name,
        "inputs": [
            {"view": one.name, "columns": [field.name for field in one.features]}
            for one in view.source_feature_view_projections.values()
        ],
        "request": _fields(
            field for one in view.source_request_sources.values() for field in one.schema
        ),
        "columns": _fields(view.features),
        "mode": view.mode,
        "function": udf.__name__,
        "code": source_text(view.name, udf),
        "description": view.description,
        "owner": view.owner,
        "tags": dict(view.tags),
    }


def source_text(name: str, function: Any) -> str:
    """Return a function's text without decorators, after the imports that it needs.

    Raises :class:`DeclarationRefused` where it uses anything else from outside itself: a reviewer
    reads the text alone, and a reader's kernel has nothing but it.
    """
    try:
        written = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise DeclarationRefused(f"{name}: the text of its function can't be read") from error
    node = next((one for one in ast.parse(written).body if isinstance(one, ast.FunctionDef)), None)
    if node is None:
        raise DeclarationRefused(f"{name}: its function is no plain `def`")
    body = "\n".join(written.splitlines()[node.lineno - 1 : node.end_lineno])
    imports = [
        _import(name, one, function.__globals__)
        for one in sorted(_outside(node))
        if one in function.__globals__ or not hasattr(builtins, one)
    ]
    return "\n".join([*imports, "", "", body] if imports else [body]) + "\n"


def _outside(node: ast.FunctionDef) -> set[str]:
    """Return the names that a function reads and does not make itself."""
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    made = {one.id for one in names if not isinstance(one.ctx, ast.Load)}
    made |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    decorators = {id(inner) for one in node.decorator_list for inner in ast.walk(one)}
    return {one.id for one in names if id(one) not in decorators} - made


def _import(transformation: str, name: str, around: Mapping[str, Any]) -> str:
    value = around.get(name)
    if isinstance(value, ModuleType) and _installed(value):
        full = value.__name__
        return f"import {full}" if full == name else f"import {full} as {name}"
    home = sys.modules.get(getattr(value, "__module__", None) or "")
    if home is not None and _installed(home):
        own = getattr(value, "__name__", "")
        if own.isidentifier() and getattr(home, own, None) is value:
            return f"from {home.__name__} import {own}" + (f" as {name}" if own != name else "")
    raise DeclarationRefused(
        f"{transformation}: its function uses {name} from outside itself. Put it inside the "
        "function: reviewers read, and kernels run, this one text"
    )


def _installed(module: ModuleType) -> bool:
    """Say whether a module comes with Python or a package, so that every kernel has it."""
    place = getattr(module, "__file__", None)
    roots = (sys.prefix, sys.base_prefix)
    return place is None or any(Path(place).is_relative_to(root) for root in roots)
