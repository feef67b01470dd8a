"""Records of publications."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from octavo_server.features.catalog.domain import View


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What the engine built from a repository; not yet current."""

    snapshot: str
    """Id of the snapshot that lies in the project's folder."""
    views: tuple[View, ...]
    """Its views with statistics."""
    leaks: tuple[str, ...]
    """Sentences about values that were used before they were known."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the engine shall build a snapshot from."""

    project: str
    """The project."""
    repository: Path
    """Folder of the Feast repository: code, so only an installed one."""
    lake: Path
    """The project's lake."""
    features: Path
    """The project's folder of snapshots."""
