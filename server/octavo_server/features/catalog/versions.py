"""What a view's author wrote, and what differs between two writings of it; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from octavo_server.features.catalog.domain import Difference, Version, View

_WHOLE = ("description", "owner", "ttl_seconds", "online")
_LISTS = ("entities", "join_keys", "services")
_OF_SOURCE = ("path", "event_column", "created_column")
_OF_COLUMN = ("dtype", "description", "tags")
LONGEST_SHOWN = 2_000
"""Characters of a value that a difference shows."""


def definition(view: View) -> dict[str, Any]:
    """Return what the view's author wrote: nothing that depends on data or time."""
    return {
        **{name: getattr(view, name) for name in _WHOLE},
        **{name: list(getattr(view, name)) for name in _LISTS},
        "tags": dict(view.tags),
        "source": {
            name: value for name, value in asdict(view.source).items() if name in _OF_SOURCE
        },
        "features": {
            column.name: {
                "dtype": column.dtype,
                "description": column.description,
                "tags": dict(column.tags),
            }
            for column in view.features
        },
    }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what differs between two definitions, columns last."""
    found: list[Difference | None] = [
        _difference(name.replace("_", " "), before.get(name), after.get(name))
        for name in (*_WHOLE, *_LISTS)
    ]
    found += _of_mapping("tag", before.get("tags", {}), after.get("tags", {}))
    old, new = before.get("source", {}), after.get("source", {})
    found += [
        _difference(f"source {name.replace('_', ' ')}", old.get(name), new.get(name))
        for name in _OF_SOURCE
    ]
    found += _of_columns(before.get("features", {}), after.get("features", {}))
    return [one for one in found if one is not None]


def steps(versions: list[Version]) -> Iterator[tuple[Version, list[Difference]]]:
    """Yield versions, newest first, with what each changed; ``versions`` are newest first."""
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        known = before is not None and not before.removed and not version.removed
        changes = differences(before.definition, version.definition) if known and before else []
        yield version, changes


def _of_columns(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference | None]:
    found: list[Difference | None] = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            found.append(_difference(f"column {name}", old and old["dtype"], new and new["dtype"]))
            continue
        found += [
            _difference(f"column {name}: {part}", old.get(part), new.get(part))
            for part in _OF_COLUMN
        ]
    return found


def _of_mapping(
    what: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference | None]:
    names = dict.fromkeys((*before, *after))
    return [_difference(f"{what} {name}", before.get(name), after.get(name)) for name in names]


def _difference(what: str, before: Any, after: Any) -> Difference | None:
    if before == after:
        return None
    change = "added" if before is None else "removed" if after is None else "changed"
    return Difference(what=what[:300], change=change, before=_shown(before), after=_shown(after))


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + " …"
