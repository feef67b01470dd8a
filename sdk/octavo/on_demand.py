"""On-demand transformations, made of their reviewed text inside the reader's own kernel.

The platform keeps a transformation as text, below the digest of its snapshot, and never runs it.
Here, where the reader's own code runs anyway, the text becomes Feast's on-demand view. So what was
reviewed is what runs, and no pickled function is read anywhere.
"""

from __future__ import annotations

import linecache
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from octavo.records.feature_declarations import (
    DeclaredColumn,
    DeclaredMember,
    DeclaredService,
    DeclaredTransformation,
    FeatureDeclaration,
)

if TYPE_CHECKING:
    from feast import FeatureStore
    from feast.on_demand_feature_view import OnDemandFeatureView


class TransformationFailed(RuntimeError):
    """A transformation's text gives no such function; the message says why."""


def function_of(made: DeclaredTransformation, snapshot: str) -> FunctionType:
    """Return the function of a transformation's text; its traceback shows that text.

    Raises :class:`TransformationFailed`.
    """
    place = f"<{made.name} of feature snapshot {snapshot[:12]}>"
    linecache.cache[place] = (len(made.code), None, made.code.splitlines(keepends=True), place)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        # The reader's own process, and a text that a second person has approved.
        exec(compile(made.code, place, "exec"), namespace)  # noqa: S102
    except Exception as error:
        raise TransformationFailed(
            f"The text of the transformation {made.name} can't be used here: "
            f"{type(error).__name__}: {error}."
        ) from error
    found = namespace.get(made.function)
    if not isinstance(found, FunctionType):
        raise TransformationFailed(
            f"The text of the transformation {made.name} defines no function {made.function}."
        )
    return found


def store_with(plain: FeatureStore, declaration: FeatureDeclaration, snapshot: str) -> FeatureStore:
    """Return a store that also knows the declared transformations, on a private registry copy.

    The copy lies in a folder that goes with the store; the snapshot stays as it is. Raises
    :class:`TransformationFailed`.
    """
    from feast import FeatureStore

    folder = Path(tempfile.mkdtemp(prefix="octavo-features-"))
    snapshot_folder = Path(plain.repo_path)
    config = plain.config.model_copy(deep=True)
    config.registry.path = str(folder / "registry.db")
    shutil.copyfile(snapshot_folder / "registry.db", config.registry.path)
    config.online_store.path = str((snapshot_folder / config.online_store.path).resolve())
    store = FeatureStore(config=config)
    weakref.finalize(store, shutil.rmtree, folder, ignore_errors=True)
    _apply(store, declaration, snapshot)
    return store


def _apply(store: FeatureStore, declaration: FeatureDeclaration, snapshot: str) -> None:
    from feast import FeatureService

    views: dict[str, Any] = {one.name: one for one in store.list_batch_feature_views()}
    made = {one.name: _view(one, views, snapshot) for one in declaration.transformations}
    for view in made.values():
        store.registry.apply_feature_view(view, store.project, commit=False)
    for service in declaration.services:
        if any(member.view in made for member in service.members):
            whole = FeatureService(
                name=service.name,
                features=[_projected({**views, **made}, one) for one in service.members],
                description=service.description,
                owner=service.owner,
                tags=dict(service.tags),
            )
            store.registry.apply_feature_service(whole, store.project, commit=False)
    store.registry.commit()  # type: ignore[no-untyped-call]
    store.refresh_registry()  # type: ignore[no-untyped-call]


def _view(
    one: DeclaredTransformation, views: Mapping[str, Any], snapshot: str
) -> OnDemandFeatureView:
    from feast import RequestSource
    from feast.on_demand_feature_view import OnDemandFeatureView

    sources: list[Any] = [_projected(views, member) for member in one.inputs]
    if one.request:
        sources.append(RequestSource(name=f"{one.name}_request", schema=_fields(one.request)))
    return OnDemandFeatureView(
        name=one.name,
        schema=_fields(one.columns),
        sources=[getattr(source, "projection", source) for source in sources],
        udf=function_of(one, snapshot),
        udf_string=one.code,
        mode=one.mode,
        description=one.description,
        owner=one.owner,
        tags=dict(one.tags),
    )


def _projected(views: Mapping[str, Any], member: DeclaredMember) -> Any:
    return views[member.view][list(member.columns)]


def _fields(columns: Sequence[DeclaredColumn]) -> list[Any]:
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


def feast_type(name: str) -> Any:
    """Return Feast's type of a declared type's name, e.g. ``Array(Float64)``."""
    from feast import types

    inner = name.removeprefix("Array(").removesuffix(")")
    plain = getattr(types, inner)
    return types.Array(plain) if name != inner else plain


def columns_of(service: DeclaredService) -> list[str]:
    """Return the columns that a service gives, in order."""
    return [column for member in service.members for column in member.columns]
