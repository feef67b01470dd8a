"""Looks for leaks in a feature view's own data, before anybody can read it.

Two independent looks: no proof column (``*_known_at``) may be newer than its row, and no count may
exceed what a recount from the outcomes themselves allows. A field asks for the recount by tags:
``counts: <table>.<column>`` names the lake's table of outcomes and the column that says when each
became known, ``window`` how far the count reaches back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from octavo.leaks import PROOF_SUFFIX, Leak, counted_too_early, newer_than_row
from octavo.records.feature_declarations import (
    DeclaredColumn,
    DeclaredSource,
    DeclaredView,
    FeatureDeclaration,
)
from octavo_server.adapters.feast_index import NAME, RegistryRefused


def of_declaration(declaration: FeatureDeclaration, lake: Path) -> list[str]:
    """Return every leak in the views' sources as a sentence.

    Views that ask the same of one table cost one look. Raises RegistryRefused for a tag it can't
    follow.
    """
    keys = {one.name: one.join_key for one in declaration.entities}
    seen: dict[tuple[object, ...], list[str]] = {}
    found: list[str] = []
    for view in declaration.views:
        own, table = [keys[name] for name in view.entities], table_of(declaration, view)
        asked = (table.path, table.event_column, *own, *_looked_at(view))
        if asked not in seen:
            seen[asked] = [str(leak) for leak in of_view(view, table, own, lake)]
        found += seen[asked]
    return found


def _looked_at(view: DeclaredView) -> list[tuple[str, str | None, str | None]]:
    """Return what of a view's columns decides what is looked for."""
    return [(one.name, one.tags.get("counts"), one.tags.get("window")) for one in view.columns]


def table_of(declaration: FeatureDeclaration, view: DeclaredView) -> DeclaredSource:
    """Return the table that keeps a view's history. Raises RegistryRefused without one."""
    behind = {one.name: one.table for one in declaration.push_sources}
    wanted = behind.get(view.source, view.source)
    for one in declaration.sources:
        if one.name == wanted:
            return one
    raise RegistryRefused(f"{view.name}: its source {view.source!r} is not declared")


def of_view(view: DeclaredView, source: DeclaredSource, keys: list[str], lake: Path) -> list[Leak]:
    """Return every leak in one view's source."""
    import pandas as pd

    proofs = [one.name for one in view.columns if one.name.endswith(PROOF_SUFFIX)]
    counted = [one for one in view.columns if "counts" in one.tags]
    if not proofs and not counted:
        return []
    time = source.event_column
    columns = [*keys, time, *proofs, *[one.name for one in counted]]
    values = pd.read_parquet(lake / source.path, columns=columns)
    leaks = newer_than_row(values, time, proofs) if proofs else []
    for column in counted:
        leaks += _recount(values, column, keys, time, lake)
    return leaks


def _recount(
    values: Any, column: DeclaredColumn, keys: list[str], time: str, lake: Path
) -> list[Leak]:
    import pandas as pd

    table, _, known = column.tags["counts"].partition(".")
    place = lake / "curated" / table
    if not NAME.fullmatch(table) or not NAME.fullmatch(known) or not place.exists():
        raise RegistryRefused(
            f"{column.name}: the tag counts={column.tags['counts'][:80]!r} names no table and "
            "column of the lake's curated part"
        )
    window = _span(column.name, column.tags.get("window", ""))
    outcomes = pd.read_parquet(place, columns=[*keys, known])
    return counted_too_early(
        values, outcomes, keys=keys, count=column.name, window=window, known=known, time=time
    )


def _span(name: str, text: str) -> Any:
    import pandas as pd

    try:
        span = pd.Timedelta(text)
    except ValueError as error:
        raise RegistryRefused(f"{name}: the tag window={text[:40]!r} is no time span") from error
    if pd.isna(span):
        raise RegistryRefused(f"{name}: the tag window is missing")
    return span
