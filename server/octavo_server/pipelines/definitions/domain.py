"""What a pipeline is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from octavo.records.notebooks import ParameterValue


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A named way to run a release."""

    project: str
    """Its project."""
    name: str
    """Its name there."""
    title: str
    """For people."""
    release: str
    """Digest of the release it runs."""
    parameters: Mapping[str, ParameterValue]
    """All defaults."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When (UTC)."""
    graph: Mapping[str, Any] | None = None
    """Its steps, releases by digest; None: it runs one release."""
    priority: int = 0
    """Its runs start before those with a lower one."""
    concurrency: int = 0
    """Runs of it that may be under way at a time; 0: any number."""
    when_full: str = "queue"
    """``queue`` or ``skip``: what becomes of a scheduled run that finds no place."""
