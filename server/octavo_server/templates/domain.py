"""Records of project templates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Template:
    """Something that a project can start from; a folder with a ``template.yaml``."""

    name: str
    """Stable name: the folder's name."""
    title: str
    """What people call it."""
    description: str
    """What it brings."""
    notebooks: tuple[str, ...]
    """Files copied into a member's workspace, relative to the folder."""
    monthly_budget_eur: float
    """The budget that a project from it starts with, in euro."""
    members: tuple[tuple[str, str], ...]
    """Hub groups and the project roles that they start with."""
    folder: Path
    """Where it lies."""
