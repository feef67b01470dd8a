"""Versions of a model side by side: what differs first.  Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from octavo_server.errors import Invalid
from octavo_server.registry.versions.domain import ModelVersion

ViewVersion = Callable[[str, str, str], int | None]
"""Project, feature view and snapshot -> number of the view's definition there, if it is known."""
MOST_ROWS = 300
MOST_LINES = 2_000
MOST_VERSIONS = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing about every version."""

    name: str
    """What it is."""
    values: tuple[str | None, ...]
    """As text; None: it has none."""
    numbers: tuple[float | None, ...] | None = None
    """As numbers, where they are."""

    @property
    def differs(self) -> bool:
        """Whether not all are the same."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, kw_only=True)
class Section:
    """Rows of one kind."""

    key: str
    """Stable name."""
    label: str
    """Heading."""
    rows: tuple[Row, ...]
    """What differs first."""
    left_out: int
    """Rows that aren't shown."""


@dataclass(frozen=True, kw_only=True)
class CardLine:
    """A line of two cards."""

    change: str
    """same, added or removed."""
    text: str
    """The line."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Versions side by side."""

    name: str
    """The model."""
    versions: tuple[ModelVersion, ...]
    """The versions."""
    sections: tuple[Section, ...]
    """What is compared."""
    card: tuple[CardLine, ...]
    """The first card against the second."""


def unknown_view(_project: str, _view: str, _snapshot: str) -> None:
    """Know no feature view."""


def check_versions(numbers: Sequence[int]) -> None:
    """Raise Invalid unless two to five different versions are asked for."""
    if not 2 <= len(set(numbers)) <= MOST_VERSIONS or len(set(numbers)) != len(numbers):
        raise Invalid(
            f"version: {', '.join(map(str, numbers))[:80] or 'none'} was asked for.",
            f"Ask for two to {MOST_VERSIONS} different versions: ?version=1&version=2.",
        )


def compare(
    name: str, versions: Sequence[ModelVersion], view_version: ViewVersion = unknown_view
) -> Comparison:
    """Put versions side by side; ``view_version`` knows the definitions of feature views."""
    found = (
        _metrics(versions),
        _section("data", "Training data", [_data(one) for one in versions]),
        _section("features", "Features", [_features(one, view_version) for one in versions]),
        _section("parameters", "Parameters", [_parameters(one) for one in versions]),
        _section("environment", "Environment", [_environment(one) for one in versions]),
        _section("signature", "Signature", [_signature(one) for one in versions]),
        _section("files", "Files", [_files(one) for one in versions]),
        _section("card", "Proof", [_facts(one) for one in versions]),
    )
    first, second = versions[0].card, versions[1].card
    return Comparison(
        name=name, versions=tuple(versions), sections=found, card=_cards(first, second)
    )


def _metrics(versions: Sequence[ModelVersion]) -> Section:
    names = sorted({name for one in versions for name in one.metrics})
    rows = []
    for name in names:
        numbers = tuple(one.metrics.get(name) for one in versions)
        words = tuple(
            None if name not in one.metrics else _number(one.metrics[name]) for one in versions
        )
        rows.append(Row(name=name, values=words, numbers=numbers))
    return _cut("metrics", "Metrics", rows)


def _number(value: float | None) -> str:
    return "not a number" if value is None else f"{value:.6g}"


def _section(key: str, label: str, sides: Sequence[Mapping[str, str]]) -> Section:
    names = sorted({name for side in sides for name in side})
    rows = [Row(name=name, values=tuple(side.get(name) for side in sides)) for name in names]
    return _cut(key, label, rows)


def _cut(key: str, label: str, rows: Sequence[Row]) -> Section:
    ordered = sorted(rows, key=lambda one: not one.differs)
    shown = tuple(ordered[:MOST_ROWS])
    return Section(key=key, label=label, rows=shown, left_out=len(rows) - len(shown))


def _data(version: ModelVersion) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in version.origin.get("inputs") or ():
        found.setdefault(str(one["name"]), []).append(str(one["digest"]))
    return {name: ", ".join(sorted(digests)) for name, digests in found.items()}


def _features(version: ModelVersion, view_version: ViewVersion) -> dict[str, str]:
    read = version.origin.get("features") or {}
    found = {str(one): "read" for one in read.get("services") or ()}
    snapshot = version.feature_snapshot
    for view in map(str, read.get("views") or ()):
        number = view_version(version.project, view, snapshot) if snapshot else None
        found[view] = f"v{number}" if number else "read"
    if snapshot:
        found["snapshot"] = snapshot[:12]
    return found


def _parameters(version: ModelVersion) -> dict[str, str]:
    return {
        str(name): str(value) for name, value in (version.origin.get("parameters") or {}).items()
    }


def _environment(version: ModelVersion) -> dict[str, str]:
    found = {}
    for line in version.packaging.requirements:
        text = line.strip()
        if text and not text.startswith("#"):
            name, pinned, number = text.partition("==")
            found[name.strip()] = number.strip() if pinned else "no exact version"
    python = (version.origin.get("environment") or {}).get("python")
    if python:
        found["python"] = str(python)
    return found


def _signature(version: ModelVersion) -> dict[str, str]:
    found = {}
    for side in ("inputs", "outputs", "params"):
        for number, one in enumerate((version.packaging.signature or {}).get(side) or ()):
            found[f"{side} {_column(one, number)}"] = _type(one)
    return found


def _column(one: Mapping[str, Any], number: int) -> str:
    return str(one.get("name") or number)


def _type(one: Mapping[str, Any]) -> str:
    needed = "" if one.get("required", True) else ", may be left out"
    return f"{one.get('type')}{needed}"


def _files(version: ModelVersion) -> dict[str, str]:
    return {one.path: f"{one.sha256[:12]}, {one.size:,} bytes" for one in version.files}


def _facts(version: ModelVersion) -> dict[str, str]:
    notebook = version.origin.get("notebook") or {}
    found = {
        "scan": version.scan,
        "predicts on its example": version.prediction,
        "registered by": version.created_by,
        "signing key": version.key_id[:16],
        "notebook": str(notebook.get("path") or ""),
        "notebook version": str(notebook.get("sha256") or "")[:12],
        "card": f"{len(version.card.split())} words",
    }
    return {name: value for name, value in found.items() if value}


def _cards(before: str, after: str) -> tuple[CardLine, ...]:
    """Two cards line by line; nothing for equal ones."""
    if before == after:
        return ()
    words = {" ": "same", "+": "added", "-": "removed"}
    lines = difflib.ndiff(before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES])
    return tuple(
        CardLine(change=words[line[0]], text=line[2:]) for line in lines if line[0] in words
    )
