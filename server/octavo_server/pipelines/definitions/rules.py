"""Pure decisions about definitions: what a plan would change, and its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import rfc8785

from octavo.records.pipelines import PipelineDefinition, PlanChange
from octavo_server.cron import check_cron
from octavo_server.errors import Invalid

LONGEST = 300
NAMED_BY = {"steps": "name", "parameters": "name"}
"""Lists whose members have names; what moves in them hasn't changed."""


def check(wanted: PipelineDefinition) -> None:
    """Raise Invalid unless it has a release or steps, and doesn't start itself."""
    if (wanted.release is None) == (wanted.graph is None):
        raise Invalid(
            f"{wanted.name}: a pipeline runs a release or has a graph of steps; give one of them.",
            "Write `release: <name>@<number>`, or `graph:` with `steps`.",
        )
    for each in wanted.schedules:
        check_cron(each.cron, each.time_zone)
    for one in wanted.triggers:
        if one.on == "pipeline" and one.source == wanted.name:
            raise Invalid(
                f"triggers: {wanted.name!r} would start itself again and again.",
                "Name another pipeline.",
            )


def document(definition: PipelineDefinition) -> dict[str, Any]:
    """Return a definition as data: without what is said by default, lists without order sorted."""
    found = definition.model_dump(mode="json", exclude_defaults=True)
    for name in ("schedules", "triggers"):
        if name in found:
            found[name] = sorted(found[name], key=rfc8785.dumps)
    return found


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[PlanChange]:
    """Return what differs, place by place; names, not positions, tell steps apart."""
    return list(_differing("", before or {}, after))


def _differing(place: str, before: Any, after: Any) -> Iterator[PlanChange]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _differing(f"{place}.{name}".lstrip("."), before.get(name), after.get(name))
        return
    key = NAMED_BY.get(place.rpartition(".")[2])
    if key is not None and _are_named(before, key) and _are_named(after, key):
        yield from _differing(place, _by(before, key), _by(after, key))
        return
    if _is_nothing(before) and _is_nothing(after):
        return
    op = "add" if _is_nothing(before) else "remove" if _is_nothing(after) else "change"
    yield PlanChange.model_validate(
        {"op": op, "what": place, "before": _text(before), "after": _text(after)}
    )


def _are_named(found: Any, key: str) -> bool:
    return found is None or (
        isinstance(found, list) and all(isinstance(one, Mapping) and key in one for one in found)
    )


def _by(found: Sequence[Mapping[str, Any]] | None, key: str) -> dict[str, Any]:
    return {
        str(one[key]): {name: value for name, value in one.items() if name != key}
        for one in found or ()
    }


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _text(value: Any) -> str:
    if _is_nothing(value):
        return ""
    if isinstance(value, str):
        return value[:LONGEST]
    return rfc8785.dumps(value).decode()[:LONGEST]


def digest_of(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    """Return the SHA-256 that names a definition against what is there (RFC 8785's JSON)."""
    content: dict[str, Any] = {"before": before and dict(before), "after": dict(after)}
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()
