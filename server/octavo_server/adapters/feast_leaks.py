"""Looks for leaks in a feature view's own data, before anybody can read it.

Two independent looks: no proof column (``*_known_at``) may be newer than its row, and no count may
exceed what a recount from the outcomes themselves allows. A field asks for the recount by tags:
``counts: <table>.<column>`` names the lake's table of outcomes and the column that says when each
became known, ``window`` how far the count reaches back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.leaks import PROOF_SUFFIX, Leak, counted_too_early, newer_than_row
from octavo_server.adapters.feast_index import NAME, RegistryRefused, file_source

if TYPE_CHECKING:
    from feast import FeatureView


def of_view(view: FeatureView, lake: Path) -> list[Leak]:
    """Return every leak in the view's source. Raises RegistryRefused for a tag it can't follow."""
    import pandas as pd

    proofs = [field.name for field in view.features if field.name.endswith(PROOF_SUFFIX)]
    counted = [field for field in view.features if "counts" in field.tags]
    if not proofs and not counted:
        return []
    source = file_source(view)
    time = source.timestamp_field
    keys = [column.name for column in view.entity_columns]
    columns = [*keys, time, *proofs, *[field.name for field in counted]]
    values = pd.read_parquet(source.path, columns=columns)
    leaks = newer_than_row(values, time, proofs) if proofs else []
    for field in counted:
        leaks += _recount(values, field, keys, time, lake)
    return leaks


def _recount(values: Any, field: Any, keys: list[str], time: str, lake: Path) -> list[Leak]:
    import pandas as pd

    table, _, known = field.tags["counts"].partition(".")
    place = lake / "curated" / table
    if not NAME.fullmatch(table) or not NAME.fullmatch(known) or not place.exists():
        raise RegistryRefused(
            f"{field.name}: the tag counts={field.tags['counts'][:80]!r} names no table and column "
            "of the lake's curated part"
        )
    window = _span(field.name, field.tags.get("window", ""))
    outcomes = pd.read_parquet(place, columns=[*keys, known])
    return counted_too_early(
        values, outcomes, keys=keys, count=field.name, window=window, known=known, time=time
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
