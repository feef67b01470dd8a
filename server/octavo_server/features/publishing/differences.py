"""What differs between two declarations, and which of it can break readers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.features.publishing.domain import Difference, FieldChange, Kind

KINDS: Mapping[str, Kind] = {
    "entities": "entity",
    "sources": "source",
    "push_sources": "push_source",
    "views": "view",
    "services": "service",
    "transformations": "transformation",
}
_SPEAKS = frozenset({"description", "owner", "tags"})
"""Fields that say something to people and change no value."""
_PARTS = frozenset({"columns", "members", "inputs", "request"})


def differences(
    before: FeatureDeclaration | None, after: FeatureDeclaration
) -> tuple[Difference, ...]:
    """Return what ``after`` adds, changes and removes; what breaks readers comes first."""
    old = before.model_dump(mode="json") if before is not None else {}
    new = after.model_dump(mode="json")
    found = [
        one
        for group, kind in KINDS.items()
        for one in _of_group(kind, old.get(group, []), new[group])
    ]
    order = list(KINDS.values())
    return tuple(sorted(found, key=lambda one: (not one.breaks, order.index(one.kind), one.name)))


def _of_group(
    kind: Kind, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Difference]:
    old = {one["name"]: one for one in before}
    new = {one["name"]: one for one in after}
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Difference(kind=kind, name=name, what="removed", breaks=True)
        elif name not in old:
            yield _added(kind, name, new[name])
        elif old[name] != new[name]:
            yield _changed(kind, name, old[name], new[name])


def _added(kind: Kind, name: str, new: Mapping[str, Any]) -> Difference:
    """Return all that a new thing says: the reviewer has nothing else to see it by."""
    said = [replace(one, breaks=False) for one in _fields({}, new) if one.after]
    diff = _text_diff(name, "", new.get("code", ""))
    return Difference(kind=kind, name=name, what="added", fields=tuple(said), diff=diff)


def _changed(kind: Kind, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    fields = tuple(_fields(old, new))
    diff = _text_diff(name, old.get("code", ""), new.get("code", ""))
    breaks = any(one.breaks for one in fields)
    return Difference(kind=kind, name=name, what="changed", fields=fields, breaks=breaks, diff=diff)


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    for field, now in new.items():
        was = old.get(field)
        if was == now or field == "name":
            continue
        if field in _PARTS:
            yield from _parts(field, was or [], now)
        elif field == "tags":
            yield from _tags("tag", was or {}, now)
        elif field == "code":
            yield FieldChange(field=field, before="see the difference", after="", breaks=False)
        else:
            yield FieldChange(
                field=field, before=_said(was), after=_said(now), breaks=_breaks(field, was, now)
            )


def _breaks(field: str, was: Any, now: Any) -> bool:
    """Say whether another value of a field makes readers fail, not only get other values."""
    if field == "online":
        return bool(was) and not now
    return field in {"entities", "join_key", "type", "mode", "function"}


def _parts(field: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[FieldChange]:
    """Compare columns, or what a service is made of, piece by piece."""
    old, new = _pieces(field, before), _pieces(field, after)
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        word = f"{'request column' if field == 'request' else 'column'} {name}"
        if was is None or now is None:
            added_request = field == "request" and was is None
            gone = now is None and field != "inputs"
            yield FieldChange(
                field=word, before=_type(was), after=_meant(now), breaks=gone or added_request
            )
            continue
        if was.get("dtype") != now.get("dtype"):
            yield FieldChange(field=word, before=_type(was), after=_type(now), breaks=True)
        if was.get("description") != now.get("description"):
            yield FieldChange(
                field=f"{word}, description", before=was["description"], after=now["description"]
            )
        yield from _tags(f"{word}, tag", was.get("tags", {}), now.get("tags", {}))
    if old and list(old) != list(new) and old.keys() == new.keys():
        yield FieldChange(field=f"order of {field}", before=_listed(old), after=_listed(new))


def _pieces(field: str, parts: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    if field in {"members", "inputs"}:
        return {
            f"{one['view']}:{name}": {"dtype": "read"} for one in parts for name in one["columns"]
        }
    return {one["name"]: one for one in parts}


def _tags(word: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[FieldChange]:
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            yield FieldChange(field=f"{word} {name}", before=was.get(name), after=now.get(name))


def _type(part: Mapping[str, Any] | None) -> str | None:
    return None if part is None else str(part.get("dtype", ""))


def _meant(part: Mapping[str, Any] | None) -> str | None:
    """Return a new column's type with what it means."""
    said = (part or {}).get("description")
    return f"{_type(part)}, {said}" if said else _type(part)


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names)[:500]


def _said(value: Any) -> str | None:
    if value is None:
        return None
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _text_diff(name: str, before: str, after: str) -> str:
    if before == after:
        return ""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} as it is", f"{name} as proposed",
        lineterm="",
    )  # fmt: skip
    return "\n".join(lines)


def changes_values(one: Difference) -> bool:
    """Say whether readers can get other values through a difference, or none at all."""
    return one.what == "removed" or (one.what == "changed" and any(map(alters, one.fields)))


def alters(part: FieldChange) -> bool:
    """Say whether readers can get other values through a field, or only other words."""
    words = part.field.startswith(("tag ", "order of ")) or ", tag " in part.field
    words = words or part.field in _SPEAKS or part.field.endswith(", description")
    new_column = part.before is None and part.field.startswith(("column ", "request column "))
    return not words and not new_column
